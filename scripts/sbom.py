"""`make sbom`: every package that the dashboard is made of, from the lock files, as CycloneDX.

Reads the files alone, so that it says what is meant to run, wherever it is asked. Fails where a package has
no hash: such a one could be another by tomorrow.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.install import ROOT
from scripts.refusal import Refusal, guarded

PYTHON = "requirements.txt"
BROWSER = "package-lock.json"

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
ALGORITHMS = {"sha512": "SHA-512", "sha384": "SHA-384", "sha256": "SHA-256"}


def python_packages(text: str) -> Iterator[dict[str, Any]]:
    """Components of a lock file of pip's. Raises Refusal."""
    entry = re.compile(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)
    for found in entry.findall(text):
        pinned, hashes = PINNED.match(found), HASH.findall(found)
        if not pinned or not hashes:
            raise Refusal(f"{PYTHON} names a package without version or hash: {found[:60]}")
        yield _component("pypi", pinned[1], pinned[2], [("SHA-256", one) for one in hashes])


def browser_packages(text: str) -> Iterator[dict[str, Any]]:
    """Components of npm's lock file. Raises Refusal."""
    for path, package in json.loads(text)["packages"].items():
        if not path:
            continue  # the project itself
        name = path.rpartition("node_modules/")[2]
        algorithm, _dash, digest = str(package.get("integrity", "")).partition("-")
        if algorithm not in ALGORITHMS:
            raise Refusal(f"{BROWSER} names a package without a hash: {name}")
        told = (ALGORITHMS[algorithm], base64.b64decode(digest).hex())
        yield _component("npm", name, package["version"], [told])


def _component(kind: str, name: str, version: str, hashes: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:{kind}/{name.replace('@', '%40')}@{version}",
        "hashes": [{"alg": algorithm, "content": digest} for algorithm, digest in hashes],
    }


def document(root: Path) -> dict[str, Any]:
    """The whole list. Raises Refusal."""
    python = python_packages((root / PYTHON).read_text())
    browser = browser_packages((root / BROWSER).read_text())
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "message-traffic-dashboard"}},
        "components": [*python, *browser],
    }


def main() -> int:
    json.dump(document(ROOT), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    guarded(main)
