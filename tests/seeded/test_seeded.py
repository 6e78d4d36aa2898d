"""The suite can fail: each known way to let somebody see too much is found by the test named beside it.

Each bug has a run of pytest to itself, in which it is planted before any test is looked for.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts.install import ROOT
from tests.campaign import rounds
from tests.seeded.bugs import BUGS
from tests.seeded.plugin import NAMED

FIRST = (
    "the database writes a csv also for who sees it masked",
    "a link that was ended still opens",
)
"""Those that every test run plants."""

SEEDED = (*FIRST, *(name for name in BUGS if name not in FIRST))[: rounds(sample=2, full=100)]

STUMBLED = ("NameError", "AttributeError", "TypeError", "UnboundLocalError", "ImportError")
"""How a failure begins where a bug was planted wrongly: any test would find that one."""

LONGEST = 600
"""Seconds after which a run is taken for hung."""


def test_each_bug_can_be_planted_and_its_test_is_there():
    """In every run, also for those that have their turn in a long one: a changed function is told at once."""
    for name, bug in BUGS.items():
        with pytest.MonkeyPatch.context() as patch:
            bug.plant(patch)
        file, test = bug.caught_by.split("::")
        assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(), name


@pytest.mark.parametrize("name", SEEDED)
def test_a_seeded_bug_is_caught(name, tmp_path):
    status, report, told = run(name, [BUGS[name].caught_by], tmp_path)
    assert status == 1, told
    (suite,) = report.iter("testsuite")
    assert suite.get("errors") == "0", told
    (failure,) = report.iter("failure")
    assert not str(failure.get("message")).startswith(STUMBLED), told


def test_without_a_bug_the_same_tests_pass(tmp_path):
    """What fails above fails by the bug, and not by being run in this way."""
    tests = dict.fromkeys(BUGS[name].caught_by for name in SEEDED)
    status, report, told = run("", tests, tmp_path)
    assert status == 0, told
    (suite,) = report.iter("testsuite")
    assert int(suite.get("tests", 0)) >= len(tests)


def run(bug: str, tests: Iterable[str], folder: Path) -> tuple[int, ElementTree.Element, str]:
    """Run these tests with a bug: the exit status, the report and what was printed."""
    report = folder / "report.xml"
    plugins = ["tests.seeded.plugin"]
    if "TEST_DATABASE_TEMPLATE" in os.environ:
        plugins.append("scripts.pytest_template")
    # Neither its order nor its notes of what failed last are of use to who runs beside it.
    plugins += ["no:cacheprovider", "no:randomly"]
    options = ["-n0", "-q", "-x", f"--junitxml={report}", *(f"-p{plugin}" for plugin in plugins)]
    # Tests that are campaigns of their own take their sample: they have to find a bug by that.
    environment = {**os.environ, NAMED: bug, "CAMPAIGN": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=LONGEST, check=False,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert report.is_file(), told
    return done.returncode, ElementTree.parse(report).getroot(), told
