"""Small programs on a PATH of their own, in place of those of the machine."""

from pathlib import Path


def program(folder: Path, name: str, says: str = "", status: int = 0) -> Path:
    """Write an executable that prints a text and exits with a status."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return path
