"""`make install`: packages, browser libraries, translations; each step only when its inputs changed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.packages import install_browser_libraries, install_python
from scripts.refusal import Refusal, guarded
from scripts.stamps import Step

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".venv" / "stamps"


def once(step: Step, saying: str, work: Callable[[], None]) -> None:
    """Do `work` with a line about it, unless it was done for the same inputs."""
    if step.is_done(STAMPS):
        return
    print(f"{saying} …", flush=True)
    work()
    step.mark(STAMPS)


def python_packages(name: str) -> None:
    """Install the lock file `name`."""
    path = ROOT / name
    once(Step(path.stem, (path,)), f"Installing {name}", lambda: install_python(path))


def browser_libraries() -> None:
    """Bring Chart.js by npm."""
    inputs = (ROOT / "package.json", ROOT / "package-lock.json")
    outputs = (ROOT / "node_modules" / "chart.js",)
    work = lambda: install_browser_libraries(ROOT)  # noqa: E731
    once(Step("npm", inputs, outputs), "Installing the browser's libraries", work)


def translations() -> None:
    """Compile the texts of every language."""
    sources = tuple((ROOT / "locale").rglob("*.po"))
    compiled = tuple(path.with_suffix(".mo") for path in sources)
    once(Step("translations", sources, compiled), "Compiling translations", _compile)


def _compile() -> None:
    command = [sys.executable, "manage.py", "translations", "--compile", "-v", "0"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise Refusal("The translations could not be compiled; the reason stands above.")


def install(*lock_files: str) -> None:
    """Everything that running needs; the given lock files on top of what the dashboard needs."""
    for name in lock_files or ("requirements.txt",):
        python_packages(name)
    browser_libraries()
    translations()


def main() -> int:
    install(*sys.argv[1:])
    return 0


if __name__ == "__main__":
    guarded(main)
