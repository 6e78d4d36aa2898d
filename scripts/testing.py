"""`make test`: the suite on SQLite, browser included, and what uses a database on PostgreSQL.

There several processes on one PostgreSQL and one Redis are tested too.

What is missing is brought or named; nothing is skipped: a skipped test counts as failed.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from scripts import chromium, libreoffice, neutral, postgres, redis
from scripts.install import ROOT, install
from scripts.refusal import guarded

WORKERS = min(8, max(2, os.cpu_count() or 2))
"""One a processor: the tests of time-outs wait, but the browser's fill two."""


SPARED = ("tests/docs", "tests/provider", "tests/sandbox", "tests/scripts", "tests/sms")
"""No test of these uses a database: they are the same on each."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tests passed; failed, errors and skipped ones together."""

    passed: int
    failed: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


def counted(report: Path, status: int) -> Counts:
    """Counts of a JUnit report; a run that failed or ran nothing counts at least one failure."""
    total = bad = 0
    try:
        suites = list(ElementTree.parse(report).iter("testsuite"))  # noqa: S314 - pytest's own file
    except (OSError, ElementTree.ParseError):
        suites = []
    for suite in suites:
        total += int(suite.get("tests", 0))
        bad += sum(int(suite.get(name, 0)) for name in ("failures", "errors", "skipped"))
    passed = max(0, total - bad)
    return Counts(passed, max(bad, 1) if status or not passed else bad)


def run(name: str, environment: dict[str, str], arguments: list[str], folder: Path) -> Counts:
    """Run pytest in this environment and count."""
    report = folder / f"{name}.xml"
    print(f"\n── {name} ──", flush=True)
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False)
    return counted(report, done.returncode)


def order() -> list[str]:
    """The options of every run: a seed for the random order, that stands in the output."""
    seed = os.environ.get("SEED") or str(secrets.randbelow(10**9))
    print(f"Random order of seed {seed}; the same again: make test SEED={seed}", flush=True)
    spread = ["-n", str(WORKERS), "--dist", "loadfile"]
    return [f"--randomly-seed={seed}", *spread]


def main() -> int:
    """Run both; the very last line is the sum."""
    install("requirements-dev.txt")
    chromium.ensure()
    if os.environ.get("CAMPAIGN") == "long":
        libreoffice.ensure()
    options, targets = order(), sys.argv[1:]
    with (
        tempfile.TemporaryDirectory() as place,
        postgres.server() as server,
        redis.server() as cache,
    ):
        folder = Path(place)
        on_sqlite = neutral.environment(f"sqlite:///{folder}/tests.sqlite3", f"{folder}/static")
        several = ["--ignore=tests/stack"]
        sqlite = run("SQLite", on_sqlite, [*options, *several, *targets], folder)
        on_server = neutral.environment(
            server.address, f"{folder}/static",
            TEST_DATABASE_TEMPLATE=server.template, TEST_REDIS_URL=cache,
        )  # fmt: skip
        left_out = (f"--ignore={folder}" for folder in ("tests/browser", *SPARED))
        extra = ["-p", "scripts.pytest_template", *left_out]
        other = run("PostgreSQL", on_server, [*options, *extra, *targets], folder)
    print(f"\nSQLite:     {sqlite}\nPostgreSQL: {other}\n{sqlite + other}", flush=True)
    return 1 if (sqlite + other).failed else 0


if __name__ == "__main__":
    guarded(main)
