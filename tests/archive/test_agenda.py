"""What cannot wait does not: looks and the present go past a back-fill, and a stop stops."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from messages_app.archive import agenda, looks, sync, windows
from messages_app.archive import worker as worker_module
from messages_app.archive.agenda import POLL
from messages_app.archive.coverage import overlap
from messages_app.archive.windows import Window
from messages_app.archive.worker import Worker
from messages_app.models import Look, Span, SyncRun
from tests.archive.test_sync import DAY, NOW, Timed, syncer, worker
from tests.factories import record

pytestmark = pytest.mark.django_db

PAGE = 20
CALL_SECONDS = 0.05
SOON = 2.0
OLD = Window(DAY - timedelta(days=43), DAY - timedelta(days=42, seconds=1))


class Slow(Timed):
    """Every call takes its time, on one clock for provider and archive. Notes what it was asked."""

    seconds: float = CALL_SECONDS
    slept: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.log: list[tuple[float, Window]] = []

    @property
    def time(self) -> float:
        return self.calls * self.seconds + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.moment = NOW + timedelta(seconds=self.time)

    def page(self, request):
        self.moment = NOW + timedelta(seconds=self.time)
        self.log.append((self.time, Window(request.date_start, request.date_end)))
        return super().page(request)

    def asked_in(self, window: Window, *, most: timedelta = timedelta(days=40)) -> list[float]:
        """When something within a window was asked for."""
        return [at for at, asked in self.log
                if overlap(asked, window) and asked.end - asked.start < most]  # fmt: skip


@pytest.fixture
def provider(monkeypatch) -> Slow:
    """Six weeks of some traffic in small pages: hundreds of calls."""
    rows = [
        record(message_id=n, date=DAY - timedelta(minutes=30 * n), destination=f"3363998{n:04}")
        for n in range(45 * 48)
    ]
    made = Slow(rows)
    for module in (agenda, sync, worker_module):
        monkeypatch.setattr(module, "monotonic", lambda: made.time)
    monkeypatch.setattr(windows, "PAGE_LENGTH", PAGE)
    monkeypatch.setattr(windows, "GOAL_ROWS", PAGE * 7 // 10)
    return made


def at_work(provider: Slow, happens: Callable[[], bool], **options) -> Worker:
    """A worker of one call at a time that draws long windows; `happens` is asked between outcomes,
    and ends it by True."""
    one = worker(provider, stopped=happens, at_once=1, days_at_once=31, **options)
    one.sleep = provider.sleep
    return one


def once(provider: Slow, calls: int, what: Callable[[], object]) -> Callable[[], bool]:
    """Do something when so many calls were made."""
    done: list[object] = []

    def happens() -> bool:
        if provider.calls >= calls and not done:
            done.append(what())
        return False

    return happens


def test_who_looks_at_a_missing_range_waits_no_longer_than_two_seconds(provider):
    """F65: not for the end of the cycle, nor for what was drawn before."""
    noted: list[float] = []

    def look() -> None:
        looks.note(OLD, provider.moment)
        noted.append(provider.time)

    at_work(provider, once(provider, 60, look)).cycle()
    assert noted
    first = min(at for at in provider.asked_in(OLD) if at >= noted[0])
    assert first - noted[0] <= SOON


def test_what_is_read_is_stored_within_seconds(provider):
    """F65: not only when all that was drawn with it is read."""
    provider.seconds = 0.5
    month = Window(DAY - timedelta(days=30), DAY)
    kept = [0.0]
    reading = syncer(provider, at_once=1, stride=40, on_kept=lambda _: kept.append(provider.time))
    reading.run("sync", [month], whole=month)
    assert provider.time > 50
    assert max(b - a for a, b in pairwise(kept)) <= 2 * sync.BATCH_SECONDS


def test_who_looks_waits_for_no_other_who_looks(provider):
    """One whose range takes hundreds of calls does not keep another waiting."""
    long = Window(DAY - timedelta(days=40), DAY)
    looks.note(long, NOW)
    noted: list[float] = []

    def look() -> None:
        looks.note(OLD, provider.moment)
        noted.append(provider.time)

    at_work(provider, once(provider, 60, look)).cycle()
    first = min(at for at in provider.asked_in(OLD) if at >= noted[0])
    assert first - noted[0] <= SOON


@pytest.mark.parametrize(("is_looked_at", "longest"), [(True, 75.0), (False, 150.0)])
def test_the_present_is_read_in_time_beside_a_back_fill(provider, is_looked_at, longest):
    """F65: however long what was drawn takes."""
    provider.seconds = 1.0
    now = NOW.replace(tzinfo=None)

    def look() -> bool:
        if is_looked_at:
            looks.note(Window(now - timedelta(hours=2), now), provider.moment)
        return provider.time > 5 * longest

    one = at_work(provider, look)
    one.run()
    assert provider.time > 4 * longest
    present = Window(now - timedelta(minutes=5), now)
    times = [0.0, *provider.asked_in(present, most=timedelta(days=3)), provider.time]
    assert max(b - a for a, b in pairwise(times)) <= longest


def test_a_back_fill_goes_on_beside_what_somebody_looks_at(provider):
    """F65: and the cycle ends."""
    one = at_work(provider, once(provider, 60, lambda: looks.note(OLD, provider.moment)))
    for _ in range(8):
        one.cycle()
    assert provider.asked_in(Window(DAY - timedelta(days=44), DAY - timedelta(days=43)))
    assert set(SyncRun.objects.values_list("outcome", flat=True)) == {"ok"}


def test_the_calls_of_a_look_are_those_since_it_began(provider):
    """What was read before somebody looked is none of theirs."""
    one = at_work(provider, lambda: False)
    one.cycle()
    before = provider.calls
    assert before > 50
    Span.objects.all().delete()
    looks.note(OLD, provider.moment)
    one.cycle()
    assert 0 < looks.note(OLD, provider.moment).calls <= provider.calls - before


def test_the_calls_of_a_look_amid_a_run_are_those_since_then(provider, monkeypatch):
    monkeypatch.setattr(sync, "BATCH_ROWS", PAGE)
    began: list[int] = []

    def look() -> None:
        began.append(provider.calls)
        looks.note(OLD, provider.moment)

    at_work(provider, once(provider, 60, look)).cycle()
    told = looks.note(OLD, provider.moment).calls
    assert 0 < told <= provider.calls - began[0] + 10


def stopped_amid(provider: Slow) -> tuple[Worker, float]:
    """A worker fills a range that somebody looks at, and stops then."""
    whole = Window(DAY - timedelta(days=40), DAY)
    looks.note(whole, NOW)
    at: list[float] = []

    def stop() -> None:
        looks.stop(whole, provider.moment)
        at.append(provider.time)

    one = at_work(provider, once(provider, 60, stop))
    one.cycle()
    return one, at[0]


def test_a_stop_ends_what_was_drawn_and_keeps_what_was_proven(provider):
    _one, at = stopped_amid(provider)
    assert provider.time - at <= SOON + POLL
    run = SyncRun.objects.latest("pk")
    assert (run.outcome, run.reason) == ("partial", "not wanted any more")
    assert run.rows > 0


def test_after_a_stop_other_work_goes_on_and_the_range_waits(provider):
    one, _at = stopped_amid(provider)
    middle = Window(DAY - timedelta(days=35), DAY - timedelta(days=20))
    calls, asked = provider.calls, len(provider.asked_in(middle))
    for _ in range(6):
        one.cycle()
    assert provider.calls > calls
    assert len(provider.asked_in(middle)) == asked
    assert provider.asked_in(Window(DAY - timedelta(days=44), DAY - timedelta(days=43)))


@pytest.mark.parametrize("how", ["resumed", "left"])
def test_a_range_is_filled_again_once_it_is_resumed_or_left(provider, how):
    one, _at = stopped_amid(provider)
    if how == "resumed":
        looks.resume(Window(DAY - timedelta(days=40), DAY))
    else:
        Look.objects.update(seen_at=provider.moment - timedelta(minutes=4))
    middle = Window(DAY - timedelta(days=35), DAY - timedelta(days=20))
    asked = len(provider.asked_in(middle))
    for _ in range(6):
        one.cycle()
    assert len(provider.asked_in(middle)) > asked
