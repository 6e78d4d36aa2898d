"""The arithmetic of coverage against sets of single seconds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from messages_app.archive.coverage import Fetched, compact, days, joined, overlay, without
from messages_app.archive.windows import Window

ZERO = datetime(2026, 3, 28, 23, 59, 30)
READ = datetime(2026, 4, 1, tzinfo=UTC)


def at(second: int) -> datetime:
    return ZERO + timedelta(seconds=second)


def window_of(pair: tuple[int, int]) -> Window:
    return Window(at(min(pair)), at(max(pair)))


pairs = st.tuples(st.integers(0, 60), st.integers(0, 60))
windows = pairs.map(window_of)
readings = st.builds(
    Fetched,
    windows,
    st.integers(0, 5).map(lambda n: READ + timedelta(seconds=40 * n)),
    st.booleans(),
)


def seconds(found: list[Window]) -> list[datetime]:
    return [w.start + timedelta(seconds=n) for w in found for n in range(w.seconds)]


@given(windows, st.lists(windows))
def test_what_is_left_are_exactly_the_other_seconds_in_order(window, holes):
    left = without(window, holes)
    assert seconds(left) == sorted(set(seconds([window])) - set(seconds(holes)))
    assert joined(left) == left, "never two neighbours"


@given(st.lists(windows))
def test_joining_loses_and_doubles_nothing(given_windows):
    found = joined(given_windows)
    assert seconds(found) == sorted(set(seconds(given_windows)))


def overlaid(readings: list[Fetched]) -> list[Fetched]:
    spans: list[Fetched] = []
    for reading in readings:
        spans = overlay(spans, reading)
    return spans


@given(st.lists(readings, max_size=8))
def test_every_second_belongs_to_its_newest_reading(given_readings):
    """I4 (coverage): an older reading never takes a newer one's place, whatever their order."""
    spans = overlaid(given_readings)
    covered = seconds([span.window for span in spans])
    assert covered == sorted(set(seconds([r.window for r in given_readings])))
    for span in spans:
        for second in seconds([span.window]):
            holders = [r for r in given_readings if r.window.start <= second <= r.window.end]
            assert span.fetched_at == max(r.fetched_at for r in holders)


@given(st.lists(readings, max_size=8))
def test_compacting_keeps_the_seconds_and_makes_none_younger_or_settled(given_readings):
    """I7: the age that is told is never less than the true one."""
    spans = overlaid(given_readings)
    fewer = compact(spans)
    assert seconds([s.window for s in fewer]) == seconds([s.window for s in spans])
    assert len(fewer) <= len(spans)
    for span in spans:
        (holder,) = [f for f in fewer if f.window.start <= span.window.start <= f.window.end]
        assert holder.fetched_at <= span.fetched_at
        assert holder.settled == span.settled


def test_neighbours_read_together_become_one_span():
    spans = [Fetched(Window(at(40), at(45)), READ), Fetched(Window(at(46), at(50)), READ)]
    assert compact(spans) == [Fetched(Window(at(40), at(50)), READ)]


@given(windows)
def test_days_cut_at_midnight_and_nowhere_else(window):
    found = list(days(window))
    assert seconds(found) == seconds([window])
    assert all(day.start.date() == day.end.date() for day in found)
    assert len({day.start.date() for day in found}) == len(found)
