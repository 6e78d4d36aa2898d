"""`make bench`: tables of ratios, part by part. A row that misses its reach is marked and told why.

ROWS is the size of the archive, 1,000,000 unless said; DATABASES names where it is kept (sqlite,
postgresql) and ARGS the parts to run, all unless said.
Each part is a process of its own, so that its memory can be told and its database chosen.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import databases
from bench.databases import Fresh
from bench.report import Row, read, show
from scripts import neutral
from scripts.refusal import guarded

ROWS = 1_000_000
READ = 100_000
"""Rows that commands read from the provider, about."""

LATENCIES = ("0.05", "0.2")
VENDORS: dict[str, Callable[..., AbstractContextManager[Fresh]]] = {
    "SQLite": databases.sqlite,
    "PostgreSQL": databases.postgresql,
}


MEGABYTES = 200
SMALLER = 10
"""How many times smaller the archive is that the charts' time is compared with."""


class Bench:
    """One run: the size of its archive, and a folder for whatever it needs."""

    def __init__(self, rows: int, folder: Path) -> None:
        self.rows = rows
        self.folder = folder
        self.bodies = folder / "bodies"
        # The same for all processes: an archive knows its account by address, token and keys.
        self.settings = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "PRIVACY_KEY")}

    def part(self, database: str, *words: object) -> list[Row]:
        """Run a part and wait; what it measured. Ends the benchmark where it fails."""
        return read(self._run(database, ["-m", "bench.part", *words])[0].splitlines())

    def migrate(self, database: str) -> None:
        self._run(database, ["manage.py", "migrate", "--verbosity=0"])

    def _run(self, database: str, words: Sequence[object]) -> tuple[str, float]:
        """What a process wrote, and the most megabytes that it held."""
        environment = neutral.environment(
            database, f"{self.folder}/static", LOG_LEVEL="error",
            DJANGO_SETTINGS_MODULE="dashboard.settings", SMSFACTOR_API_TOKEN="sandbox-token",
            **self.settings,
        )  # fmt: skip
        command = [sys.executable, *map(str, words)]
        with (self.folder / "output").open("w+") as output:
            started = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output
            )
            _pid, status, used = os.wait4(started.pid, 0)
            started.returncode = os.waitstatus_to_exitcode(status)
            if started.returncode:
                raise SystemExit(f"{' '.join(command[1:])} failed")
            output.seek(0)
            return output.read(), used.ru_maxrss / 1024

    def page(self, fresh: Fresh) -> Iterator[Row]:
        with fresh() as database:
            yield from self.part(database, "table_page")

    def fill(self, fresh: Fresh) -> Iterator[Row]:
        with fresh() as database:
            self.part(database, "recording", self.rows, self.bodies)
        for latency in LATENCIES:
            with fresh() as database:
                yield from self.part(database, "filling", self.rows, self.bodies, latency)

    def store(self, fresh: Fresh) -> Iterator[Row]:
        with fresh() as database:
            yield from self.part(database, "storing", self.rows)

    def ask(self, fresh: Fresh) -> Iterator[Row]:
        with fresh() as database:
            self.part(database, "building", self.rows // SMALLER)
            self._run(database, ["manage.py", "rebuild_rollups"])
            small = self._charted(database)
        with fresh() as database:
            self.part(database, "building", self.rows)
            yield from self._memory(database)
            large = self._charted(database)
            for one, less in zip(large, small, strict=True):
                yield Row(
                    one.work, f"of {self.rows // SMALLER:,} rows", one.ours, less.ours, 2.0,
                    "more rows fill more of the cells that there can be",
                )  # fmt: skip
            yield from (one for one in large if one.reach)
            yield from self.part(database, "asking", self.rows)
            yield from self.part(database, "exporting")
            yield self._exported(database)
            if database.startswith("sqlite"):
                yield from self.part(database, "rivals")

    def _exported(self, database: str) -> Row:
        """The most memory that a process takes for files of everything, and for a hundredth of it."""
        large, small = (
            self._run(database, ["-m", "bench.part", "exported", share])[1] for share in (1, 100)
        )
        return Row(
            "memory of files of everything", "files of a hundredth", large, small, 1.2,
            "rows are kept for longer than their slice", unit="MB",
        )  # fmt: skip

    def _charted(self, database: str) -> list[Row]:
        """The charts, then the panels of their page, each against its time."""
        return self.part(database, "charting") + self.part(database, "panels")

    def _memory(self, database: str) -> Iterator[Row]:
        """What the commands hold at most; the rollups are built by the way."""
        end = datetime.now(UTC) - timedelta(days=10)
        start = end - timedelta(days=min(100, max(1, READ * 365 // self.rows)))
        dates = [f"--from={start:%Y-%m-%d}", f"--to={end:%Y-%m-%d}"]
        with self._provider() as address:
            self.settings |= {
                "SMSFACTOR_API_URL": address, "SMSFACTOR_CONCURRENCY": "8",
                "SMSFACTOR_MAX_REQUESTS_PER_SECOND": "1000",
            }  # fmt: skip
            for words in (["rebuild_rollups"], ["sync", *dates], ["check_archive", *dates]):
                _said, megabytes = self._run(database, ["manage.py", *words])
                yield Row(
                    f"memory of {words[0]}", "what it may take", megabytes, MEGABYTES, 1.0,
                    "one batch of rows is too large", unit="MB",
                )  # fmt: skip

    @contextmanager
    def _provider(self) -> Iterator[str]:
        """The account whose messages the archive holds, over HTTP."""
        rows = self.rows * 184 // 365
        command = [sys.executable, "-m", "bench.serving", str(rows)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
            assert server.stdout
            yield server.stdout.readline().strip()
            server.communicate()


PARTS = {"page": Bench.page, "fill": Bench.fill, "store": Bench.store, "ask": Bench.ask}


def _known(kind: str, names: Sequence[str], known: Iterable[str]) -> list[str]:
    """The names, or all that are known where there are none."""
    if unknown := set(names) - set(known):
        raise SystemExit(f"no such {kind}: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return list(names or known)


def main() -> int:
    """Run the parts named, or all, on the databases named, or both."""
    names = _known("part", sys.argv[1:], PARTS)
    vendors = {vendor.lower(): vendor for vendor in VENDORS}
    wanted = _known("database", os.environ.get("DATABASES", "").lower().split(), vendors)
    rows = int(os.environ.get("ROWS") or ROWS)
    for vendor, opened in ((vendors[name], VENDORS[vendors[name]]) for name in wanted):
        with tempfile.TemporaryDirectory(prefix="bench-") as place:
            run = Bench(rows, Path(place))
            with opened(run.folder, run.migrate) as fresh:
                for name in names:
                    show(f"{name} on {vendor}, {rows:,} rows", PARTS[name](run, fresh))
    return 0


if __name__ == "__main__":
    guarded(main)
