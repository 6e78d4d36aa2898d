"""A provider that changes how it reads the ends of a range: nothing is lost, nothing flagged."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from messages_app.archive import traits
from messages_app.archive.bounds import WIDE, Bounds
from messages_app.archive.checking import Compared, compare
from messages_app.archive.windows import BOUNDS_CHANGED, Window
from messages_app.models import Message, ProviderTrait, SyncRun
from tests.archive.model_provider import ModelProvider
from tests.archive.test_sync import (
    DAY,
    NOW,
    URL,
    Timed,
    found_differences,
    missing,
    stored,
    sync,
    syncer,
    truth,
    worker,
)
from tests.factories import record

pytestmark = pytest.mark.django_db

NOON = DAY + timedelta(hours=12)
SECOND = timedelta(seconds=1)
AROUND = Window(DAY - timedelta(days=1), DAY + timedelta(days=1))


def crowd() -> list:
    """A campaign of more than a page on one second, and a good deal on the seconds beside it."""
    sizes = {NOON - SECOND: 300, NOON: 1300, NOON + SECOND: 300}
    dates = [date for date, size in sizes.items() for _ in range(size)]
    dates += [DAY + timedelta(minutes=7 * n) for n in range(100)]
    return [
        record(message_id=n, date=date, destination=f"3363998{n:04}")
        for n, date in enumerate(dates)
    ]


@pytest.fixture
def provider() -> Timed:
    return Timed(crowd())


def flip(provider: ModelProvider) -> None:
    provider.start_included = not provider.start_included
    provider.end_included = not provider.end_included


def again(provider: Timed):
    """Read everything some minutes later."""
    provider.moment += timedelta(minutes=10)
    return sync(provider, AROUND, at_once=1)


@pytest.mark.parametrize("included", [True, False])
def test_bounds_that_change_between_two_runs_lose_and_flag_nothing(provider, included):
    """F38, I1, I3, I5: what was read by the old reading is not kept, and is read again."""
    provider.start_included = provider.end_included = included
    assert again(provider).outcome == "ok"
    flip(provider)
    provider.rows.append(record(message_id=99_999, date=NOON, destination="33639989999"))
    results = [again(provider), again(provider)]
    assert not Message.objects.exclude(gone_at=None).exists()
    assert results[-1].outcome == "ok"
    assert stored() == truth(provider, AROUND)
    assert found_differences(provider, AROUND) == []


def test_a_change_before_a_run_is_found_before_anything_is_asked_exactly(provider):
    """F38: so the run reads all the wide way, and none of it in vain."""
    again(provider)
    flip(provider)
    provider.rows.append(record(message_id=99_999, date=NOON, destination="33639989999"))
    assert again(provider).outcome == "ok"
    assert stored() == truth(provider, AROUND)
    assert traits.known_bounds(URL) == WIDE
    provider.start_included, provider.end_included = False, True
    traits.remember_bounds(URL, Bounds())
    assert again(provider).outcome == "ok"
    assert traits.known_bounds(URL) == Bounds(start_included=False)


def test_where_no_row_shows_how_bounds_are_read_only_that_look_goes_the_wide_way(provider):
    """F38: the next one asks again."""
    again(provider)
    page = provider.page
    calls = []

    def blind(request):
        """Shows no row by its second until the run is under way."""
        calls.append(request)
        answer = page(request)
        is_witness = request.destination and len(calls) < 12
        return replace(answer, records=()) if is_witness else answer

    provider.page = blind
    provider.rows.append(record(message_id=99_999, date=NOON, destination="33639989999"))
    assert again(provider).outcome == "ok"
    assert stored() == truth(provider, AROUND)
    assert traits.known_bounds(URL) == Bounds()
    exactly = {(one.date_start, one.date_end) for one in calls[12:] if not one.destination}
    assert (NOON, NOON) in exactly


def changing(provider: ModelProvider, moment: int) -> None:
    """Bounds change once more, before the answer to the call of that number from now on."""
    page, calls = provider.page, provider.calls

    def change(request):
        if provider.calls == calls + moment:
            flip(provider)
        return page(request)

    provider.page = change  # type: ignore[method-assign]


AMID = 6
"""A call of the second run that comes after it asked whether bounds are still as known."""


def test_a_change_amid_a_run_is_said_and_asked_around_until_the_next_probe(provider):
    """F38."""
    again(provider)
    changing(provider, AMID)
    result = again(provider)
    assert (result.outcome, result.reason) == ("partial", BOUNDS_CHANGED)
    assert any(one.start <= NOON <= one.end for one in result.again)
    assert SyncRun.objects.latest("pk").reason == BOUNDS_CHANGED
    assert traits.known_bounds(URL) == WIDE


@pytest.mark.parametrize("moment", range(1, 14))
def test_bounds_that_change_before_a_run_and_back_amid_it_lose_and_flag_nothing(provider, moment):
    """F38, I3, I5: at the run's end they are as known, and yet what was read in between is wrong."""
    again(provider)
    flip(provider)
    changing(provider, moment)
    provider.rows.append(record(message_id=99_999, date=NOON, destination="33639989999"))
    again(provider)
    assert not Message.objects.exclude(gone_at=None).exists()
    assert missing(provider, AROUND) == []


