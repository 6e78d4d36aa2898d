"""Sync and worker against the model provider, in this process."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import enumerate as enumerate_threads
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, OperationalError

from messages_app.archive import keeping, looks, quarantine, searching, traits
from messages_app.archive import worker as worker_module
from messages_app.archive.checking import Compared, compare
from messages_app.archive.claims import claim
from messages_app.archive.keys import key_of
from messages_app.archive.plan import Policy, gaps, kept_for_sure, kept_from
from messages_app.archive.rollups import differences
from messages_app.archive.store import Failing, failing, is_filling, spans_in
from messages_app.archive.sync import StopRequested, Syncer, close_orphans
from messages_app.archive.windows import RANGE_IGNORED, UNREADABLE, Window
from messages_app.archive.worker import IDLE_SECONDS, Worker
from messages_app.models import Message, ProviderTrait, Quarantine, Span, SyncRun
from messages_app.provider import AuthenticationFault, NetworkFault, PageRequest
from tests.archive.model_provider import ModelProvider
from tests.factories import incoming, record

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 20, 15, tzinfo=PARIS)
DAY = datetime(2026, 11, 18)
WEEK = Window(DAY - timedelta(days=4), DAY + timedelta(days=2, hours=10))
URL = "https://api.example.org"

pytestmark = pytest.mark.django_db


class Timed(ModelProvider):
    """A model provider whose answers bear the test's time."""

    moment = NOW
    ahead: timedelta | None = None
    """How far our clock is ahead of the provider's; None where it does not tell its time."""

    def page(self, request: PageRequest):
        read = self.moment.astimezone(UTC)
        told = None if self.ahead is None else read - self.ahead
        return replace(super().page(request), fetched_at=read, answered_at=told)


def traffic(count: int = 1500) -> list:
    rows = [
        record(message_id=n, date=WEEK.start + timedelta(minutes=5 * n), country="FR")
        for n in range(count)
    ]
    return [*rows, incoming(message_id=3, date=DAY, message="STOP")]


@pytest.fixture
def provider() -> Timed:
    return Timed(traffic())


def syncer(provider, owner: str = "a", **options) -> Syncer:
    edge = options.pop("edge", kept_from(NOW))
    return Syncer(provider, URL, owner, lambda: provider.moment, edge, **options)


def sync(provider, *windows: Window, **options):
    return syncer(provider, **options).run("sync", windows or [WEEK], whole=WEEK)


def truth(provider, window: Window = WEEK) -> set[int]:
    return {key_of(r.type, r.message_id) for r in provider.rows if window.holds(r)}


def stored() -> set[int]:
    return set(Message.objects.values_list("key", flat=True))


def missing(provider, window: Window = WEEK) -> list[Window]:
    return gaps(window, spans_in(window), provider.moment)


def found_differences(provider, window: Window = WEEK) -> list:
    return list(compare(provider, URL, window, provider.moment, Compared()))


def test_a_range_is_stored_whole_covered_and_equal_to_the_provider(provider):
    """I1, I2, I3, I6."""
    result = sync(provider)
    assert result.outcome == "ok"
    assert stored() == truth(provider)
    assert missing(provider) == []
    assert found_differences(provider) == []
    assert list(differences()) == []
    run = SyncRun.objects.get()
    assert (run.outcome, run.rows, run.calls) == ("ok", len(stored()), result.counts.calls)
    assert run.ended_at


def test_a_second_sync_changes_nothing(provider):
    """I10."""
    sync(provider)
    before = list(Message.objects.order_by("key").values())
    sync(provider)
    assert list(Message.objects.order_by("key").values()) == before


def test_what_changed_at_the_provider_is_found_and_then_synced(provider):
    """The check names each kind of difference, and the sync ends them all."""
    sync(provider)
    provider.moment += timedelta(minutes=10)
    del provider.rows[10]
    provider.rows[20] = replace(provider.rows[20], status="UNDELIVERED")
    provider.rows.append(record(message_id=9999, date=DAY))
    kinds = {d.kind: d for d in found_differences(provider)}
    assert set(kinds) == {"extra", "differs", "missing"}
    assert kinds["differs"].fields == ("status", "state", "delay_bin")
    assert kinds["missing"].key == "sms_mt:9999"
    assert sync(provider).counts.missed == 1
    assert found_differences(provider) == []
    assert list(differences()) == []


