"""Finds a LibreOffice for the long test of workbooks, or brings one."""

import shutil

from scripts import debian
from scripts.refusal import Refusal

PACKAGE = "libreoffice-calc"
NAMES = ("soffice", "libreoffice")
MISSING = (
    f"The long tests read workbooks with LibreOffice; install the package {PACKAGE} and run again."
)


def find(path: str | None = None) -> str:
    """The machine's own LibreOffice, else an empty text."""
    return next((hit for name in NAMES if (hit := shutil.which(name, path=path))), "")


def ensure() -> None:
    """Bring Debian's as root where there is none. Raises Refusal."""
    if not find() and debian.can_install():
        debian.install(PACKAGE)
    if not find():
        raise Refusal(MISSING)
