"""What is held about a number, all of it as a file, and its erasure by the page; a gate before each."""

import io
import json
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from django.core.files.base import ContentFile
from django.http import QueryDict
from django.urls import reverse

from messages_app import erasing, sharing
from messages_app.access import Viewer
from messages_app.analysis.query import MessageQuery
from messages_app.archive import forgetting
from messages_app.archive.forgotten import erased
from messages_app.archive.keys import key_of
from messages_app.audited import AuditLine
from messages_app.exports import jobs, kept
from messages_app.exports.kept import DONE, RUNNING, WAITING
from messages_app.filters import question_url, read_question
from messages_app.made import Flag, SavedView, ShareLink
from messages_app.models import Export, Message, Observation
from messages_app.privacy import OPEN
from messages_app.sealing import seal
from tests.archive.storing import store
from tests.conftest import browser, person
from tests.factories import incoming, record

HERS, TYPED, OTHERS = "33639980001", "06 39 98 00 01", "33639980002"
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "exports": {
            "BACKEND": "dashboard.private_storage.PrivateStorage",
            "OPTIONS": {"location": str(tmp_path / "exports")},
        },
    }


@pytest.fixture
def rows(db):
    store([
        record(message_id=1, message="Bonjour Zoé", extra=(("note", '"Zoé"'),)),
        incoming(message_id=2, message="STOP"),
        record(message_id=3, destination=OTHERS, message="Bonjour Max"),
    ])  # fmt: skip
    Observation.objects.create(
        key=key_of("sms_mt", 1), date=datetime(2026, 11, 20, 12), status="SENT",
        status_details="", since=NOW, until=NOW,
    )  # fmt: skip


def query_of(**asked: str) -> MessageQuery:
    params = QueryDict(mutable=True)
    params.update(asked)
    query = read_question(params, NOW, OPEN).query
    assert query is not None
    return query


def question(**asked: str) -> str:
    return question_url("", query_of(**asked)).removeprefix("?")


def last_line() -> AuditLine:
    return AuditLine.objects.order_by("number").reverse()[0]


def made(owner) -> None:
    """A view, a link and an export that name the number, and one of each that do not."""
    for name, asked in (("hers", HERS), ("theirs", OTHERS)):
        SavedView.objects.create(
            owner=owner, name=name, page="messages", question=question(destination=asked),
            is_shared=False, place=1, made_at=NOW, changed_at=NOW,
        )  # fmt: skip
        wanted = sharing.Wanted(
            name, question(sender=asked), shows_messages=True, shows_figures=False,
            numbers="masked", texts="off", lasts=timedelta(days=7),
        )  # fmt: skip
        sharing.make(wanted, Viewer(owner.pk, frozenset()), NOW)
        query = query_of(message=f"call {asked} now")
        viewer = Viewer(owner.pk, frozenset({"see_messages", "see_personal", "export"}))
        export = jobs.asked_for(
            viewer, query, "csv", NOW, columns=["message"], language="en", site="http://x"
        )
        file = kept.storage().save(f"{export.pk}-{'0' * 32}.csv", ContentFile(b"rows"))
        Export.objects.filter(pk=export.pk).update(state=DONE, file=file, expires_at=NOW)


def post(client, name: str, **data: str):
    return client.post(reverse(name), data)


def sealed() -> str:
    return seal("rights", HERS)


@pytest.mark.parametrize(
    ("group", "status"),
    [("", 403), ("Support", 403), ("Administrator", 200)],
)
def test_t30_who_reviews_and_sees_numbers_may_ask_and_nobody_else(db, group, status):
    """T30."""
    client = browser(person("somebody", group))
    assert client.get(reverse("rights")).status_code == status
    assert post(client, "rights", number=TYPED).status_code == status
    assert post(client, "rights_file", number=sealed()).status_code == status
    erased_by = post(client, "rights_erase", number=sealed(), digits="0001").status_code
    assert erased_by == (302 if status == 200 else 403)
    assert (erased() != frozenset()) == (status == 200)


def test_t30_the_page_tells_how_much_of_each_kind_is_held(rows, administrator):
    """T30."""
    made(administrator)
    page = post(browser(administrator), "rights", number=TYPED).content.decode()
    assert "+33 6 39 98 00 01" in page
    for words in (
        "2 messages to or from it", "1 earlier state of them", "1 saved view that names it",
        "1 share link that names it", "1 export that names it",
    ):  # fmt: skip
        assert words in page
    line = last_line()
    assert line.act == "searched"
    assert HERS not in json.dumps([line.question, line.numbers, line.about, line.note])


