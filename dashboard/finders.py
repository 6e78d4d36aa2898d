"""Serves browser libraries from node_modules through Django's static files: the listed ones alone."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Warning
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

LIBRARIES = {"chart.js/chart.umd.min.js": "chart.js/dist/chart.umd.min.js"}
"""Static path → path in node_modules."""

MAP_COMMENT = b"//# sourceMappingURL="


def without_map(content: bytes) -> bytes:
    """`content` without the comment that names a source map: that file is not served."""
    return b"\n".join(line for line in content.splitlines() if not line.startswith(MAP_COMMENT))


class LibraryStorage(FileSystemStorage):
    """Reads a listed library from a folder prepared beside node_modules."""

    def _open(self, name: str, mode: str = "rb") -> File:
        return ContentFile(without_map(Path(self.path(name)).read_bytes()), name=name)

    def path(self, name: str) -> str:
        return str(settings.BASE_DIR / "node_modules" / LIBRARIES[name])


class BrowserLibraries(BaseFinder):
    """The finder. `find` gives a file stripped of its map comment, kept under `.state/`."""

    storage = LibraryStorage()

    def check(self, **_kwargs: Any) -> list[CheckMessage]:
        if settings.USES_MANIFEST:
            return []  # they were collected: an image has nothing else
        missing = [name for name in LIBRARIES if not Path(self.storage.path(name)).is_file()]
        hint = "Run `make install`, which brings them by npm from package-lock.json."
        return [
            Warning(f"The browser library {name} is not installed.", hint=hint, id="dashboard.W001")
            for name in missing
        ]

    def find(  # type: ignore[override]
        self, path: str, find_all: bool = False, **_kwargs: Any
    ) -> str | list[str]:
        if path not in LIBRARIES or not Path(self.storage.path(path)).is_file():
            return []
        found = self._stripped(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, LibraryStorage]]:
        for name in LIBRARIES:
            if Path(self.storage.path(name)).is_file():
                yield name, self.storage

    def _stripped(self, name: str) -> str:
        source = Path(self.storage.path(name))
        target = settings.BASE_DIR / ".state" / "static" / name
        if not target.is_file() or target.stat().st_mtime < source.stat().st_mtime:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(without_map(source.read_bytes()))
        return str(target)
