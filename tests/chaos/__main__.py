"""`make chaos N=…`: N schedules on SQLite and a fifth of them on PostgreSQL, then every kill on both.

Prints what they went through; exit status 1 if anything was found.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from scripts import neutral, postgres
from scripts.install import ROOT
from scripts.refusal import guarded

AT_ONCE = 2
SCHEDULES = 500
ON_POSTGRES = 5
"""One schedule in so many also runs there."""

KILLS = ("tests/chaos/test_kills.py", "tests/chaos/test_sockets.py", "tests/chaos/test_bugs.py")


def schedules(count: int, environment: dict[str, str]) -> tuple[str, list[str]]:
    """Run the seeds below `count`; their counts as a text, and what was found."""
    edges = [count * n // AT_ONCE for n in range(AT_ONCE + 1)]

    def part(number: int) -> dict[str, Any]:
        command = [sys.executable, "-m", "tests.chaos.campaign"]
        command += [str(edges[number]), str(edges[number + 1])]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = list(pool.map(part, range(AT_ONCE)))
    return told([one["counts"] for one in parts]), [line for one in parts for line in one["found"]]


def told(counts: list[dict[str, Any]]) -> str:
    """Counts added up, a line for each."""
    lines = []
    for name in counts[0]:
        values = [one[name] for one in counts]
        if isinstance(values[0], int):
            lines.append(f"{name}: {sum(values)}")
            continue
        total: Counter[str] = sum((Counter(value) for value in values), Counter())
        listed = ", ".join(f"{key} {number}" for key, number in sorted(total.items()))
        lines.append(f"{name}: {total.total()} ({listed})")
    return "\n".join(lines)


def kills(environment: dict[str, str], *extra: str) -> bool:
    """Every kill, every broken line and every seeded bug; whether all went well."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        *extra,
        *KILLS,
        "-n",
        str(AT_ONCE),
        "--dist=loadfile",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment | {"CAMPAIGN": "long"}, check=False)
    return done.returncode == 0


def main() -> int:
    """Run all, also after a failure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SCHEDULES
    bad = 0
    with tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        settings = {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        on_sqlite = neutral.environment("sqlite://:memory:", f"{folder}/static", **settings)
        on_server = neutral.environment(
            server.address, f"{folder}/static", TEST_DATABASE_TEMPLATE=server.template, **settings
        )
        places = (
            ("SQLite", on_sqlite, count, ()),
            ("PostgreSQL", on_server, -(-count // ON_POSTGRES), ("-p", "scripts.pytest_template")),
        )
        for name, environment, number, extra in places:
            print(f"\n── {name} ──", flush=True)
            text, found = schedules(number, environment)
            print(f"\n{text}", *found, sep="\n", flush=True)
            bad += len(found) + (not kills(environment, *extra))
    print("Nothing was found." if not bad else f"{bad} found.", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    guarded(main)
