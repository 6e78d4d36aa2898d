"""Spans of delays as addresses write them, and back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages_app.charts.rhythm import delay_groups
from messages_app.sms.delays import EDGES, MAX_DELAY, bin_of, bins_between, span_of

BINS = st.tuples(st.integers(0, len(EDGES) - 1), st.integers(1, len(EDGES))).filter(
    lambda ends: ends[0] < ends[1]
)


@given(BINS)
def test_bins_are_read_back_from_their_span(ends):
    assert bins_between(span_of(range(*ends))) == range(*ends)


@given(BINS, st.integers(0, 2 * MAX_DELAY))
def test_a_span_holds_the_seconds_between_its_bounds(ends, seconds):
    first, _dash, beyond = span_of(range(*ends)).partition("-")
    inside = int(first) <= seconds and (not beyond or seconds < int(beyond))
    assert (bin_of(seconds) in range(*ends)) is inside


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0-1", {0}), ("20-22", {20, 21}), ("60-63", {60, 61, 62}), ("4-6", {4, 5})],
)
def test_a_span_is_from_its_first_second_to_below_its_last(text, seconds):
    assert {s for s in range(100) if bin_of(s) in bins_between(text)} == seconds


def test_the_last_span_has_no_end():
    last = bins_between(f"{EDGES[-1]}-")
    assert list(last) == [len(EDGES) - 1]
    assert bin_of(10**9) in last


@given(st.text(max_size=20) | st.from_regex(r"\A[0-9+_ ]{0,6}-[0-9+_ ]{0,6}\Z"))
def test_any_text_is_a_span_or_refused(text):
    try:
        found = bins_between(text)
    except ValueError:
        return
    assert found
    assert span_of(found) == text


@pytest.mark.parametrize(
    "text",
    ["", "-", "20", "-20", "20-20", "60-20", "61-63", "60-62", "060-63", "+20-60", "20-60-", "2_0-60",
     "٢٠-60", "20 -60", "-1-5", "20.0-60", "9" * 5000 + "-"],
)  # fmt: skip
def test_what_is_no_span_is_refused(text):
    with pytest.raises(ValueError, match=r"no span of delays|no edge of a bin"):
        bins_between(text)


def test_the_bars_of_the_histogram_hold_every_bin_once():
    groups = list(delay_groups())
    assert (groups[0].start, groups[-1].stop) == (0, len(EDGES))
    assert all(one.stop == following.start for one, following in pairwise(groups))
