"""Installs Debian packages where that is possible: as root, on a system with apt-get."""

import os
import shutil
import subprocess


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def knows(package: str) -> bool:
    """Whether it could be installed, as far as is known without asking anybody."""
    apt = shutil.which("apt-cache") or "apt-cache"
    try:
        return (
            subprocess.run([apt, "show", package], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def install(*packages: str) -> None:
    """Install without asking; whether it worked shows in whether what was wanted is there."""
    print(f"Installing {' '.join(packages)} by apt-get …", flush=True)
    apt = shutil.which("apt-get") or "apt-get"
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(
            [apt, "-q", *arguments], check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