def test_t30_all_of_it_comes_as_one_file(rows, administrator):
    """T30."""
    flag(1, "he was promised an answer")
    flag(3, f"call {TYPED} instead")
    flag(3, "slow")
    client = browser(administrator)
    post(client, "rights", number=HERS)
    answer = post(client, "rights_file", number=sealed())
    assert HERS not in answer["Content-Disposition"]
    with ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as file:
        assert file.testzip() is None
        parts = {name: file.read(name).decode() for name in file.namelist()}
    lines = {
        name: [json.loads(line) for line in text.splitlines()]
        for name, text in parts.items()
        if name.endswith(".ndjson")
    }
    assert "+33639980001" in parts["README.txt"]
    messages = lines["messages.ndjson"]
    assert [one["message"] for one in messages] == ["Bonjour Zoé", "STOP"]
    assert (
        messages[0] | {"note": '"Zoé"', "date": "2026-11-20 12:00:00", "cost": 1.0} == messages[0]
    )
    assert [one["status"] for one in lines["observations.ndjson"]] == ["SENT"]
    notes = [one["note"] for one in lines["flags.ndjson"]]
    assert notes == ["he was promised an answer", f"call {TYPED} instead"]
    assert {one["act"] for one in lines["audit.ndjson"]} == {"searched", "access_file"}
    assert OTHERS not in "".join(parts.values())


def test_t31_an_erasure_takes_views_links_and_all_files_of_exports_along(rows, administrator):
    """T31."""
    made(administrator)
    running = jobs.asked_for(
        Viewer(administrator.pk, frozenset()),
        query_of(),
        "csv", NOW, columns=["message"], language="en", site="http://x",
    )  # fmt: skip
    Export.objects.filter(pk=running.pk).update(state=RUNNING, lease="a worker")
    client = browser(administrator)
    answer = client.post(
        reverse("rights_erase"), {"number": sealed(), "digits": "0001"}, follow=True
    )
    assert "Erased: 2 messages to or from it" in answer.content.decode()
    assert [view.name for view in SavedView.objects.all()] == ["theirs"]
    assert [link.label for link in ShareLink.objects.all()] == ["theirs"]
    assert kept.storage().listdir("")[1] == []
    assert not Export.objects.exclude(file="").exists()
    assert Export.objects.count() == 2
    assert Export.objects.get(pk=running.pk).state == WAITING
    there = erasing.held(HERS)
    assert [there[name] for name in erasing.ERASED] == [0] * len(erasing.ERASED)
    line = last_line()
    assert (line.act, line.name) == ("erased", "administrator")
    assert "messages 2" in line.note
    assert Message.objects.get(message_id=3).message == "Bonjour Max"


def flag(message_id: int, note: str) -> None:
    Flag.objects.create(
        key=key_of("sms_mt", message_id), type="sms_mt", message_id=message_id,
        date=datetime(2026, 11, 20, 12), note=note, flagged_at=NOW,
    )  # fmt: skip


def test_t31_flags_go_with_the_rows_they_are_on_whenever_these_lose_their_number(rows):
    """T31."""
    flag(1, "late")
    assert erasing.held(HERS)["flags"] == 1
    erasing.drop_nobodys_flags()
    assert erasing.held(HERS)["flags"] == 1
    forgetting.forget_number(HERS, NOW)
    erasing.drop_nobodys_flags()
    assert not Flag.objects.exists()


def test_t31_flags_whose_note_names_the_number_go_too_on_whatever_row(rows):
    """T31: on somebody else's, and on one that the archive does not hold."""
    flag(3, f"he asked for {TYPED} as well")
    flag(4, f"call +{HERS}")
    flag(3, "slow, since 2026-11-20 10:00")
    assert erasing.held(HERS)["flags"] == 2
    assert erasing.forget(HERS, NOW)["flags"] == 2
    assert [one.note for one in Flag.objects.all()] == ["slow, since 2026-11-20 10:00"]


def test_an_erasure_needs_the_last_digits_and_a_number_that_was_shown(rows, administrator):
    client = browser(administrator)
    page = post(client, "rights_erase", number=sealed(), digits="1234").content.decode()
    assert "These are not the last four digits" in page
    assert post(client, "rights_erase", number=HERS, digits="0001").status_code == 302
    assert erased() == frozenset()
    assert Message.objects.get(message_id=1).message == "Bonjour Zoé"


@pytest.mark.parametrize("typed", ["ACME", "36000", "", "+33"])
def test_names_and_short_codes_are_nobodys(administrator, typed):
    page = post(browser(administrator), "rights", number=typed).content.decode()
    assert "phone number" in page
    assert "Erase everywhere" not in page


def test_t31_a_number_is_found_in_whatever_form_a_question_or_name_has_it():
    """T31."""
    for words in (HERS, f"+{HERS}", TYPED, f"x {HERS} y", "33 6.39.98.00.01", f"{HERS}*"):
        assert erasing.named_in(f"message={words}".replace("+", "%2B"), HERS.__eq__), words
        assert erasing.named_in(f"destination={seal('destination', words)}", HERS.__eq__), words
    for words in (OTHERS, "06 39 98", "12", "Bonjour", "~1.broken"):
        assert not erasing.named_in(f"message={words}", HERS.__eq__), words
