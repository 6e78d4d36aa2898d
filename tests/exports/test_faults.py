"""What goes wrong with one file ends that file alone, and leaves nothing of its rows behind."""

import os
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from xlsxwriter.exceptions import FileCreateError

from messages_app.access import PERMISSIONS, Viewer
from messages_app.analysis.query import MessageQuery
from messages_app.answers import gathered
from messages_app.archive.claims import database_now
from messages_app.exports import jobs, leases
from messages_app.exports import kept as kept_files
from messages_app.exports.columns import COLUMNS
from messages_app.exports.making import question_of
from messages_app.management.commands import worker
from messages_app.models import Export
from tests.exports.test_exports import body_of, exporter, lose_a_day
from tests.exports.test_jobs import ask, kept, page, work
from tests.views.conftest import NOW, account, box
from tests.views.test_archive import archive

__all__ = ["account", "archive", "box", "exporter", "kept"]


def raising(error: BaseException):
    def fail(*_args: object, **_options: object) -> None:
        raise error

    return fail


def sending(exporter, format: str) -> tuple[Export, Any]:
    """An export that is sent at once, and its bytes to come."""
    viewer = Viewer(User.objects.get(username="exporter").pk, frozenset(PERMISSIONS))
    query = MessageQuery(now=NOW, period="last_24_hours", mask=viewer.mask)
    wanted: dict[str, Any] = {"columns": COLUMNS, "language": "en", "site": ""}
    export = jobs.asked_for(viewer, query, format, NOW, state="failed", **wanted)
    return export, jobs.sent(export, gathered(query), lambda: NOW)


def no_room(*_args: object) -> Any:
    """A file on a disk that is full: what it was given is refused when it is to be written."""
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115
    file.seek = raising(OSError(28, "No space left on device"))  # type: ignore[method-assign]
    return file


@pytest.mark.parametrize("place", ["file", "workbook", "making", "storage"])
def test_f56_a_file_that_cannot_be_made_is_told_and_the_next_one_is_made(
    archive, exporter, kept, monkeypatch, place
):
    first = ask(exporter, format="xlsx")
    second = ask(exporter, format="ndjson")
    with monkeypatch.context() as broken:
        if place == "file":
            broken.setattr(jobs, "TemporaryFile", no_room)
        elif place == "workbook":
            error = FileCreateError(OSError(28, "full"))
            broken.setattr("xlsxwriter.Workbook.close", raising(error))
        elif place == "making":
            broken.setattr(jobs, "gathered", raising(ValueError("33639987701")))
        else:
            broken.setattr(kept, "save", raising(RuntimeError("refused")))
        assert work()
    assert "Could not be finished" in page(exporter, first)
    assert kept.listdir("")[1] == []
    assert work()
    second.refresh_from_db()
    assert second.state == "done"


def test_what_an_error_says_is_in_no_log(archive, exporter, monkeypatch, caplog):
    """I8."""
    ask(exporter)
    monkeypatch.setattr(jobs, "gathered", raising(ValueError("33639987701")))
    work()
    assert "ValueError" in caplog.text
    assert "33639987701" not in caplog.text


def test_an_export_that_is_dropped_as_a_worker_takes_it_stops_nobody(
    archive, exporter, monkeypatch
):
    ask(exporter)
    take = leases.take

    def taken(export: Export, owner: str) -> bool:
        found = take(export, owner)
        kept_files.drop(export)
        return found

    monkeypatch.setattr(leases, "take", taken)
    assert work()
    assert not Export.objects.exists()


class Turns:
    """Stands for the event that ends a worker, after so many turns; nobody waits for it."""

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.pauses: list[float] = []

    def is_set(self) -> bool:
        return len(self.pauses) == self.turns

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)


def test_the_making_of_files_outlives_whatever_goes_wrong(monkeypatch):
    done = []

    def work_once(*_args: object) -> bool:
        done.append(True)
        if len(done) == 1:
            raise ValueError("33639987701")
        return True

    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(kept_files, "forget", raising(PermissionError("no")))
    monkeypatch.setattr(jobs, "work", work_once)
    turns = Turns(4)
    worker.make_files(turns)  # type: ignore[arg-type]
    assert len(done) == 3, "a turn for what is forgotten, one that failed, two that did not"
    assert [pause > 0 for pause in turns.pauses] == [True, True, False, False]


def test_a_database_that_fails_under_a_file_ends_it_after_three_tries_behind_the_others(
    archive, exporter, monkeypatch
):
    poison, other = ask(exporter), ask(exporter)
    real = question_of

    def failing(export: Export) -> MessageQuery | None:
        if export.pk == poison.pk:
            raise OperationalError("deadline")
        return real(export)

    monkeypatch.setattr(jobs, "question_of", failing)
    # It would take the transaction that this test runs in for one that was left open.
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    with pytest.raises(OperationalError):
        work()
    assert work(), "the other's turn"
    other.refresh_from_db()
    assert other.state == "done"
    for _ in range(leases.MOST_TRIES - 1):
        with pytest.raises(OperationalError):
            work()
    assert not work()
    poison.refresh_from_db()
    assert (poison.state, poison.reason, poison.tries) == ("failed", "database", 2)
    assert "Could not be finished" in page(exporter, poison)


def test_a_worker_that_ends_is_no_try(archive, exporter):
    export = ask(exporter)
    for _ in range(leases.MOST_TRIES + 1):
        work(stopped=lambda: True)
    export.refresh_from_db()
    assert (export.state, export.tries) == ("waiting", 0)