@pytest.mark.parametrize("moment", range(1, 14))
def test_bounds_that_change_amid_a_run_lose_and_flag_nothing(provider, moment):
    """F38, I3, I5: what was read since they were last as known is not believed."""
    again(provider)
    changing(provider, moment)
    provider.rows.append(record(message_id=99_999, date=NOON, destination="33639989999"))
    again(provider)
    assert not Message.objects.exclude(gone_at=None).exists()
    assert again(provider).outcome == "ok"
    assert stored() == truth(provider, AROUND)
    assert missing(provider, AROUND) == []


def test_nothing_more_is_drawn_once_the_bounds_are_found_changed(provider):
    """F38: what of a window was not read is to be read again too, and the windows behind it."""
    sync(provider, AROUND)
    provider.moment += timedelta(minutes=10)
    changing(provider, AMID)
    week = Window(DAY - timedelta(days=5), DAY + timedelta(days=1))
    windows = iter([week, Window(DAY - timedelta(days=9), DAY - timedelta(days=7))])
    result = syncer(provider, at_once=1).run("sync", windows, whole=week)
    assert min(one.start for one in result.again) == week.start
    assert len(list(windows)) == 1


def test_a_worker_goes_on_after_a_change(provider):
    """F38, I10."""
    one = worker(provider)
    for _ in range(4):
        one.cycle()
    flip(provider)
    provider.moment += timedelta(hours=1)
    for _ in range(4):
        one.cycle()
    assert not Message.objects.exclude(gone_at=None).exists()
    assert found_differences(provider, AROUND) == []


@pytest.mark.parametrize("call", range(1, 5))
@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize("start_included", [True, False])
@pytest.mark.parametrize("end_included", [True, False])
def test_a_row_that_moves_during_a_probe_teaches_nothing_wrong(
    monkeypatch, call, step, start_included, end_included
):
    """F38, F43: at worst bounds are taken to be excluded, which is right however they are read."""
    provider = Timed([record(message_id=1, date=NOON)])
    provider.start_included, provider.end_included = start_included, end_included
    page = provider.page

    def moving(request):
        if provider.calls == call:
            provider.rows[0] = replace(provider.rows[0], date=NOON + step * SECOND)
        return page(request)

    monkeypatch.setattr(provider, "page", moving)
    found = traits.probe_bounds(provider, URL, AROUND.start, AROUND.end) or WIDE
    assert found.start_included <= start_included
    assert found.end_included <= end_included


def test_what_a_probe_found_counts_for_some_hours():
    """F38."""
    provider = Timed(crowd())
    assert traits.probe_bounds(provider, URL, AROUND.start, AROUND.end) == Bounds()
    assert traits.known_bounds(URL) == Bounds()
    ProviderTrait.objects.update(seen_at=timezone.now() - timedelta(hours=4))
    assert traits.known_bounds(URL) is None


def test_a_check_finds_what_a_wrong_reading_of_bounds_lost(provider):
    """F38: it does not believe what the archive was filled by."""
    again(provider)
    flip(provider)
    lost = Message.objects.filter(date=NOON).first()
    assert lost
    lost.delete()
    found = found_differences(provider, AROUND)
    assert [(one.kind, one.key) for one in found] == [("missing", f"sms_mt:{lost.message_id}")]


def test_a_check_says_that_bounds_changed_in_its_midst(provider):
    """F38."""
    again(provider)
    changing(provider, 12)
    found = list(compare(provider, URL, AROUND, NOW, Compared()))
    assert BOUNDS_CHANGED in [one.reason for one in found]
