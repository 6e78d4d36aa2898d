"""Finds a Chromium for the browser tests, or brings one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from scripts.say import refuse, step

NAMES = ("chromium", "chromium-browser", "google-chrome")


def found(which: Callable[[str], str | None] = shutil.which) -> str | None:
    """The system's Chromium, if it has one."""
    return os.environ.get("CHROMIUM") or next((path for n in NAMES if (path := which(n))), None)


def ensure() -> None:
    """Bring a Chromium where there is none: Debian's when root, else Playwright's own."""
    if found() or _playwright_has_one():
        return
    step("installing Chromium")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt("chromium")
        if found():
            return
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(command, check=False).returncode:
        refuse("The browser tests need Chromium: install the package chromium.")


def apt(*packages: str) -> None:
    """Install Debian packages without asking; what fails shows in what is missing afterwards."""
    quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=False, env=env, **quiet)  # type: ignore[call-overload]
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    subprocess.run(command, check=False, env=env, **quiet)  # type: ignore[call-overload]


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)
