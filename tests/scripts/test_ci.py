"""The script of continuous integration: names what a machine lacks, and ends with the sum of the tests."""

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.install import ROOT
from tests.scripts.programs import program

SCRIPT = ROOT / ".ci/run"


@pytest.fixture
def machine(tmp_path) -> Path:
    """A PATH with the few programs that every system has."""
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("cat", "dirname", "mktemp", "rm", "tail", "tee"):
        (path / name).symlink_to(shutil.which(name) or name)
    return path


def run(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script in a folder of its own, so that no real make is meant."""
    copy = path.parent / ".ci/run"
    copy.parent.mkdir()
    shutil.copy(SCRIPT, copy)
    bash = shutil.which("bash")
    assert bash
    return subprocess.run(
        [bash, str(copy)], env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )


def test_it_can_be_started():
    assert SCRIPT.stat().st_mode & 0o111


def test_what_the_machine_lacks_is_named(machine):
    program(machine, "python3", status=1)
    done = run(machine)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("run again: make python3-venv")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("check", "test", "expected"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)]
)
def test_both_run_whatever_fails_and_the_sum_comes_last(machine, check, test, expected):
    program(machine, "python3")
    program(machine, "make").write_text(
        f"""#!/bin/sh
echo "make $1"
[ "$1" = check ] && exit {check}
echo "7 passed, {test} failed"
[ {test} = 0 ] || echo "make: *** [test] Error {test}" >&2
exit {test}
"""
    )
    done = run(machine)
    assert done.returncode == expected
    assert done.stdout.splitlines()[:2] == ["make check", "make test"]
    assert done.stdout.splitlines()[-1] == f"7 passed, {test} failed"
