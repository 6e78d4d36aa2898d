"""`make test`: the whole suite on SQLite, browser included, then what a database can change on PostgreSQL.

Prints the counts of both; what is missing is named and fails, nothing is skipped.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from scripts import chromium, postgres
from scripts.say import step

ROOT = Path(__file__).resolve().parent.parent
COUNT = re.compile(r"(\d+) (passed|failed|error|errors|skipped)")
ON_POSTGRES = ("tests/views", "tests/dashboard", "tests/archive", "tests/test_filters.py")
"""What touches the database; the rest would run the same lines again."""


def counts(summary: str) -> Counter[str]:
    """Read pytest's closing line."""
    found: Counter[str] = Counter()
    for number, word in COUNT.findall(summary):
        found[{"error": "failed", "errors": "failed"}.get(word, word)] += int(number)
    return found


def pytest(name: str, database: str, *targets: str) -> Counter[str]:
    """Run pytest on a database and return its counts; no test run counts as a failure."""
    step(f"tests on {name}")
    env = {**os.environ, "DATABASE_URL": database, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *targets]
    process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    last = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line if COUNT.search(line) else last
    found = counts(last)
    if (process.wait() and not found["failed"]) or not found["passed"]:
        found["failed"] += 1
    return found


def main() -> int:
    """Run both; the closing line is the sum."""
    chromium.ensure()
    given = sys.argv[1:]
    with postgres.server() as address:
        sqlite = pytest("SQLite", f"sqlite:///{ROOT / 'db.sqlite3'}", *given)
        server = pytest("PostgreSQL", address, *(given or ON_POSTGRES))
    for name, found in (("SQLite", sqlite), ("PostgreSQL", server)):
        print(f"{name}: {found['passed']} passed, {found['failed']} failed")
    both = sqlite + server
    failed = both["failed"] + both["skipped"]
    print(f"{both['passed']} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
