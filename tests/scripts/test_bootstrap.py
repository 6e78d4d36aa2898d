"""The first step on a bare machine: a usable environment, or one sentence."""

import ast
import os
import subprocess
import sys

import pytest

from scripts import bootstrap
from scripts.install import ROOT
from tests.scripts.programs import program


@pytest.mark.parametrize(
    ("version", "can_make", "expected"),
    [
        ((3, 11), True, ""),
        ((3, 14), True, ""),
        ((4, 0), True, ""),
        ((3, 11), False, bootstrap.NO_VENV),
        ((3, 10), False, "Python 3.11 or newer is needed, this is 3.10;"),
        ((3, 6), True, "make test PYTHON=python3.12"),
    ],
)
def test_what_a_python_lacks_is_one_sentence(version, can_make, expected):
    said = bootstrap.refusal(version, can_make, "test")
    assert expected in said
    assert bool(said) == bool(expected)
    assert "\n" not in said


def test_the_missing_package_is_named():
    assert "python3-venv" in bootstrap.NO_VENV


def test_an_old_python_can_read_the_script():
    """It gets the sentence about its version, not a syntax error."""
    source = (ROOT / "scripts/bootstrap.py").read_text()
    ast.parse(source, feature_version=(3, 6))
    ast.parse((ROOT / "scripts/__init__.py").read_text(), feature_version=(3, 6))


def test_an_environment_is_usable_or_made_anew(tmp_path):
    assert bootstrap.is_usable(sys.executable)
    assert not bootstrap.is_usable(str(tmp_path / "missing"))
    assert not bootstrap.is_usable(str(program(tmp_path, "half-made", status=1)))


def test_an_environment_that_cannot_be_made_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(program(tmp_path, "python3", "disk full", 1)))
    assert bootstrap.make_environment(str(tmp_path)).endswith("could not be made: disk full")


def test_without_ensurepip_the_start_ends_with_the_sentence(tmp_path):
    """As on Debian without python3-venv: modules that cannot be imported stand before the real ones."""
    (tmp_path / "ensurepip").mkdir()
    (tmp_path / "ensurepip/__init__.py").write_text("raise ImportError")
    code = (
        "from scripts import bootstrap\n"
        "bootstrap.is_usable = lambda python: False\n"
        "bootstrap.main(['install'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip() == bootstrap.NO_VENV