def test_the_days_of_others_are_left_to_them(provider):
    """I9, F63."""
    theirs = claim(Window(DAY, DAY), "b")
    assert theirs
    result = sync(provider)
    assert [w.start for w in result.busy] == [DAY]
    assert result.outcome == "partial"
    assert missing(provider) == [Window(DAY, DAY + timedelta(days=1, seconds=-1))]


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_day_of_two_windows_is_claimed_once(provider, at_once):
    """I9: a run takes no day from itself."""
    noon = DAY + timedelta(hours=12)
    past = Window(DAY - timedelta(days=1), noon)
    ahead = Window(noon + timedelta(seconds=1), WEEK.end)
    result = sync(provider, past, ahead, at_once=at_once, stride=40)
    assert (result.outcome, result.lost) == ("ok", 0)
    assert missing(provider, Window(past.start, ahead.end)) == []


def test_the_first_cycle_of_the_only_worker_takes_no_day_from_itself(provider):
    one = worker(provider)
    for _ in range(3):
        one.cycle()
    assert set(SyncRun.objects.values_list("outcome", flat=True)) == {"ok"}


def test_all_claims_are_given_back(provider):
    sync(provider)
    assert all(claim(Window(day := DAY + timedelta(days=n), day), "b") for n in range(-4, 3))


def test_an_error_keeps_what_was_proven_and_gives_the_days_back(provider):
    """I6, I10, F1."""
    page = provider.page

    def fail_later(request):
        if provider.calls >= 9:
            raise NetworkFault("refused")
        return page(request)

    provider.page = fail_later
    result = sync(provider)
    run = SyncRun.objects.get()
    assert (result.outcome, run.outcome, run.reason) == ("failed", "failed", "network")
    assert 0 < len(stored()) < len(truth(provider))
    covered = [Window(s.start, s.end) for s in Span.objects.all()]
    assert covered
    assert stored() >= set().union(*(truth(provider, w) for w in covered))
    provider.page = page
    assert sync(provider, owner="b").outcome == "ok"
    assert stored() == truth(provider)


def test_a_bad_row_keeps_its_window_unproven_and_the_others_whole(provider):
    """F25: the others are stored, it is noted with its id and reason."""
    bad = provider.rows[700]
    provider.bad_keys = frozenset({bad.key})
    result = sync(provider)
    assert result.outcome == "partial"
    assert {one.reason for one in result.unproven} == {UNREADABLE}
    assert stored() == truth(provider) - {key_of(bad.type, bad.message_id)}
    entry = Quarantine.objects.get()
    assert (entry.message_id, entry.reason) == (str(bad.message_id), "date missing")
    assert any(w.holds(bad) for w in missing(provider))
    provider.bad_keys = frozenset()
    provider.moment += timedelta(minutes=10)
    assert sync(provider).outcome == "ok"
    assert not Quarantine.objects.exists()


def test_a_row_that_cannot_be_stored_is_alone_left_out(provider, monkeypatch):
    """F62: poison is found by storing its window's rows one by one."""
    poison = provider.rows[700]
    row_of = keeping.row_of

    def refuse(one, *rest):
        if one.key == poison.key:
            raise DataError("no such value")
        return row_of(one, *rest)

    monkeypatch.setattr(keeping, "row_of", refuse)
    result = sync(provider)
    assert result.outcome == "partial"
    assert stored() == truth(provider) - {key_of(poison.type, poison.message_id)}
    entry = Quarantine.objects.get(message_id=str(poison.message_id))
    assert entry.reason == "DataError"
    assert any(w.holds(poison) for w in missing(provider))
    monkeypatch.undo()
    assert sync(provider).outcome == "ok"
    assert stored() == truth(provider)


def test_a_database_that_fails_is_no_row_s_fault(provider, monkeypatch):
    """F58, F62: nothing is quarantined and the run says so."""

    def gone(*_args, **_options):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(quarantine, "keep", gone)
    with pytest.raises(OperationalError):
        sync(provider)
    assert not Quarantine.objects.exists()
    run = SyncRun.objects.get()
    assert (run.outcome, run.reason) == ("failed", "database_gone")


def test_quarantined_windows_wait_longer_each_time():
    moment = NOW.astimezone(UTC)
    Quarantine.objects.create(start=DAY, end=DAY, reason="x", tries=1, seen_at=moment)
    assert quarantine.barred(moment + timedelta(seconds=50)) == [Window(DAY, DAY)]
    assert quarantine.barred(moment + timedelta(seconds=70)) == []
    Quarantine.objects.update(tries=30)
    assert quarantine.barred(moment + timedelta(hours=5))
    assert not quarantine.barred(moment + timedelta(hours=7))


