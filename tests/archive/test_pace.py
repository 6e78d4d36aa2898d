"""The limits over several processes: real ones on one database, against a sandbox that counts."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError

from messages_app.archive import pace
from messages_app.archive.pace import LEASE, Pace
from messages_app.provider import Turn
from sandbox import Faults
from scripts import neutral
from scripts.install import ROOT
from scripts.postgres import with_name
from tests.archive.metered import MeteredSandbox

PLACES, RATE = 4, 20.0


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """The address of a new database of the kind that the tests run on, still without tables."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        yield f"sqlite:///{folder}/pace.sqlite3"
        return
    import psycopg

    server = os.environ["DATABASE_URL"]
    template = os.environ.get("TEST_DATABASE_TEMPLATE", "template0")
    name = f"test_{template}_{secrets.token_hex(4)}"
    with psycopg.connect(with_name(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        try:
            yield with_name(server, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[dict[str, str]]:
    """The environment of processes that share a database with our tables."""
    folder = tmp_path_factory.mktemp("pace")
    with own_database(folder) as address:
        environment = neutral.environment(
            address, f"{folder}/static", DJANGO_SETTINGS_MODULE="dashboard.settings",
            SMSFACTOR_CONCURRENCY=str(PLACES), SMSFACTOR_MAX_REQUESTS_PER_SECOND=str(RATE),
            SMSFACTOR_API_TOKEN="sandbox-token", LOG_LEVEL="error",
        )  # fmt: skip
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        yield environment


@dataclass
class Caller:
    """A process of `tests.archive.caller` that waits for its start."""

    process: subprocess.Popen[str]

    def start(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def said(self) -> list[float]:
        """Wait until it has called for the last time; how long each of its calls took."""
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(30) == 0

    def took(self) -> list[float]:
        """Wait for its end; how long each of its calls took."""
        said = self.said()
        self.end()
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@dataclass
class Scene:
    """One provider, and processes that ask it."""

    box: MeteredSandbox
    environment: dict[str, str]
    opened: ExitStack

    def caller(self, kind: str, threads: int, seconds: float, pause: float = 0.0) -> Caller:
        """A process that is ready to start."""
        words = [kind, str(threads), str(seconds), str(pause)]
        process = self.opened.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.archive.caller", *words], cwd=ROOT,
                env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
        )  # fmt: skip
        self.opened.callback(process.kill)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return Caller(process)

    def asked(self, sql: str) -> list[tuple]:
        """What the shared database answers."""
        with self._connection() as connection:
            return connection.execute(sql).fetchall()

    def change(self, sql: str) -> None:
        with self._connection() as connection:
            connection.execute(sql)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else write while the context lasts."""
        with self._connection() as connection:
            if self._file:
                connection.execute("BEGIN IMMEDIATE")
            else:
                connection.execute("BEGIN")
                connection.execute("LOCK TABLE messages_app_pace IN ACCESS EXCLUSIVE MODE")
            yield
            connection.execute("ROLLBACK")

    def connections_of(self, pid: int) -> int:
        """Connections to the database: of a process on SQLite, of all but this on PostgreSQL."""
        if self._file:
            links = [os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()]
            return sum(link == self._file for link in links)
        of_others = "datname = current_database() AND pid <> pg_backend_pid()"
        return self.asked(f"SELECT count(*) FROM pg_stat_activity WHERE {of_others}")[0][0]

    @property
    def _file(self) -> str:
        return self.environment["DATABASE_URL"].partition("sqlite:///")[2]

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        if self._file:
            with closing(sqlite3.connect(self._file, timeout=20, isolation_level=None)) as found:
                yield found
        else:
            import psycopg

            address = self.environment["DATABASE_URL"]
            with psycopg.connect(address, autocommit=True) as found:
                yield found

    def program(self, *words: str) -> subprocess.Popen[bytes]:
        """A command of manage.py."""
        process = self.opened.enter_context(
            subprocess.Popen([sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment)
        )
        self.opened.callback(process.kill)
        return process


@pytest.fixture
def scene(database) -> Iterator[Callable[..., Scene]]:
    """Serve a metered sandbox: `scene(latency=…, SETTING=…)`."""
    with ExitStack() as opened:

        def make(*, rows: int = 50, latency: float = 0.05, **changes: str) -> Scene:
            box = MeteredSandbox(rows=rows, faults=Faults(latency=latency))
            url = opened.enter_context(box.serve("127.0.0.1", 0))
            made = Scene(box, {**database, "SMSFACTOR_API_URL": url, **changes}, opened)
            # Processes of an earlier test were killed, and their leases may still run.
            made.change("DELETE FROM messages_app_paceshare")
            return made

        yield make


def run_together(callers: list[Caller]) -> list[list[float]]:
    for caller in callers:
        caller.start()
    return [caller.took() for caller in callers]


SECONDS = 4.0


@pytest.mark.parametrize("processes", [1, 4])
def test_rate_and_places_hold_over_processes_and_are_used(scene, processes):
    """Each process alone would be within its own limits; together they are within the account's."""
    shown = scene(latency=0.1)
    callers = [shown.caller("worker", PLACES, SECONDS) for _ in range(processes)]
    shown.box.reset()
    run_together(callers)
    box = shown.box
    first = box.starts[0]
    assert box.peak_parallel <= PLACES
    assert box.peak_second <= RATE * 1.1
    # A busy machine is slow to call.
    assert box.rate(first + 0.5, first + SECONDS - 0.5) >= RATE * 0.5


def test_a_page_waits_little_while_workers_fill(scene):
    """Two workers read as fast as they may, and write; people's calls come in between."""
    shown = scene(rows=60_000)
    page = shown.caller("pages", 1, 6.0, 0.3)
    for _ in range(2):
        shown.program("worker")
    wait_until(lambda: len(shown.box.starts) > 60)
    shown.box.reset()
    took = run_together([page])[0]
    box = shown.box
    assert len(box.starts) > 2 * len(took), "the workers read meanwhile"
    assert max(took) < 4.0
    assert box.peak_parallel <= PLACES
    assert box.peak_second <= RATE * 1.1


def test_the_quiet_time_that_one_was_asked_for_holds_for_all(scene):
    shown = scene()
    callers = [shown.caller(kind, 2, 5.0) for kind in ("worker", "worker", "pages")]
    for caller in callers:
        caller.start()
    wait_until(lambda: len(shown.box.starts) > 20)
    shown.box.faults = Faults(latency=0.05, http_error="first:1", http_status=429, retry_after="2")
    told = monotonic()
    for caller in callers:
        caller.took()
    starts = [start - told for start in shown.box.starts]
    assert [start for start in starts if 0.6 < start < 2.0] == []
    assert [start for start in starts if 2.0 < start < 3.5] != []


def test_the_places_of_a_killed_process_come_back(scene):
    """Nobody takes them before its lease is over: its calls may still be under way."""
    shown = scene(latency=0.3)
    killed, other = shown.caller("worker", 4, 60.0), shown.caller("worker", 4, 13.0)
    killed.start()
    wait_until(lambda: shown.box.peak_parallel == PLACES - 1)
    killed.kill()
    sleep(0.5)  # its calls end
    shown.box.reset()
    died = monotonic()
    run_together([other])
    lease = LEASE.total_seconds()
    assert lease - 4 < shown.box.starts[0] - died < lease + 4
    assert shown.box.peak_parallel == PLACES - 1


def test_a_database_that_is_locked_for_a_while_delays_and_breaks_nothing(scene):
    shown = scene()
    worker, page = shown.caller("worker", 4, 5.0), shown.caller("pages", 1, 5.0, 0.1)
    for caller in (worker, page):
        caller.start()
    wait_until(lambda: len(shown.box.starts) > 20)
    with shown.locked():
        sleep(1.5)
    took = [caller.took() for caller in (worker, page)]
    assert max(took[0]) < 8.0
    assert max(took[1]) < 4.0
    assert shown.box.peak_parallel <= PLACES
    assert shown.box.peak_second <= RATE * 1.1


def test_an_idle_process_keeps_no_place_no_thread_and_no_connection(scene):
    shown = scene()
    caller = shown.caller("pages", 3, 1.0)
    caller.start()
    wait_until(lambda: shown.asked("SELECT places FROM messages_app_paceshare") == [(3,)])
    caller.said()
    wait_until(lambda: shown.asked("SELECT places FROM messages_app_paceshare") == [])
    wait_until(lambda: len(list(Path(f"/proc/{caller.process.pid}/task").iterdir())) == 1)
    assert shown.connections_of(caller.process.pid) == 0
    caller.end()


def wait_until(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    until = monotonic() + seconds
    while not happened():
        assert monotonic() < until
        sleep(0.05)


class Alone(Pace):
    """A process whose database answers only when the test says so."""

    answers = False

    def _exchange(self, asked):
        if self.answers:
            return super()._exchange(asked)
        raise OperationalError("no such server")

    def _give_back(self):
        pass


def test_without_a_database_a_process_goes_on_alone_and_says_so_once(monkeypatch, caplog):
    monkeypatch.setattr(pace, "ALONE_AFTER", 0.3)
    alone = Alone(PLACES, RATE, for_pages=False)
    assert alone.enter(0.1) is None
    assert alone.enter(2.0) == Turn(0.0, is_alone=True)
    assert alone.enter(0.0) == Turn(0.0, is_alone=True)
    sleep(0.6)  # it fails some times more
    assert len(caplog.records) == 1
    alone.leave()
    alone.leave()
    alone.close()


def test_a_page_goes_alone_sooner_but_with_one_call_only():
    alone = Alone(PLACES, RATE, for_pages=True)
    began = monotonic()
    assert alone.enter(2.0) == Turn(0.0, is_alone=True)
    assert monotonic() - began < 0.8
    assert alone.enter(0.2) is None
    alone.leave()
    assert alone.enter(0.2) == Turn(0.0, is_alone=True)
    alone.close()


def test_where_there_is_one_place_a_page_does_not_take_it_unasked():
    alone = Alone(1, RATE, for_pages=True)
    assert alone.enter(1.0) is None
    alone.close()


def test_no_keeper_outlives_its_client():
    alone = Alone(PLACES, RATE, for_pages=True)
    alone.enter(0.0)
    alone.close()
    assert [one for one in threading.enumerate() if one.name == "pace"] == []
    assert alone.enter(0.0) is None
    assert [one for one in threading.enumerate() if one.name == "pace"] == []
