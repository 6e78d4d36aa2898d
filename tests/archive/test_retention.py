"""A provider that keeps less than it says, or more: what it forgot stays as it was last seen."""

from datetime import timedelta

import pytest

from messages_app.archive import traits
from messages_app.archive.bounds import SECOND
from messages_app.archive.keys import key_of
from messages_app.archive.plan import kept_for_sure, kept_from
from messages_app.archive.traits import Memory
from messages_app.archive.windows import Window
from messages_app.models import Message, Span
from tests.archive.test_sync import DAY, NOW, Timed, missing, stored, sync, truth, work, worker
from tests.factories import record

pytestmark = pytest.mark.django_db

HALF_A_YEAR = Window(DAY - timedelta(days=170), DAY + timedelta(days=1))
LONG = Window(DAY - timedelta(days=300), DAY + timedelta(days=1))
A_LONG_STRIDE = 40


def daily(days: int) -> list:
    return [record(message_id=n, date=DAY - timedelta(days=n)) for n in range(days)]


def forget(provider: Timed, days: int) -> None:
    """From now on the provider shows the last so many days."""
    edge = DAY - timedelta(days=days)
    provider.rows = [row for row in provider.rows if row.date > edge]


def spans_before(moment) -> list:
    spans = Span.objects.filter(end__lt=moment).order_by("start")
    return list(spans.values_list("start", "end", "fetched_at"))


@pytest.mark.parametrize("days", [140, 60, 10])
def test_what_is_forgotten_earlier_than_documented_is_kept_as_it_was_last_seen(days):
    """I5: neither flagged nor covered anew."""
    provider = Timed(daily(160))
    sync(provider, HALF_A_YEAR, stride=1)
    edge = DAY - timedelta(days=days)
    old = spans_before(edge)
    forget(provider, days)
    provider.moment += timedelta(minutes=10)
    sync(provider, HALF_A_YEAR, stride=A_LONG_STRIDE)
    assert not Message.objects.exclude(gone_at=None).exists()
    assert spans_before(edge) == old
    assert Message.objects.count() == 160


def test_what_vanishes_among_what_is_shown_is_flagged_all_the_same():
    """F42, I5."""
    provider = Timed(daily(160))
    sync(provider, HALF_A_YEAR, stride=A_LONG_STRIDE)
    forget(provider, 140)
    gone = provider.rows.pop(50)
    provider.moment += timedelta(minutes=10)
    sync(provider, HALF_A_YEAR, stride=A_LONG_STRIDE)
    flagged = Message.objects.exclude(gone_at=None).values_list("key", flat=True)
    assert list(flagged) == [key_of(gone.type, gone.message_id)]


def test_what_is_forgotten_while_a_worker_goes_on_is_not_flagged():
    """I5: what it heard of the provider's memory an hour ago does not count."""
    provider = Timed(daily(160))
    one = worker(provider)
    work(provider, one)
    Span.objects.filter(end__lt=DAY - timedelta(days=20)).update(
        settled=True, fetched_at=NOW - timedelta(days=40)
    )
    forget(provider, 100)
    work(provider, one)
    assert not Message.objects.exclude(gone_at=None).exists()


def test_what_is_kept_longer_than_documented_is_forgotten_as_quietly():
    """I5: the edge moves on between the plan and the reading."""
    provider = Timed(daily(290))
    sync(provider, LONG, edge=LONG.start, stride=A_LONG_STRIDE)
    forget(provider, 280)
    provider.moment += timedelta(minutes=10)
    sync(provider, LONG, edge=LONG.start, stride=A_LONG_STRIDE)
    assert not Message.objects.exclude(gone_at=None).exists()
    assert stored() > truth(provider, LONG)


def test_a_provider_that_shows_nothing_any_more_has_forgotten_it_all():
    """I5."""
    provider = Timed(daily(160)[10:])
    sync(provider, HALF_A_YEAR, stride=A_LONG_STRIDE)
    provider.rows.clear()
    provider.moment += timedelta(minutes=10)
    sync(provider, HALF_A_YEAR, stride=A_LONG_STRIDE)
    assert not Message.objects.exclude(gone_at=None).exists()


def test_before_the_first_row_of_a_young_account_nothing_is_missing():
    """I3: nothing was ever shown there, and the provider keeps six months."""
    provider = Timed(daily(3))
    work(provider, worker(provider))
    assert missing(provider, Window(kept_from(NOW), DAY)) == []


def test_the_last_week_is_compared_whatever_is_shown():
    """F42: so early nothing is forgotten."""
    oldest = Memory(DAY, 5)
    record_before = record(message_id=1, date=DAY - timedelta(days=30))
    provider = Timed([record_before])
    sync(provider, HALF_A_YEAR, stride=A_LONG_STRIDE)
    assert traits.memory_start(oldest, NOW) == kept_for_sure(NOW) < DAY
    assert traits.memory_start(None, NOW) == kept_for_sure(NOW)
    Message.objects.all().delete()
    assert traits.memory_start(oldest, NOW) == kept_from(NOW)
    longer = Memory(kept_from(NOW) - SECOND, 5)
    assert traits.memory_start(longer, NOW) == longer.oldest