def test_bounds_that_turn_out_wrong_are_found_out_anew(provider):
    """F38."""
    sync(provider)
    assert ProviderTrait.objects.exists()
    provider.ignores_bounds = True
    result = sync(provider, Window(DAY, DAY + timedelta(hours=1)))
    assert {one.reason for one in result.unproven} == {RANGE_IGNORED}
    assert not ProviderTrait.objects.exists()


def test_past_the_provider_s_memory_nothing_is_flagged_or_covered(provider):
    """I5: a window past its retention is kept as it was last seen."""
    sync(provider)
    spans = list(Span.objects.order_by("start").values_list("start", "end"))
    provider.rows.clear()
    provider.moment += timedelta(days=200)
    sync(provider, edge=kept_from(provider.moment))
    assert not Message.objects.exclude(gone_at=None).exists()
    assert list(Span.objects.order_by("start").values_list("start", "end")) == spans


def test_what_the_provider_forgot_is_no_difference(provider):
    """I5: rows past its memory are the archive's alone; younger ones that it lacks are told."""
    sync(provider)
    provider.moment += timedelta(days=184)
    provider.rows = [row for row in provider.rows if row.date >= DAY]
    counts = Compared()
    assert list(compare(provider, URL, WEEK, provider.moment, counts)) == []
    assert counts.gone == Message.objects.filter(date__lt=DAY).count() > 0
    provider.moment -= timedelta(days=60)
    del provider.rows[5]
    found = compare(provider, URL, WEEK, provider.moment, Compared())
    assert [one.kind for one in found] == ["extra"]


def test_what_the_provider_shows_beyond_its_word_is_known(provider):
    found = traits.memory(provider, WEEK.end)
    assert found
    assert (found.oldest, found.rows) == (WEEK.start, len(provider.rows))
    assert round(found.rows_a_day(WEEK.start + timedelta(days=3))) == len(provider.rows) // 3
    assert traits.memory(ModelProvider([]), WEEK.end) is None


@pytest.mark.parametrize(
    "ahead", [timedelta(minutes=61), timedelta(minutes=-2), timedelta(days=400)]
)
def test_nothing_is_kept_while_our_clock_is_wrong(provider, ahead):
    """F49: what is to come by the provider's clock would be covered as past by ours."""
    provider.ahead = ahead
    result = sync(provider)
    assert (result.outcome, result.reason) == ("failed", "clock")
    assert not Message.objects.exists()
    assert not Span.objects.exists()
    provider.ahead = timedelta(0)
    assert sync(provider).outcome == "ok"
    assert stored() == truth(provider)


def test_a_clock_that_jumps_in_the_middle_ends_the_run(provider):
    """F49: what was read before stays, right as it was."""
    page, provider.ahead = provider.page, timedelta(0)

    def jumping(request):
        if provider.calls == 12:
            provider.moment += timedelta(hours=1)
            provider.ahead = timedelta(hours=1)
        return page(request)

    provider.page = jumping
    result = sync(provider, at_once=1)
    assert result.reason == "clock"
    assert 0 < result.counts.rows < len(provider.rows)
    assert all(span.fetched_at == NOW for span in Span.objects.all())


@pytest.mark.parametrize("ahead", [timedelta(seconds=50), timedelta(seconds=-50)])
def test_clocks_that_differ_a_little_are_right(provider, ahead):
    provider.ahead = ahead
    assert sync(provider).outcome == "ok"


def test_a_slow_answer_is_not_taken_for_a_wrong_clock(provider):
    """F49: it may be dated when it was begun or when it was sent."""
    page = provider.page
    provider.ahead = timedelta(seconds=-80)
    provider.page = lambda request: replace(page(request), seconds=29.0)
    assert sync(provider).outcome == "ok"


def test_a_stop_ends_the_run_in_the_middle(provider):
    calls = 0

    def stop_soon() -> None:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise StopRequested

    with pytest.raises(StopRequested):
        sync(provider, check=stop_soon, at_once=1)
    run = SyncRun.objects.get()
    assert (run.outcome, run.reason) == ("partial", "stopped")
    assert failing(NOW) is None, "a restart is no trouble"
    assert not is_filling(NOW), "nobody goes on"
    assert claim(Window(DAY, DAY), "b"), "given back"
    assert not [one for one in enumerate_threads() if one.name.startswith("window")]


