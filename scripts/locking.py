"""`make lock`: writes the lock files of Python's and the browser's packages anew.

The only script that chooses versions; all others install what stands in the locks.
"""

import subprocess
import sys

from scripts.install import ROOT, install
from scripts.packages import npm
from scripts.refusal import Refusal, guarded

NAMES = ("requirements", "requirements-dev", "requirements-node")


def command(name: str) -> list[str]:
    """uv's command for one file: for every system, with hashes, naming no index."""
    return [
        sys.executable, "-m", "uv", "pip", "compile", "--universal", "--generate-hashes",
        "--python-version", "3.11", "--no-header", "--upgrade", "--quiet",
        f"{name}.in", "-o", f"{name}.txt",
    ]  # fmt: skip


def main() -> int:
    """Lock in an order in which the second file can follow the first."""
    install("requirements-dev.txt")
    for line in (*map(command, NAMES), [*npm(ROOT), "install", "--package-lock-only"]):
        if subprocess.run(line, cwd=ROOT, check=False).returncode:
            raise Refusal(f"Locking failed at: {' '.join(line[2:])}")
    print("Locked; run `make check` and `make test` before you commit.")
    return 0


if __name__ == "__main__":
    guarded(main)
