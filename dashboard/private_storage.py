"""A storage for files that hold personal data; knows nothing of what is in them."""

from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    """Files of this disk, or of one that machines share, which the owner alone may read; no address."""

    def __init__(self, location: str) -> None:
        super().__init__(location, file_permissions_mode=0o600, directory_permissions_mode=0o700)

    def url(self, name: str | None) -> str:
        raise ValueError("these files are handed out by the dashboard alone")