def test_a_killed_run_gets_its_outcome_from_the_next():
    """I6, F53."""
    began = NOW - timedelta(minutes=5)
    SyncRun.objects.create(kind="x", owner="dead", start=DAY, end=DAY, began_at=began)
    SyncRun.objects.create(kind="x", owner="alive", start=DAY, end=DAY, began_at=began)
    assert close_orphans(lambda owner: owner == "alive", NOW) == 1
    assert SyncRun.objects.get(owner="dead").reason == "killed"
    assert SyncRun.objects.get(owner="alive").outcome == ""


def worker(provider, **options) -> Worker:
    options.setdefault("stopped", lambda: False)
    return Worker(provider, URL, lambda: provider.moment, sleep=lambda _s: None, **options)


def work(provider, one: Worker, cycles: int = 30) -> None:
    for _ in range(cycles):
        if one.cycle() == IDLE_SECONDS:
            return
    raise AssertionError("the worker never came to rest")


EVERYTHING = Window(kept_from(NOW), WEEK.end + timedelta(days=20))


def test_a_worker_fills_the_archive_and_then_rests(provider):
    """I1, I3: the whole of what the provider keeps, and what is planned."""
    provider.rows.append(record(message_id=77_777, date=DAY + timedelta(days=9), status="WAITING"))
    work(provider, worker(provider))
    assert stored() == truth(provider, EVERYTHING)
    assert missing(provider, EVERYTHING) == []
    assert found_differences(provider, EVERYTHING) == []


def test_a_worker_s_text_index_keeps_up_with_a_fill(provider, monkeypatch):
    monkeypatch.setattr(worker_module, "INDEXED_AT_ONCE", 100)
    one = worker(provider)
    for _ in range(3):
        one.cycle()
    assert Message.objects.count() == len(provider.rows)
    assert searching.index_new() == 0, "nothing waits"


def test_a_worker_follows_the_present(provider):
    one = worker(provider)
    work(provider, one)
    provider.moment += timedelta(minutes=3)
    provider.rows.append(record(message_id=88_888, date=NOW.replace(tzinfo=None)))
    calls = provider.calls
    work(provider, one)
    assert key_of("sms_mt", 88_888) in stored()
    assert provider.calls - calls <= 2, "only the present was read again"


def test_a_worker_heals_what_comes_late_and_what_goes(provider):
    """F41, F42, F43, F44."""
    one = worker(provider)
    work(provider, one)
    provider.moment += timedelta(hours=1)
    provider.rows.append(record(message_id=66_666, date=DAY + timedelta(hours=3)))
    gone = provider.rows.pop(1400)
    provider.rows[1300] = replace(
        provider.rows[1300], date=provider.rows[1300].date + timedelta(hours=2)
    )
    provider.rows[1350] = replace(provider.rows[1350], status="SENT", dlr_date=None)
    work(provider, one)
    assert found_differences(provider, EVERYTHING) == []
    assert Message.objects.get(key=key_of("sms_mt", gone.message_id)).gone_at
    assert list(differences()) == []


def test_a_worker_reads_first_what_somebody_looks_at(provider):
    old = Window(DAY - timedelta(days=60), DAY - timedelta(days=59))
    looks.note(old, NOW)
    ProviderTrait.objects.create(api_url=URL, name="bounds", value="included,included")
    asked: list[datetime] = []
    page = provider.page

    def noting(request):
        asked.append(request.date_start)
        return page(request)

    provider.page = noting
    worker(provider, at_once=1).cycle()
    days = [moment for moment in asked if moment.year > 2000]
    assert days[0] <= old.end
    assert max(days) > old.end


def test_a_look_counts_its_calls_and_can_be_stopped(provider):
    progress = looks.note(WEEK, NOW)
    assert (progress.calls, progress.rows, progress.is_stopped) == (0, 0, False)
    worker(provider).cycle()
    assert looks.note(WEEK, NOW).calls > 0
    looks.stop(WEEK, NOW)
    assert looks.recent(NOW) == []
    assert looks.note(WEEK, NOW).is_stopped


FAILURES = [
    (AuthenticationFault("Token invalide"), AuthenticationFault.sentence),
    (NetworkFault("refused"), NetworkFault.sentence),
]


@pytest.mark.parametrize(("error", "sentence"), FAILURES, ids=["token", "network"])
def test_a_worker_says_once_what_is_wrong_backs_off_and_heals(provider, error, sentence, caplog):
    """F1, F16, F68: it loses nothing and asks ever less often."""
    page, one = provider.page, worker(provider)

    def fail(_request):
        raise error

    provider.page = fail
    pauses = [one.cycle() for _ in range(9)]
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 300
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [sentence]
    provider.page = page
    work(provider, one)
    assert found_differences(provider, EVERYTHING) == []


