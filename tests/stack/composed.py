"""compose.yaml as data, and the folder that its image would hold."""

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from dashboard.finders import LIBRARIES
from scripts.install import ROOT


def services() -> dict[str, Any]:
    """The services of compose.yaml, anchors and merges resolved."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def command(service: str) -> list[str]:
    """The very command of a service, under this environment's Python."""
    program, *arguments = services()[service]["command"]
    assert program == "python"
    return [sys.executable, *arguments]


def let_in() -> list[str]:
    """What .dockerignore lets into the image's build; all else stays out."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def copied(folder: Path) -> Path:
    """A copy of what the image holds of us: what is let in, without what its build takes away."""
    place = folder / "app"
    place.mkdir()
    for name in let_in():
        source = ROOT / name
        if source.is_dir() and name != "scripts":
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif name == "manage.py":
            shutil.copy(source, place)
    for library in LIBRARIES.values():  # the image has them among its collected files
        (place / "node_modules" / library).parent.mkdir(parents=True)
        shutil.copy(ROOT / "node_modules" / library, place / "node_modules" / library)
    return place
