"""A database that fails: full, locked, read-only, gone. The worker says it, waits, and loses nothing."""

import sqlite3
from contextlib import ExitStack, closing, nullcontext
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from messages_app.analysis.choice import look_at
from messages_app.analysis.query import MessageQuery
from messages_app.archive import faults, keeping, points
from messages_app.archive.claims import Held, claim
from messages_app.archive.faults import FULL, GONE, LOCKED, OTHER, READ_ONLY, SENTENCES, kind_of
from messages_app.archive.rollups import differences
from messages_app.archive.store import failing
from messages_app.archive.windows import Proven, Window
from messages_app.archive.worker import FIRST_PAUSE, IDLE_SECONDS, Worker
from messages_app.models import Claim, Quarantine, SyncRun
from tests.archive.filling import PARIS
from tests.archive.own_database import (
    another,
    full,
    leading_to,
    locked,
    read_only,
)  # fmt: skip
from tests.archive.test_sync import (
    DAY,
    EVERYTHING,
    NOW,
    URL,
    found_differences,
    missing,
    provider,
    stored,
    truth,
)  # fmt: skip
from tests.factories import record

__all__ = ["provider"]

REAL = [(full, FULL), (locked, LOCKED), (read_only, READ_ONLY)]


def lived(provider, trouble, *, rounds: int = 3) -> list[float]:
    """A worker's life: some pauses under a trouble, then until it comes to rest; all its pauses."""
    pauses: list[float] = []
    with ExitStack() as stack:
        stack.enter_context(trouble())

        def sleep_on(seconds: float) -> None:
            pauses.append(seconds)
            assert len(pauses) < 9, "it never comes to rest"
            if len(pauses) == rounds:
                stack.close()

        one = Worker(
            provider, URL, lambda: provider.moment, sleep=sleep_on,
            stopped=lambda: len(pauses) > rounds and pauses[-1] == IDLE_SECONDS,
        )  # fmt: skip
        one.run()
    return pauses


def errors(caplog) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]


@pytest.mark.parametrize(("trouble", "kind"), REAL, ids=[kind for _, kind in REAL])
def test_a_worker_names_a_failing_database_once_backs_off_and_loses_nothing(
    own_database, provider, trouble, kind, caplog
):
    """F56, F57: by the error of the database itself."""
    pauses = lived(provider, trouble)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert errors(caplog) == [SENTENCES[kind]]
    assert not Quarantine.objects.exists(), "no row is to blame"
    assert stored() == truth(provider, EVERYTHING)
    assert missing(provider, EVERYTHING) == []
    assert found_differences(provider, EVERYTHING) == []
    assert list(differences()) == []
    assert not SyncRun.objects.filter(ended_at=None).exists()


def test_a_full_disk_stands_in_the_ledger_for_pages_to_tell(own_database, provider):
    """F56: there is room for a line, where there is none for rows."""
    one = Worker(provider, URL, lambda: NOW, stopped=lambda: False, sleep=stop_soon)
    with full(), pytest.raises(Enough):
        one.run()
    found = failing(NOW)
    assert found
    assert (found.since, found.reason) == (NOW, FULL)


class Enough(Exception):
    pass


def stop_soon(_seconds: float) -> None:
    raise Enough


def test_a_worker_whose_connection_was_closed_takes_a_new_one(
    own_database, provider, monkeypatch, caplog
):
    """F58: as a server does that restarts; between two transactions nothing else would notice."""
    ended: list[str] = []

    def end_it(name: str) -> None:
        if name != "orphans closed" or ended:
            return
        ended.append(name)
        if connection.vendor == "sqlite":
            connection.connection.close()
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        with another() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    monkeypatch.setattr(points, "listener", end_it)
    pauses = lived(provider, nullcontext, rounds=1)
    assert ended
    assert pauses == [FIRST_PAUSE, IDLE_SECONDS]
    kind = GONE if connection.vendor == "postgresql" else OTHER
    assert errors(caplog) == [SENTENCES[kind]]
    told = SyncRun.objects.filter(outcome="failed").values_list("reason", flat=True)
    assert list(told) == [kind], "written down at once, on the new one"
    assert found_differences(provider, EVERYTHING) == []