@pytest.mark.parametrize(("error", "_sentence"), FAILURES, ids=["token", "network"])
def test_it_stands_in_the_ledger_since_when_a_worker_fails_for_as_long_as_it_does(
    provider, error, _sentence
):
    """F1, F16, F68: from its very first call on, and days after the memory was last asked for."""
    page, one = provider.page, worker(provider)

    def fail(_request):
        raise error

    provider.page, began = fail, provider.moment
    for _ in range(3):
        for _ in range(3):
            one.cycle()
            assert failing(provider.moment) == Failing(began, error.kind)
        provider.moment += timedelta(days=1)
        one._due = float("-inf")
    provider.page = page
    one.cycle()
    assert failing(provider.moment) is None
    provider.page = fail
    provider.moment += timedelta(hours=9)
    one._due, again = float("-inf"), provider.moment
    for _ in range(3):
        one.cycle()
        provider.moment += timedelta(hours=1)
    assert failing(provider.moment) == Failing(again, error.kind)


def test_what_began_long_ago_is_told_after_the_ledger_is_tidied(provider):
    """F68: the first of the runs that failed tells since when, however old it is."""
    page, one = provider.page, worker(provider)

    def fail(_request):
        raise NetworkFault("refused")

    one.cycle()
    provider.page, provider.moment = fail, provider.moment + timedelta(minutes=5)
    began = provider.moment
    for _ in range(3):
        one.cycle()
        provider.moment += timedelta(days=25)
    one.cycle()
    found = failing(provider.moment)
    assert found
    assert found.since == began
    provider.page = page
    one.cycle()
    assert failing(provider.moment) is None
    assert not SyncRun.objects.filter(ended_at__lt=provider.moment - timedelta(days=40)).exists()


def test_where_the_memory_cannot_be_asked_what_it_surely_holds_is_read(provider):
    """F1: older rows could be missed that are only forgotten; that it fails stands in the ledger."""
    page = provider.page

    def forgetful(request):
        if request.date_start == traits.LONG_AGO:
            raise NetworkFault("too slow")
        return page(request)

    provider.page = forgetful
    one = worker(provider)
    for _ in range(5):
        one.cycle()
    assert failing(provider.moment)
    provider.page = page
    now = provider.moment.replace(tzinfo=None)
    assert found_differences(provider, Window(kept_for_sure(provider.moment), now)) == []
    one._due = float("-inf")
    work(provider, one)
    assert found_differences(provider, EVERYTHING) == []


def test_a_stop_in_the_middle_of_many_windows_ends_the_run_within_a_few_calls(provider):
    """F54: what was drawn before the stop would take hundreds of calls more."""
    provider.cap = 10
    stop_at = provider.calls + 8
    one = worker(provider, stopped=lambda: provider.calls >= stop_at, at_once=1, days_at_once=31)
    one.run()
    assert provider.calls <= stop_at + 3
    assert not SyncRun.objects.filter(ended_at=None).exists()
    assert claim(Window(DAY, DAY), "b"), "given back"


def test_a_worker_that_is_told_to_stop_ends(provider):
    """F54."""
    count = 0

    def stopped() -> bool:
        nonlocal count
        count += 1
        return count > 10

    worker(provider, stopped=stopped).run()
    assert not SyncRun.objects.filter(ended_at=None).exists()
    assert claim(Window(DAY, DAY), "b")


def test_two_workers_share_the_days(provider):
    """I9, F65: one works in the middle of the other's run, on the same archive."""
    other = worker(provider)
    turns = {"taken": 0}

    def take_a_turn() -> bool:
        if provider.calls > 12 and not turns["taken"]:
            turns["taken"] = 1
            other.cycle()
        return False

    one = worker(provider, stopped=take_a_turn, at_once=1)
    work(provider, one)
    assert turns["taken"]
    assert missing(provider, EVERYTHING) == []
    assert found_differences(provider, EVERYTHING) == []
    assert list(differences()) == []


def test_reconciliation_keeps_to_its_budget_of_calls(provider):
    one = worker(provider, policy=replace(Policy(), reconcile_calls=3), days_at_once=1)
    work(provider, one)
    old = Span.objects.filter(end__lt=DAY - timedelta(days=60))
    assert old.update(settled=True, fetched_at=NOW - timedelta(days=40))
    calls = provider.calls
    work(provider, one)
    # What was drawn ahead is read, and the provider's memory asked for before it is kept.
    assert 3 <= provider.calls - calls <= 3 + 4 * one.at_once
    calls = provider.calls
    work(provider, one)
    assert provider.calls == calls
