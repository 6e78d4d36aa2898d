"""The audit trail: lines that can only be added, chained and sealed, without any personal value."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from messages_app import audit
from messages_app.audit import Act, number_digest, record
from messages_app.audited import AuditHead, AuditLine

NUMBER = "33639981234"

pytestmark = pytest.mark.django_db


def line(number: int) -> AuditLine:
    return AuditLine.objects.get(number=number)


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
    found = line(1)
    assert (found.act, found.user, found.name) == ("searched", support.pk, "support")
    assert (found.address, found.question, found.about) == ("192.0.2.7", "period=today", "8")
    assert found.note == "a reason"


def test_t26_a_number_is_kept_as_a_keyed_digest_however_it_is_written(settings):
    record(Act.SEARCHED, numbers=["06 39 98 12 34", "+33639981234", NUMBER, "ACME", ""])
    found = line(1).numbers
    assert found.split() == sorted([number_digest(NUMBER), number_digest("acme")])
    assert NUMBER[3:] not in found
    settings.PRIVACY_KEY = "another"
    assert number_digest(NUMBER) not in found


def test_lines_count_from_one_and_the_head_tells_the_last(support):
    for act in (Act.LOGIN, Act.LOGOUT):
        record(act, who=support)
    head = AuditHead.objects.get()
    assert [one.number for one in AuditLine.objects.order_by("number")] == [1, 2]
    assert (head.number, head.hash) == (2, line(2).hash)
    assert audit.is_sealed(head)
    assert line(2).hash == audit.line_hash(line(2), line(1).hash)


def test_a_line_goes_with_the_act_that_failed(support):
    with suppress(ZeroDivisionError), transaction.atomic():
        record(Act.LOGIN, who=support)
        raise ZeroDivisionError
    record(Act.LOGOUT, who=support)
    assert [one.act for one in AuditLine.objects.all()] == ["logout"]


def test_a_line_outlives_its_person(support):
    record(Act.LOGIN, who=support)
    support.delete()
    assert line(1).name == "support"


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
    assert line(1).name == "support"


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b", "x" * 10_000])
def test_whatever_is_told_can_be_kept(name):
    record(Act.SETTING_CHANGED, note=name)
    assert line(1).note.startswith(name[0])


def test_t26_the_trail_says_where_its_ends_were_changed_and_goes_on(support):
    record(Act.LOGIN, who=support)
    AuditHead.objects.update(number=0, hash="")
    record(Act.LOGOUT, who=support)
    assert [one.act for one in AuditLine.objects.order_by("number")] == [
        "login", "trail_broken", "logout",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_between_two_tests_of_a_server_the_trail_is_emptied(turn, support):
    record(Act.LOGIN, who=support)
    assert AuditLine.objects.count() == 1
    with pytest.raises(DatabaseError, match="can only be added to"):
        run("DELETE FROM messages_app_auditline")
