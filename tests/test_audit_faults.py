"""The audit trail on a database of its own: many writers at the same time, and one that takes no line."""

from threading import Thread

from django.core.cache import cache
from django.urls import reverse

from messages_app.analysis.query import MessageQuery
from messages_app.audit import Act, record
from messages_app.audit_chain import findings
from messages_app.audited import AuditLine
from messages_app.filters import question_url
from tests.archive.own_database import leading_to, read_only
from tests.conftest import browser, person
from tests.views.conftest import NOW
from tests.views.links_made import at, inside, keep

WRITERS, LINES = 4, 6


def test_t26_lines_that_are_written_at_the_same_time_make_one_chain(production_database):
    def write() -> None:
        with leading_to(production_database):
            for _ in range(LINES):
                record(Act.SYNC_STARTED)

    writers = [Thread(target=write) for _ in range(WRITERS)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert AuditLine.objects.count() == WRITERS * LINES
    assert list(findings()) == []


def test_t26_a_page_about_a_number_is_not_answered_where_no_line_can_be_written(
    own_database, monkeypatch
):
    cache.clear()
    at(NOW, monkeypatch)
    keep(inside(10))
    client = browser(person("support", "Support"))
    path, number = reverse("messages"), "33639980007"
    with read_only():
        about_a_number = client.get(question_url(path, MessageQuery(now=NOW, destination=number)))
        others = client.get(path)
    assert about_a_number.status_code == 503
    assert "This cannot be recorded, so it is not done" in about_a_number.content.decode()
    assert "inside-7 colis" not in about_a_number.content.decode()
    assert "inside-7 colis" in others.content.decode()
    assert list(findings()) == []
