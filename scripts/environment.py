"""Makes the virtual environment; run by whatever python3 the machine has, so keep it plain."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LEAST = (3, 11)


def main():
    if sys.version_info < LEAST:
        sys.exit("✗ Python 3.11 or newer is needed; this is %d.%d." % sys.version_info[:2])  # noqa: UP031
    if (VENV / "bin" / "pip").exists():
        return
    print("· making the virtual environment", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if done.returncode:
        sys.exit("✗ Python cannot make a virtual environment: install the package python3-venv.")


if __name__ == "__main__":
    main()
