"""The audit trail: lines that can only be added, chained and sealed, without any personal value."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from messages_app import audit
from messages_app.audit import Act, NotRecorded, number_digest, record
from messages_app.audited import AuditHead, AuditLine
from tests.trail import last, recorded

NUMBER = "33639981234"

pytestmark = pytest.mark.django_db


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_line_says_who_what_whence_and_which_question(rf, support):
    request = rf.get("/", REMOTE_ADDR="192.0.2.7")
    request.user = support
    record(
        Act.SEARCHED, request=request, question="period=today", numbers=[NUMBER], about="8",
        note="a reason",
    )  # fmt: skip
    found = last()
    assert (found.act, found.user, found.name) == ("searched", support.pk, "support")
    assert (found.address, found.question, found.about) == ("192.0.2.7", "period=today", "8")
    assert (found.note, found.link) == ("a reason", None)


def test_a_visitor_is_told_by_the_link_whoever_is_logged_in_beside(rf, support):
    request = rf.get("/")
    request.user, request.came_by = support, 8
    record(Act.SEARCHED, request=request)
    assert (last().link, last().user, last().name) == (8, None, "")


def test_of_a_command_the_account_and_the_machine_are_told():
    record(Act.SYNC_STARTED)
    assert "@" in last().address


def test_t26_a_number_is_kept_as_a_keyed_digest_however_it_is_written(settings):
    record(Act.SEARCHED, numbers=["06 39 98 12 34", "+33639981234", NUMBER, "=ACME", "acme", ""])
    found = last().numbers
    assert found.split() == sorted([number_digest(NUMBER), number_digest("ACME")])
    assert NUMBER[3:] not in found
    settings.PRIVACY_KEY = "another"
    assert number_digest(NUMBER) not in found


def test_lines_count_without_a_gap_and_the_head_tells_the_last(support):
    for act in (Act.LOGIN, Act.LOGOUT):
        record(act, who=support)
    lines, head = list(AuditLine.objects.order_by("number")), AuditHead.objects.get()
    assert [one.number for one in lines] == [*range(1, len(lines) + 1)]
    assert (head.number, head.hash) == (lines[-1].number, lines[-1].hash)
    assert audit.is_sealed(head)
    assert lines[-1].hash == audit.line_hash(lines[-1], lines[-2].hash)


def test_t26_a_line_goes_with_the_act_that_failed(support):
    with recorded() as lines:
        with suppress(ZeroDivisionError), transaction.atomic():
            record(Act.LOGIN, who=support)
            raise ZeroDivisionError
        record(Act.LOGOUT, who=support)
    assert [one.act for one in lines] == ["logout"]


def test_a_line_outlives_its_person(support):
    record(Act.LOGIN, who=support)
    known = last()
    support.delete()
    known.refresh_from_db()
    assert known.name == "support"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messages_app_auditline SET name = 'nobody'",
        "DELETE FROM messages_app_auditline",
        "DELETE FROM messages_app_audithead",
        "INSERT OR REPLACE INTO messages_app_auditline SELECT * FROM messages_app_auditline",
        "TRUNCATE messages_app_auditline",
        "TRUNCATE messages_app_audithead",
    ],
)
def test_t26_the_database_itself_refuses_to_change_or_take_a_line(statement, support):
    of_one = {"TRUNCATE": "postgresql", "INSERT": "sqlite"}.get(statement.split()[0])
    record(Act.LOGIN, who=support)
    if of_one in (None, connection.vendor):
        with pytest.raises(DatabaseError, match="can only be added to"):
            run(statement)
    assert last().name == "support"


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b", "x" * 10_000])
def test_whatever_is_told_can_be_kept(name):
    record(Act.SETTING_CHANGED, note=name)
    assert last().note.startswith(name[0])


def test_t26_the_trail_says_that_its_ends_were_changed_and_goes_on(support):
    with recorded() as lines:
        record(Act.LOGIN, who=support)
        AuditHead.objects.update(hash="0" * 64)
        record(Act.LOGOUT, who=support)
    assert [one.act for one in lines] == ["login", "trail_broken", "logout"]


def test_t26_a_line_put_behind_the_end_stops_nobody(support):
    record(Act.LOGIN, who=support)
    AuditLine.objects.create(number=last().number + 1, at=last().at, act="logout")
    record(Act.LOGOUT, who=support)
    assert last().name == "support"


def test_without_its_table_nothing_is_recorded_and_that_is_told(support, monkeypatch, caplog):
    def broken(*_, **__):
        raise DatabaseError("no room for 33639981234")

    monkeypatch.setattr(AuditLine, "save", broken)
    with pytest.raises(NotRecorded):
        record(Act.LOGIN, who=support)
    assert "the audit trail cannot be written: The database failed." in caplog.text
    assert NUMBER not in caplog.text


@pytest.mark.usefixtures("roles_again")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_between_two_tests_of_a_server_the_trail_is_emptied(turn):
    record(Act.LOGIN)
    # What workers of other tests note of their settings may be there.
    assert AuditLine.objects.filter(act=Act.LOGIN).count() == 1
    with pytest.raises(DatabaseError, match="can only be added to"):
        run("DELETE FROM messages_app_auditline")
