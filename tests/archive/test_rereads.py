"""Ranges that are read again by hand: planned among the rest, done whoever reads them, never undone."""

from datetime import UTC, datetime, timedelta

import pytest

from messages_app.archive import rereads
from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import Fetched
from messages_app.archive.plan import ASKED, Asked, forgotten_before, past_end, plan
from messages_app.archive.rereads import DONE, PARTIAL, STOPPED, NothingToRead
from messages_app.archive.tables import Reread
from messages_app.archive.windows import Window
from messages_app.models import Message, Quarantine, Span
from tests.archive.test_plan import read_all, reasons
from tests.archive.test_sync import DAY, NOW, PARIS, provider, syncer, work, worker
from tests.factories import record

__all__ = ["provider"]

pytestmark = pytest.mark.django_db

OLD = DAY - timedelta(days=40)
OLD_DAYS = Window(OLD, OLD + timedelta(days=2) - SECOND)


@pytest.fixture
def full(provider):
    """A provider whose rows a worker has read, all of them, ten minutes ago."""
    work(provider, worker(provider))
    Span.objects.filter(end__lt=DAY - timedelta(days=20)).update(settled=True)
    provider.moment += timedelta(minutes=10)
    return provider


def ask(provider, first=OLD, last=OLD + timedelta(days=1)) -> Reread:
    return rereads.ask(first, last, "administrator", provider.moment)


def share(reread: Reread) -> float:
    (found,) = [one.share for one in rereads.latest(10) if one.reread.pk == reread.pk]
    return found


def test_what_is_settled_is_read_again_when_it_is_asked_for(full):
    full.rows.append(record(message_id=66_666, date=OLD + timedelta(hours=30)))
    work(full, worker(full))
    assert not Message.objects.filter(message_id=66_666).exists(), "settled windows are left alone"
    made = ask(full)
    assert share(made) == 0
    work(full, worker(full))
    assert Message.objects.filter(message_id=66_666).exists()
    made.refresh_from_db()
    assert (made.outcome, share(made)) == (DONE, 1)
    assert made.rows >= 1
    assert made.calls >= 1


def test_until_it_is_read_again_what_is_held_stays_held(full):
    before = list(Span.objects.values_list("start", "end", "fetched_at"))
    ask(full)
    assert list(Span.objects.values_list("start", "end", "fetched_at")) == before


def test_several_workers_share_it_and_read_each_day_once(full):
    ask(full, OLD, OLD + timedelta(days=5))
    one, other = worker(full, days_at_once=1), worker(full, days_at_once=1)
    full.asked.clear()
    for _ in range(4):
        one.cycle()
        other.cycle()
    assert Reread.objects.get().outcome == DONE
    days = [r.date_start for r in full.asked if r.start == 0 and OLD - SECOND <= r.date_start < DAY]
    read = [moment for moment in days if moment.year > 2000 and moment < OLD + timedelta(days=7)]
    assert len(read) == len(set(read))


def test_whoever_reads_the_range_has_it_done(full):
    """A sync by hand, for one."""
    made = ask(full)
    assert syncer(full).run("sync", [OLD_DAYS], whole=OLD_DAYS).outcome == "ok"
    assert share(made) == 1
    rereads.close(forgotten_before(full.moment), full.moment)
    made.refresh_from_db()
    assert made.outcome == DONE


def test_it_is_cut_at_the_present_and_where_the_provider_s_memory_ends(db):
    made = rereads.ask(DAY - timedelta(days=400), DAY + timedelta(days=9), "a", NOW)
    assert (made.start, made.end) == (forgotten_before(NOW), past_end(NOW))
    for first, last in ((DAY + timedelta(days=5), DAY + timedelta(days=6)),
                        (DAY - timedelta(days=400), DAY - timedelta(days=300))):  # fmt: skip
        with pytest.raises(NothingToRead):
            rereads.ask(first, last, "a", NOW)


def test_what_the_provider_has_forgotten_keeps_none_open_for_ever(full):
    made = ask(full, forgotten_before(NOW), OLD)
    work(full, worker(full))
    made.refresh_from_db()
    assert (made.outcome, share(made)) == (DONE, 1)


def test_one_that_is_stopped_is_left_as_far_as_it_is(full):
    made = ask(full)
    assert rereads.stop(made.pk, full.moment)
    assert not rereads.stop(made.pk, full.moment)
    assert rereads.wanted() == []
    made.refresh_from_db()
    assert (made.outcome, share(made)) == (STOPPED, 0)


def test_the_same_range_once_more_begins_anew(full):
    first, second = ask(full), ask(full)
    assert [one.reread.pk for one in rereads.latest(5)] == [second.pk, first.pk]
    first.refresh_from_db()
    assert first.outcome == STOPPED


def test_what_cannot_be_read_is_tried_once_more_and_then_told(full):
    """F62: the rest is read all the same."""
    bad = record(message_id=66_666, date=OLD + timedelta(hours=30))
    near = [record(message_id=70_000 + n, date=OLD + timedelta(hours=n)) for n in range(48)]
    full.rows += [bad, *near]
    full.bad_keys = frozenset({bad.key})
    Quarantine.objects.create(
        start=bad.date, end=bad.date, reason="x", tries=30, seen_at=full.moment - timedelta(minutes=5)
    )  # fmt: skip
    made = ask(full)
    work(full, worker(full))
    made.refresh_from_db()
    assert made.outcome == PARTIAL
    assert 0.9 < share(made) < 1
    assert Quarantine.objects.filter(seen_at__gte=made.asked_at).exists(), "it was tried again"


def test_it_stands_behind_the_present_and_before_what_may_still_change():
    later = NOW + timedelta(hours=1)
    asked = [Asked(OLD_DAYS, later)]
    found = reasons(read_all(NOW), later, asked=asked)
    assert found.index("present") < found.index(ASKED) < found.index("unsettled")


def test_only_what_was_not_read_since_is_planned():
    since = NOW.astimezone(UTC)
    held = [
        Fetched(Window(OLD, OLD + timedelta(hours=12)), since + timedelta(minutes=1), settled=True),
        Fetched(Window(OLD + timedelta(hours=12, seconds=1), OLD_DAYS.end), since - SECOND, settled=True),
    ]  # fmt: skip
    works = [w for w in plan(held, NOW, asked=[Asked(OLD_DAYS, since)]) if w.reason == ASKED]
    assert [w.window.start for w in works] == [
        OLD + timedelta(days=1), OLD + timedelta(hours=12, seconds=1),
    ]  # fmt: skip


def test_old_ones_are_forgotten_and_those_under_way_are_not(db):
    long_ago = datetime(2026, 1, 1, tzinfo=PARIS)
    rereads.ask(datetime(2025, 12, 1), datetime(2025, 12, 2), "a", long_ago)
    kept = rereads.ask(datetime(2025, 12, 1), datetime(2025, 12, 2), "a", long_ago)
    rereads.forget_old(NOW)
    assert list(Reread.objects.all()) == [kept]