def test_a_lease_is_renewed_while_a_single_step_takes_its_time(archive, exporter, monkeypatch):
    """I9."""
    ask(exporter)
    beaten = threading.Event()

    def prolonged(*_args: object) -> bool:
        beaten.set()
        return True

    monkeypatch.setattr(leases, "BEAT", 0.01)
    monkeypatch.setattr(leases, "prolong", prolonged)

    def slow(*args: Any, **options: Any):
        assert beaten.wait(30), "nobody renews the lease"
        return gathered(*args, **options)

    monkeypatch.setattr(jobs, "gathered", slow)
    assert work()
    assert Export.objects.get().state == "done"


def test_a_lease_is_prolonged_by_its_owner_alone(archive, exporter):
    export = ask(exporter)
    assert leases.take(export, "a")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE messages_app_export SET until = {database_now()} - 1")
    assert not leases.prolong(export, "b")
    assert leases.prolong(export, "a")
    assert not leases.take(export, "b")


@pytest.mark.parametrize("way", ["sent at once", "made by a worker"])
def test_a_workbook_that_breaks_off_leaves_no_rows_behind(
    archive, exporter, monkeypatch, tmp_path, way
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("messages_app.exports.making.pairs", raising(KeyboardInterrupt()))
    seen = []
    add = "messages_app.exports.xlsx_file.Book.add"
    from messages_app.exports.xlsx_file import Book

    real = Book.add

    def added(book: Book, records: Any) -> None:
        real(book, records)
        seen.extend(tmp_path.rglob("*"))

    monkeypatch.setattr(add, added)
    if way == "sent at once":
        _export, pieces = sending(exporter, "xlsx")
        with pytest.raises(KeyboardInterrupt):
            next(pieces)
    else:
        ask(exporter, format="xlsx")
        with pytest.raises(KeyboardInterrupt):
            work()
    assert [one for one in seen if one.is_relative_to(tmp_path)], "rows stand there meanwhile"
    assert list(tmp_path.rglob("*")) == []


def test_what_a_killed_process_left_is_cleared_and_what_is_in_use_is_not(
    db, kept, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in (f"{kept_files.WORKSHOP}old", f"{kept_files.WORKSHOP}new", "another"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows").write_text("33639987701")
    before = (NOW - timedelta(hours=2)).timestamp()
    for path in tmp_path.rglob("*"):
        os.utime(path, (before, before))
    os.utime(tmp_path / f"{kept_files.WORKSHOP}new" / "rows", (NOW.timestamp(), NOW.timestamp()))
    kept_files.forget(NOW)
    left = {Path(one).name for one in os.listdir(tmp_path)}
    assert left == {f"{kept_files.WORKSHOP}new", "another"}


def test_a_file_that_cannot_be_deleted_keeps_no_other_one(archive, exporter, kept, monkeypatch):
    stays, goes = ask(exporter), ask(exporter)
    work()
    work()
    stays.refresh_from_db()
    delete = kept.delete
    with monkeypatch.context() as broken:
        broken.setattr(
            kept,
            "delete",
            lambda name: raising(PermissionError())() if name == stays.file else delete(name),
        )
        kept_files.forget(NOW + timedelta(hours=25))
    goes.refresh_from_db()
    assert goes.file == ""
    assert kept.listdir("")[1] == [stays.file]
    kept_files.forget(NOW + timedelta(hours=26))
    assert kept.listdir("")[1] == [], "it is tried again"


def test_a_file_without_a_record_is_deleted_but_not_while_it_may_be_saved(archive, exporter, kept):
    ask(exporter)
    work()
    made = kept.listdir("")[1][0]
    kept.save("a-file-of-others.csv", kept.open(made))
    User.objects.get(username="exporter").delete()
    saved = kept.get_modified_time(made)
    kept_files.forget(saved + timedelta(minutes=50))
    assert made in kept.listdir("")[1]
    kept_files.forget(saved + timedelta(minutes=61))
    assert kept.listdir("")[1] == ["a-file-of-others.csv"]


def test_a_file_that_was_finished_meanwhile_goes_with_its_record(archive, exporter, kept):
    export = ask(exporter)
    work()
    assert export.file == "", "as it was before a worker made it"
    kept_files.drop(export)
    assert kept.listdir("")[1] == []


def test_looking_for_what_is_to_go_writes_nothing_where_nothing_is(archive, exporter, kept):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        kept_files.forget(NOW)
        assert not work()
    assert asked.captured_queries
    assert {one["sql"].split()[0] for one in asked.captured_queries} == {"SELECT"}


def test_a_file_that_was_being_sent_by_a_killed_process_is_told_as_unfinished(
    archive, exporter, monkeypatch
):
    export, pieces = sending(exporter, "csv")
    next(pieces)
    assert "Being sent" in page(exporter, export)
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW + timedelta(minutes=61))
    assert "Could not be finished" in page(exporter, export)
    pieces.close()


def test_an_export_that_is_forgotten_while_it_is_sent_does_not_come_back(archive, exporter):
    export, pieces = sending(exporter, "csv")
    next(pieces)
    kept_files.drop(export)
    list(pieces)
    assert not Export.objects.exists()


def test_a_workbook_that_is_sent_at_once_says_that_it_is_whole(archive, exporter):
    from tests.exports.reading import about

    body = body_of(exporter, "/messages/export.xlsx?period=last_24_hours")
    assert about(body)["Complete"] == "yes"
    assert Export.objects.get().state == "done"


def test_a_file_waits_for_its_range_no_longer_than_twelve_hours(archive, exporter, monkeypatch):
    """F62: a window that is set aside may never be proven."""
    lose_a_day(monkeypatch)
    export = ask(exporter, "", waits="1")
    assert not work()
    Export.objects.update(made_at=NOW - jobs.LONGEST_WAIT)
    assert work()
    answer = exporter.get(f"/exports/{export.pk}/file")
    assert "INCOMPLETE" in answer.headers["Content-Disposition"]
