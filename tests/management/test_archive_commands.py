"""`sync` and `check_archive` at a prompt: what they say, and how they end."""

import logging
import re
import threading
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import DatabaseError, connection

from messages_app.archive import pulse
from messages_app.archive.store import failing
from messages_app.archive.sync import Counts
from messages_app.archive.worker import Worker
from messages_app.management.commands.worker import follow, keep_pulse
from messages_app.management.progress import Progress
from messages_app.models import Message, Span, SyncRun
from messages_app.provider import Token
from sandbox import Faults
from tests.archive.own_database import full, locked, read_only
from tests.views.conftest import NOW, account, box

__all__ = ["account", "box"]

RANGE = ("--from", "2026-11-10", "--to", "2026-11-16")


@pytest.fixture
def prompt(account):
    return account


def run(command: str, *options: str) -> str:
    out = StringIO()
    call_command(command, *options, stdout=out, stderr=out)
    return out.getvalue()


def test_sync_brings_a_range_and_the_check_finds_no_difference(prompt):
    said = run("sync", *RANGE)
    assert re.search(r"^\d+ rows in \d+ calls\.$", said, re.MULTILINE)
    assert Message.objects.count() > 1000
    checked = run("check_archive", *RANGE)
    assert "No difference." in checked
    assert f"{Message.objects.count()} rows" in checked


def test_the_check_names_every_difference_by_its_key_and_nothing_personal(prompt):
    run("sync", *RANGE)
    rows = list(Message.objects.order_by("key")[:3])
    Message.objects.filter(key=rows[0].key).update(status="SENT", state="sent")
    Message.objects.filter(key=rows[1].key).delete()
    Message.objects.filter(key=rows[2].key).update(message_id=10**12, key=4 * 10**12)
    out = StringIO()
    with pytest.raises(CommandError, match=r"4 differences: 1 differs, 1 extra, 2 missing\."):
        call_command("check_archive", *RANGE, stdout=out)
    said = out.getvalue()
    assert f"differs {rows[0].type}:{rows[0].message_id} status, state" in said
    assert f"missing {rows[1].type}:{rows[1].message_id}\n" in said
    assert "extra sms_mt:1000000000000\n" in said
    assert not any(row.destination in said or row.message in said for row in rows if row.message)


def test_gone_rows_are_counted_apart_and_no_difference(prompt):
    """I5."""
    run("sync", *RANGE)
    Message.objects.create(
        key=4 * 10**12, message_id=10**12, type="sms_mt", status="SENT", state="sent",
        date=Message.objects.order_by("date")[5].date, parts=1, is_unicode=False, is_named=False,
        is_opt_out=False, since=NOW, read_at=NOW, gone_at=NOW,
    )  # fmt: skip
    assert "1 kept that the provider no longer shows" in run("check_archive", *RANGE)


def test_what_stays_missing_ends_the_sync_with_an_error_that_names_it(prompt):
    prompt.faults = Faults(bad_row="always")
    with pytest.raises(CommandError, match=r"Missing: 2026-11-1"):
        run("sync", *RANGE)
    prompt.faults = Faults()
    assert "rows in" in run("sync", *RANGE, "--missing")


def test_only_what_is_missing_is_read_when_asked_so(prompt):
    run("sync", *RANGE)
    prompt.reset_calls()
    run("sync", *RANGE, "--missing")
    assert prompt.calls == 1, "one look at how far the log goes back"


def test_a_provider_that_fails_is_one_sentence(prompt):
    """F16: and what was there stays."""
    run("sync", *RANGE)
    spans = Span.objects.count()
    prompt.faults = Faults(http_error="always", http_status=401)
    for command in ("sync", "check_archive"):
        with pytest.raises(CommandError) as refused:
            run(command, *RANGE)
        assert "\n" not in str(refused.value)
        assert "token" in str(refused.value).lower()
    assert Span.objects.count() == spans


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-31", "2026-12-01", "--from: "),
        ("2026-11-10", "soon", "--to: "),
        ("2026-11-10", "2026-11-09", "--to lies before --from."),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(prompt, first, last, said):
    with pytest.raises(CommandError, match=re.escape(said)):
        run("sync", "--from", first, "--to", last)
    assert not SyncRun.objects.exists()


def test_what_lies_before_the_provider_s_memory_is_said_and_no_failure(prompt):
    """Its oldest row is where it begins; nothing before it is marked as held."""
    said = run("sync", "--from", "2025-01-01", "--to", "2026-05-20")
    assert re.search(
        r"Before 2026-05-\d\d \d\d:\d\d:\d\d the provider shows nothing any more", said
    )
    assert Span.objects.order_by("start")[0].start > datetime(2026, 5, 1)


DATED = {"sync": RANGE, "check_archive": RANGE, "rebuild_rollups": ()}


@pytest.fixture
def own_prompt(own_database, box, settings):
    """The commands before a sandbox and a database of their own."""
    box.faults = Faults()
    with box.serve() as url:
        settings.SMSFACTOR_API_URL, settings.SMSFACTOR_API_TOKEN = url, Token(box.token)
        settings.SMSFACTOR_MAX_REQUESTS_PER_SECOND = 10_000
        yield box


@pytest.mark.parametrize("command", DATED)
def test_a_locked_database_is_one_sentence(own_prompt, command):
    """F57."""
    run("sync", "--from", "2026-11-10", "--to", "2026-11-10")
    with locked(), pytest.raises(CommandError, match=r"Another program holds the database; .*\.$"):
        run(command, *DATED[command])


