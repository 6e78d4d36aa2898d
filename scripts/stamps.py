"""Remembers for which inputs a step was last done, so that a second run skips it."""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def digest(inputs: Iterable[Path]) -> str:
    """Hex digest over names and contents of files, and over the Python that runs the step."""
    found = hashlib.sha256(repr(sys.version_info[:3]).encode())
    for path in sorted(inputs):
        content = path.read_bytes()
        found.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """A step with its input files and the files that it must leave behind."""

    name: str
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...] = ()

    def is_done(self, folder: Path) -> bool:
        """Say whether the step was done for these inputs and what it made is still there."""
        stamp = folder / f"{self.name}.stamp"
        return (
            stamp.is_file()
            and stamp.read_text() == digest(self.inputs)
            and all(path.exists() for path in self.outputs)
        )

    def mark(self, folder: Path) -> None:
        """Note that the step is done; call it only after the step has succeeded."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.stamp").write_text(digest(self.inputs))