def test_one_of_two_that_wait_for_each_other_is_refused_and_goes_on_later(
    own_database, provider, monkeypatch, caplog
):
    """F58: a deadlock. PostgreSQL ends one of the two; SQLite, with one writer, knows locks alone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
        monkeypatch.setattr(points, "listener", Crossing())
        pauses = lived(provider, nullcontext, rounds=1)
    else:
        pauses = lived(provider, locked, rounds=1)
    assert pauses[0] == FIRST_PAUSE
    assert errors(caplog) == [SENTENCES[LOCKED]]
    assert not Quarantine.objects.exists()
    assert found_differences(provider, EVERYTHING) == []


class Crossing:
    """A program that holds what the worker will want, and wants what the worker holds: once."""

    def __init__(self) -> None:
        self._thread: Thread | None = None

    def __call__(self, name: str) -> None:
        if name != "claimed" or self._thread:
            return
        # Opened here: another thread's `connection` leads elsewhere.
        stack = ExitStack()
        other = stack.enter_context(another())
        # The worker looks first whether it is in a deadlock, and is the one that is refused.
        other.execute("SET deadlock_timeout = '60s'")
        other.execute("BEGIN")
        other.execute("LOCK TABLE messages_app_span IN EXCLUSIVE MODE")
        self._thread = Thread(target=self._cross, args=(other, stack))
        self._thread.start()

    def _cross(self, other, stack) -> None:
        with stack:
            other.execute("UPDATE messages_app_claim SET until = until")
            other.execute("ROLLBACK")


def test_who_read_before_it_writes_waits_for_its_turn_and_is_not_refused(production_database):
    """F57: a transaction that begins as a reader would be refused at once, whatever its patience."""
    wants, is_there, ended = Window(DAY, DAY), Event(), []

    def other() -> None:
        def noticing(execute, sql, *rest):
            if sql.lstrip().startswith("INSERT"):
                is_there.set()
            return execute(sql, *rest)

        with leading_to(production_database), connection.execute_wrapper(noticing):
            ended.append(claim(wants, "other"))

    thread = Thread(target=caught(other, ended))
    with transaction.atomic():
        assert claim(Window(DAY - timedelta(days=9), DAY - timedelta(days=9)), "one")
        thread.start()
        is_there.wait(0.6)  # it is not, where it waits for its turn to read
    thread.join()
    assert [type(one) for one in ended] == [Held]
    assert set(Claim.objects.values_list("owner", flat=True)) == {"one", "other"}


def test_a_page_waits_little_for_a_database_that_others_hold(production_database):
    """F57: it says so where it notes what somebody looks at; what follows is as patient as before."""
    query, began = MessageQuery(now=NOW), monotonic()
    with locked():
        assert look_at(query, NOW).refused == LOCKED
    assert monotonic() - began < 10
    assert look_at(query, NOW).refused == ""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


def caught(job, ended):
    """The job, whose error is what it ended with."""

    def run() -> None:
        try:
            job()
        except Exception as error:
            ended.append(error)

    return run


def test_what_fails_in_the_middle_of_a_copy_is_an_error_of_django(
    own_database, provider, monkeypatch
):
    """F58: any other would pass the worker by, and end it."""
    row_of = keeping.row_of
    place = keeping.COLUMNS.index("sender")

    def without_sender(*given):
        row = row_of(*given)
        return (*row[:place], None, *row[place + 1 :])

    monkeypatch.setattr(keeping, "row_of", without_sender)
    held = claim(Window(DAY, DAY), "a")
    assert held
    window = Proven(Window(DAY, DAY), (record(date=DAY),), NOW)
    with pytest.raises(IntegrityError):
        keeping.keep([window], held, zone=PARIS, kept_from=DAY)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OperationalError("the server closed the connection"), GONE),
        (InterfaceError("connection already closed"), GONE),
        (DatabaseError("something"), OTHER),
    ],
)
def test_an_error_without_a_code_is_told_apart_by_its_type(error, kind):
    assert kind_of(error) == kind


def test_a_database_that_is_not_there_does_not_answer(tmp_path):
    """F57: its folder is gone, or its file is none of a database."""
    with pytest.raises(sqlite3.OperationalError) as gone:
        sqlite3.connect(tmp_path / "no" / "folder")
    assert kind_of(gone.value) == GONE
    (tmp_path / "file").write_bytes(b"no database at all" * 999)
    with closing(sqlite3.connect(tmp_path / "file")) as other:
        with pytest.raises(sqlite3.DatabaseError) as damaged:
            other.execute("SELECT * FROM sqlite_master")
        assert kind_of(damaged.value) == faults.DAMAGED


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["no_such_column FROM messages_app_span", "1 FROM no_such_table"])
def test_a_database_without_its_tables_lacks_migrations(what):
    with pytest.raises(faults.FAILURES) as error, connection.cursor() as cursor:
        cursor.execute(f"SELECT {what}")
    assert kind_of(error.value) == faults.UNMIGRATED


@pytest.mark.parametrize(
    ("state", "kind"),
    [("53100", FULL), ("25006", READ_ONLY), ("40P01", LOCKED), ("57P01", GONE), ("08006", GONE),
     ("53300", GONE), ("42P01", faults.UNMIGRATED), ("58030", faults.DISK), ("22003", OTHER)],
)  # fmt: skip
def test_the_codes_of_postgresql_have_their_kinds(state, kind):
    assert kind_of(psycopg.errors.lookup(state)()) == kind
    assert faults.sentence_of(kind)
