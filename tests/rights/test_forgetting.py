"""A number is erased from rows, life lines and text index, and stays so through readings and live views."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Q

from messages_app.archive import forgetting, searching
from messages_app.archive.claims import claim
from messages_app.archive.forgotten import blanked, digest_of, erased
from messages_app.archive.keeping import keep
from messages_app.archive.keys import key_of
from messages_app.archive.rollups import differences
from messages_app.archive.windows import Proven, Window
from messages_app.models import Forgotten, Message, Observation, Rollup
from tests.factories import incoming, record

ZONE = ZoneInfo("Europe/Paris")
DAY = datetime(2026, 11, 20)
WHOLE = Window(DAY, DAY + timedelta(days=1) - timedelta(seconds=1))
READ = datetime(2026, 11, 21, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 10, tzinfo=ZONE)
HERS, OTHERS = "33639980001", "33639980002"

pytestmark = pytest.mark.django_db

ROWS = (
    record(
        message_id=1, message="Bonjour Zoé", client_message_id="order-7", contact_list_id="12",
        extra=(("note", '"Zoé"'),),
    ),
    record(message_id=2, destination=OTHERS, message="Bonjour Max", client_message_id="order-8"),
    incoming(message_id=3, message="STOP merci Zoé"),
    record(message_id=4, destination="33639980003", status="SENT", status_details=f"no route to {HERS}"),
    record(message_id=5, status="UNDELIVERED", status_details=f"Refused: +{HERS}"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _rollups_are_right(db):
    yield
    assert list(differences()) == []


def read(*rows, at=READ):
    held = claim(Window(DAY, DAY), "a")
    assert held
    return keep([Proven(WHOLE, rows, at)], held, zone=ZONE, kept_from=DAY)


def figures() -> list[tuple]:
    """All that is counted, but for by whose words."""
    return sorted(Rollup.objects.exclude(grain__in=(5, 8, 15)).values_list(
        "grain", "value", "bucket", "type", "country", "state", "rows", "cost", "parts",
        "opt_outs", "delays",
    ), key=str)  # fmt: skip


def row(kind: str, message_id: int) -> Message:
    return Message.objects.get(key=key_of(kind, message_id))


def personal(one: Message) -> tuple:
    return (one.message, one.folded, one.client_message_id, one.contact_list_id, one.extra)


def test_a_number_leaves_its_rows_and_figures_stay():
    """T29."""
    read(*ROWS)
    read(replace(ROWS[0], status="SENT", dlr_date=None), *ROWS[1:], at=READ + timedelta(minutes=1))
    assert Observation.objects.count() == 1
    before = figures()
    found = forgetting.forget_number(HERS, NOW)
    assert (found.rows, found.observations) == (3, 1)
    assert figures() == before
    assert not Observation.objects.exists()
    for one in (row("sms_mt", 1), row("sms_mo", 3), row("sms_mt", 5)):
        assert personal(one) == ("", "", "", "", "")
    assert (row("sms_mt", 1).destination, row("sms_mt", 1).sender) == ("", "ACME")
    reply = row("sms_mo", 3)
    assert (reply.sender, reply.destination, reply.is_opt_out) == ("", "36000", True)
    assert HERS not in row("sms_mt", 5).status_details
    other = row("sms_mt", 2)
    assert (other.destination, other.message) == (OTHERS, "Bonjour Max")
    assert other.client_message_id == "order-8"


def test_no_later_reading_brings_it_back_in_whatever_spelling():
    """T29: the provider shows it as before."""
    read(*ROWS)
    forgetting.forget_number(HERS, NOW)
    again = [*ROWS, record(message_id=6, destination=f"+{HERS}"), incoming(message_id=7)]
    read(*again, at=READ + timedelta(hours=1))
    assert not Message.objects.filter(
        Q(destination__contains=HERS) | Q(sender__contains=HERS)
    ).exists()
    assert not Message.objects.filter(key__in=[4, 13, 20, 24, 29]).exclude(message="").exists()
    assert not Observation.objects.exists()
    assert row("sms_mt", 2).message == "Bonjour Max"
    assert row("sms_mo", 3).is_opt_out


def test_erasing_twice_changes_nothing_more():
    read(*ROWS)
    forgetting.forget_number(HERS, NOW)
    assert forgetting.forget_number(HERS, NOW).rows == 0
    assert Forgotten.objects.count() == 1


def test_the_list_holds_keyed_digests_and_every_process_hears_of_a_new_one(settings):
    """T29: a plain hash of every number of a country is made in minutes."""
    assert erased() == frozenset()
    forgetting.suppress([(digest_of(HERS), NOW)])
    assert erased() == {digest_of(HERS)}
    forgetting.suppress([(digest_of(OTHERS), NOW), (digest_of(HERS), NOW)])
    assert erased() == {digest_of(HERS), digest_of(OTHERS)}
    assert digest_of(f"+{HERS}") == digest_of(f"00{HERS}") == digest_of(HERS)
    known = digest_of(HERS)
    settings.PRIVACY_KEY = "another key that is long enough to be one"
    assert digest_of(HERS) != known


def test_the_text_index_forgets_as_well():
    """T29: FTS keeps what was deleted until its pieces are put together."""
    read(
        record(message_id=1, message="ωψχ"),
        record(message_id=2, destination=OTHERS, message="Bonjour Max"),
    )
    searching.index_new()
    assert list(Message.objects.filter(searching.contains("ωψχ")))
    forgetting.forget_number(HERS, NOW)
    assert not list(Message.objects.filter(searching.contains("ωψχ")))
    searching.squeeze()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            pieces = cursor.execute("SELECT block FROM messages_app_search_data").fetchall()
        assert not any("ωψχ".encode() in bytes(block) for (block,) in pieces)
    assert list(Message.objects.filter(searching.contains("njour")))


def test_a_live_row_is_shown_as_the_archive_would_have_it():
    """T29."""
    read(*ROWS)
    forgetting.forget_number(HERS, NOW)
    seen = blanked(ROWS[2])
    stored = row("sms_mo", 3)
    counted = ("parts", "is_opt_out", "is_named", "state", "message_length")
    for name in ("sender", "destination", "message", *counted):
        assert getattr(seen, name) == getattr(stored, name), name
    assert blanked(seen) == seen


def test_rows_past_their_time_lose_number_and_text_and_figures_stay(settings):
    """T28."""
    read(*ROWS)
    before = figures()
    settings.RETENTION_MONTHS = 3
    at = datetime(2027, 2, 20, 3)
    assert forgetting.blank_old(at).rows == 0
    found = forgetting.blank_old(at + timedelta(days=1))
    assert found.rows == 5
    assert figures() == before
    assert not Message.objects.exclude(message="").exists()
    assert forgetting.blank_old(at + timedelta(days=1)).rows == 0


def test_a_reading_of_old_rows_stores_them_without_number_and_text(settings):
    """T28: the provider shows six months, whatever is to be kept here."""
    settings.RETENTION_MONTHS = 1
    read(*ROWS, at=datetime(2026, 12, 21, 9, tzinfo=UTC))
    assert not Message.objects.exclude(message="").exists()
    assert row("sms_mo", 3).is_opt_out


def test_a_longer_time_of_keeping_looks_at_all_of_it_when_it_is_shortened_again(settings):
    settings.RETENTION_MONTHS = 1
    late = datetime(2027, 1, 10)
    forgetting.blank_old(late)
    settings.RETENTION_MONTHS = None
    forgetting.blank_old(late)
    read(*ROWS)
    settings.RETENTION_MONTHS = 1
    assert forgetting.blank_old(late).rows == 5


def test_what_a_late_reader_kept_before_the_mark_goes_with_the_next_turn(settings):
    settings.RETENTION_MONTHS = 1
    forgetting.blank_old(datetime(2026, 12, 21))
    read(*ROWS)
    assert forgetting.blank_old(datetime(2026, 12, 22)).rows == 5


@pytest.mark.parametrize(
    ("wall", "months", "first"),
    [
        (datetime(2026, 3, 31, 12), 1, datetime(2026, 2, 28)),
        (datetime(2026, 1, 1), 1, datetime(2025, 12, 1)),
        (datetime(2026, 11, 26, 23), 24, datetime(2024, 11, 26)),
    ],
)
def test_months_are_those_of_the_calendar(settings, wall, months, first):
    from messages_app.archive.forgotten import kept_since

    settings.RETENTION_MONTHS = months
    assert kept_since(wall) == first