def test_a_full_disk_is_one_sentence_and_the_next_sync_ends_exact(own_prompt):
    """F56."""
    with full(), pytest.raises(CommandError, match=r"^The disk is full; .*\.$"):
        run("sync", *RANGE)
    run("sync", *RANGE)
    assert "No difference." in run("check_archive", *RANGE)
    assert {one.reason for one in SyncRun.objects.filter(outcome="failed")} <= {"disk_full"}


@pytest.mark.parametrize("command", ["sync", "rebuild_rollups"])
def test_a_database_that_cannot_be_written_is_one_sentence(own_prompt, command):
    """F56."""
    run("sync", "--from", "2026-11-10", "--to", "2026-11-10")
    with read_only(), pytest.raises(CommandError, match=r"^The database cannot be written: .*\.$"):
        run(command, *DATED[command])


@pytest.mark.parametrize("command", DATED)
def test_a_database_without_tables_is_one_sentence(own_prompt, command):
    """F59."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE messages_app_rollup")
        cursor.execute("DROP TABLE django_migrations")
    with pytest.raises(CommandError, match=r"lacks migrations; run: manage\.py migrate$"):
        run(command, *DATED[command])


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(locked, "Another program holds the database"), (read_only, "The database cannot be written")],
)
def test_a_worker_that_cannot_begin_says_why_once_and_begins_when_it_can(
    own_prompt, trouble, said, monkeypatch, caplog
):
    """F56, F57: backing off; one that ended would have to be started by somebody."""
    stop = Stop(3, trouble)
    monkeypatch.setattr(Worker, "run", lambda _one: stop.set())
    follow(stop, "one")
    assert stop.pauses == [5.0, 10.0, 20.0]
    lines = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert len(lines) == 1
    assert lines[0].startswith(said)


def test_a_worker_with_a_wrong_token_leaves_the_sandbox_s_archive_alone(own_prompt, settings):
    """F16, F66: it empties nothing for an account that does not answer, and pages can tell why."""
    settings.PROVIDER_IS_SANDBOX = True
    settings.SMSFACTOR_API_TOKEN = Token("sandbox-token")
    run("sync", *RANGE)
    rows = Message.objects.count()
    assert rows
    settings.SMSFACTOR_API_TOKEN = Token("wrong-one")
    follow(Stop(1, nullcontext, ends=True), "one")
    assert Message.objects.count() == rows
    found = failing(datetime.now(UTC))
    assert found
    assert found.reason == "authentication"


class Stop(threading.Event):
    """A stop that ends a trouble after some pauses, or comes itself then."""

    def __init__(self, rounds: int, trouble, *, ends: bool = False) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._rounds, self._ends = rounds, ends
        self._stack = ExitStack()
        self._stack.enter_context(trouble())

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        if len(self.pauses) == self._rounds:
            self._stack.close()
            if self._ends:
                self.set()
        return self.is_set()


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("out", "shape"), [(Terminal(), "\r["), (StringIO(), "[")])
def test_progress_is_one_line_on_a_terminal_and_plain_lines_elsewhere(out, shape, monkeypatch):
    times = iter([0.0, 20.0, 20.0, 40.0, 40.0, 60.0])
    monkeypatch.setattr("messages_app.management.progress.monotonic", lambda: next(times))
    bar = Progress(OutputWrapper(out), 1000)
    bar.show(Counts(rows=50, windows=2, calls=5, seconds=250))
    said = out.getvalue()
    assert said.startswith(shape)
    assert "25%  50 rows, 2 windows, 5 calls" in said
    assert "left" in said


def test_on_a_terminal_the_log_keeps_quiet_while_the_line_is_drawn(monkeypatch):
    """Its lines and the drawn one would stand in each other; warnings get a line of their own."""
    screen = Terminal()
    handler = logging.StreamHandler(screen)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    log = logging.getLogger("messages_app.archive")
    monkeypatch.setattr(log, "level", logging.INFO)
    monkeypatch.setattr("messages_app.management.progress.DRAWN_EVERY", 0.0)
    with Progress(OutputWrapper(screen), 1000) as bar:
        bar.show(Counts(rows=50, windows=2, calls=5, seconds=250))
        log.info("GET /messages")
        log.warning("trouble")
        bar.show(Counts(rows=60, windows=2, calls=5, seconds=250))
    log.info("afterwards")
    lines = screen.getvalue().split("\n")
    assert [line.rpartition("\r")[2][:1] for line in lines] == ["[", "t", "[", "a", ""]
    assert "GET" not in screen.getvalue()


def test_where_log_or_progress_goes_to_a_file_every_line_stays(monkeypatch):
    for screen, file in [(StringIO(), Terminal()), (Terminal(), StringIO())]:
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(file)])
        log = logging.getLogger("messages_app.archive")
        monkeypatch.setattr(log, "level", logging.INFO)
        with Progress(OutputWrapper(screen), 1000):
            log.info("a window")
        assert file.getvalue() == "a window\n"


def test_a_worker_s_pulse_is_felt_until_it_ends_whatever_the_database_does(own_prompt, monkeypatch):
    stop, beats = threading.Event(), []

    def beat(owner: str) -> None:
        beats.append(owner)
        if len(beats) == 1:
            raise DatabaseError("not now")
        felt(owner)
        assert pulse.is_felt()
        stop.set()

    felt = pulse.beat
    monkeypatch.setattr(pulse, "beat", beat)
    monkeypatch.setattr(pulse, "EVERY", 0.01)
    keep_pulse(stop, "one")
    assert beats == ["one", "one"]
    assert not pulse.is_felt()
