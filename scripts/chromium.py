"""Finds a Chromium for the browser tests, or brings one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import debian
from scripts.refusal import Refusal

SHELL = "chromium-headless-shell"
"""The same browser without windows: it takes a quarter less of the processor than Chromium's own
headless mode. Debian's package of it has the same name."""

NAMES = (SHELL, "chromium", "chromium-browser")
"""Commands that the browser tests start; others (Chrome) are given by CHROMIUM."""

MISSING = "The browser tests need Chromium; install the package chromium and run again."


def find(path: str | None = None) -> str:
    """The machine's own Chromium that starts (the environment's CHROMIUM first), else an empty text."""
    hits = (shutil.which(name, path=path) for name in NAMES)
    return os.environ.get("CHROMIUM", "") or next((hit for hit in hits if hit and starts(hit)), "")


def starts(program: str) -> bool:
    """Say whether it runs at all: a downloaded one may lack libraries of the system."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def ensure() -> None:
    """Bring a Chromium where none starts: Debian's as root, its lighter one first, else Playwright's.

    The lighter one also beside another, where Debian is known to have it. Raises Refusal.
    """
    is_there, can_install = _is_there(), debian.can_install()
    if is_there and (os.environ.get("CHROMIUM") or shutil.which(SHELL)):
        return
    if can_install and (not is_there or debian.knows(SHELL)):
        debian.install(SHELL)
    if _is_there():
        return
    if can_install:
        debian.install("chromium")
        if starts(find()):
            return
    print("Downloading Chromium by Playwright …", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    if not _is_there():
        raise Refusal(MISSING)


def _is_there() -> bool:
    system = find()
    return starts(system) if system else starts(str(_of_playwright()))


def _of_playwright() -> Path:
    """Where Playwright's own Chromium lies, or would lie."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)
