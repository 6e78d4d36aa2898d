"""T36: a statement that would take for ever is cut off, and people are offered a smaller question."""

import json
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.db.backends.signals import connection_created

from dashboard import deadlines
from messages_app.archive.faults import LOCKED, SLOW, kind_of
from messages_app.audit import number_digest
from messages_app.audit_reading import Filters, cells, lines
from messages_app.audited import AuditLine
from messages_app.personal_file import _audit
from tests.conftest import browser, person
from tests.views.conftest import account, box

__all__ = ["account", "box"]

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ENDLESS = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"""


@pytest.fixture
def hurried(own_database):
    connection.ensure_connection()
    deadlines.bound(connection, 0.2)


def ask(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def test_t36_an_endless_statement_is_cut_off_and_the_next_one_answered(hurried):
    for _ in range(2):
        with pytest.raises(OperationalError) as cut:
            ask(ENDLESS)
        assert kind_of(cut.value) == SLOW
        assert ask("SELECT 7") == (7,)


def test_t36_every_connection_of_the_web_server_keeps_it(own_database):
    deadlines.keep(1)
    try:
        connection.close()
        connection.ensure_connection()
        with pytest.raises(OperationalError):
            ask(ENDLESS)
    finally:
        connection_created.disconnect(dispatch_uid="deadline of statements")


def test_t36_a_file_of_the_trail_is_whole_however_long_its_reader_takes(own_database, monkeypatch):
    """Time between two pieces is the reader's, no statement's."""
    number, passed = "33639980001", [0.0]
    monkeypatch.setattr(deadlines, "monotonic", lambda: passed[0])
    monkeypatch.setattr(deadlines, "STEPS", 1)
    wanted = range(1, 2502)
    AuditLine.objects.bulk_create(
        AuditLine(
            number=n, at=NOW, act="searched", numbers=f" {number_digest(number)} ", about=str(n)
        )
        for n in wanted
    )
    connection.close()
    connection.ensure_connection()
    deadlines.bound(connection, 30)

    def slowly(pieces):
        for piece in pieces:
            passed[0] += 31
            yield piece

    rows = [int(line) for line, *_ in slowly(cells(lines(Filters(), UTC)))]
    assert rows == [*reversed(wanted)]
    told = [json.loads(line)["about"] for line in slowly(_audit(number))]
    assert told == [*map(str, wanted)]


def test_t36_the_page_says_so_and_offers_less(account, monkeypatch):
    def cut(*_args: object, **_options: object) -> None:
        raise OperationalError from Interrupted()

    client = browser(person("support", "Support"))
    monkeypatch.setattr("messages_app.views.messages.listed", cut)
    shown = client.get("/messages/?wait=1").content.decode()
    assert "took too long" in shown
    assert "period=last_24_hours" in shown


class Interrupted(Exception):
    """What PostgreSQL's driver raises at a deadline."""

    sqlstate = "57014"


def test_another_trouble_of_the_database_is_none_of_these():
    locked = DatabaseError()
    locked.__cause__ = type("Lock", (Exception,), {"sqlstate": "55P03"})()
    assert kind_of(locked) == LOCKED
