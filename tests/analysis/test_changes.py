"""What changed beyond chance, against values from tables and counts made by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages_app.analysis.changes import (
    LEVEL,
    Pair,
    chance,
    changes,
    points,
    relative,
    two_proportions,
)
from messages_app.analysis.metrics import SMALL_SAMPLE, Tally, tally
from messages_app.analysis.query import MessageQuery
from messages_app.around import judged
from tests.factories import record

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))
YOUNG = datetime(2026, 11, 23, 11)


def of(delivered: int, failed: int = 0, silent: int = 0, young: int = 0) -> Tally:
    """Delivered, failed, without a receipt for long, and without one yet."""
    return tally(
        [
            *(record() for _ in range(delivered)),
            *(record(status="UNDELIVERED") for _ in range(failed)),
            *(record(status="SENT") for _ in range(silent)),
            *(record(status="SENT", date=YOUNG) for _ in range(young)),
        ],
        NOW,
    )


def risen(name: str, hits: int) -> Pair:
    """From 200 − hits of 200 to hits of 200: hits ÷ 100 − 1 apart, each 0.05 of it a deviation."""
    return Pair(name, of(hits, 200 - hits), of(200 - hits, hits))


@pytest.mark.parametrize(
    ("hits", "other", "expected"),
    [
        # s = 0.5 and the spread is √(0.25 × 0.01) = 0.05: so many deviations apart, from the table.
        (110, 90, 0.0455),  # 2
        (115, 85, 0.0027),  # 3
        (120, 80, 0.0000633),  # 4
    ],
)
def test_the_z_test_is_the_table_of_the_normal_curve(hits, other, expected):
    assert two_proportions(hits, 200, other, 200) == pytest.approx(expected, rel=1e-3)


def test_the_z_test_pools_unequal_samples():
    """s = 240 ÷ 300 = 0.8; √(0.16 × 0.015) = 0.04899; 0.3 ÷ 0.04899 = 6.124: p = 9.1e-10."""
    assert two_proportions(60, 100, 180, 200) == pytest.approx(9.14e-10, rel=1e-2)


@pytest.mark.parametrize(
    ("hits", "tries", "other", "other_tries", "expected"),
    [
        # C(10,3)·C(10,9) = 1,200; no likelier: 45, 1,200, 1,200, 45; of C(20,12) = 125,970.
        (3, 10, 9, 10, 2490 / 125_970),
        (7, 10, 1, 10, 2490 / 125_970),
        # The lady's tea: C(4,3)·C(4,1) = 16 of C(8,4) = 70, and 1 beyond, on both sides.
        (3, 4, 1, 4, 34 / 70),
        (4, 4, 0, 4, 2 / 70),
        # Sides of unlike length: C(5,0)·C(10,3) = 120, 225, 100 and C(5,3) = 10, of C(15,3) = 455.
        (3, 5, 0, 10, 10 / 455),
        (2, 5, 1, 10, 110 / 455),
        (0, 5, 3, 10, 230 / 455),
    ],
)
def test_few_are_judged_by_counting_tables(hits, tries, other, other_tries, expected):
    assert two_proportions(hits, tries, other, other_tries) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "numbers", [(0, 0, 0, 0), (0, 0, 5, 10), (5, 10, 0, 0), (0, 10, 0, 20), (10, 10, 20, 20)]
)
def test_of_nothing_and_of_equal_shares_nothing_is_told(numbers):
    assert two_proportions(*numbers) == 1.0


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_a_p_is_a_chance_and_the_same_from_both_sides(hits, missed, other, other_missed):
    tries, other_tries = hits + missed, other + other_missed
    p = two_proportions(hits, tries, other, other_tries)
    assert 0 <= p <= 1
    assert two_proportions(other, other_tries, hits, tries) == pytest.approx(
        p, rel=1e-6, abs=1e-300
    )
    misses = two_proportions(missed, tries, other_missed, other_tries)
    assert misses == pytest.approx(p, rel=1e-6, abs=1e-300)


def test_holm_stops_at_the_first_that_fails():
    """3.2, 2.8 and 2.6 deviations: 0.00137 × 3 passes, 0.00511 × 2 does not, 0.00932 × 1 would."""
    found = changes([risen("c", 113), risen("a", 116), risen("b", 114)])
    assert [one.pair.key for one in found] == ["a"]
    assert found[0].p == pytest.approx(0.00137, rel=1e-2)
    assert [one.pair.key for one in changes([risen("c", 113)])] == ["c"]


def test_holm_lets_the_second_have_one_fewer():
    """0.00137 × 2 and 0.00932 × 1 pass both."""
    found = changes([risen("c", 113), risen("a", 116)])
    assert [one.pair.key for one in found] == ["a", "c"]


def test_the_largest_change_comes_first_and_equals_by_name():
    found = changes([risen("b", 120), risen("d", 130), risen("a", 120)])
    assert [one.pair.key for one in found] == ["d", "a", "b"]
    assert found[0].points == pytest.approx(0.3)


@pytest.mark.parametrize(("now", "then"), [(29, 300), (300, 29)])
def test_small_samples_are_not_looked_at(now, then):
    pair = Pair("FR", of(0, now), of(then))
    assert not pair.is_looked_at
    assert changes([pair]) == []


def test_thirty_attempts_are_looked_at():
    assert Pair("FR", of(SMALL_SAMPLE), of(0, SMALL_SAMPLE)).is_looked_at
    assert len(changes([Pair("FR", of(SMALL_SAMPLE), of(0, SMALL_SAMPLE))])) == 1


def test_what_is_not_looked_at_makes_nobody_else_s_test_harder():
    """0.00511 alone passes; with one more it would have to be below 0.005."""
    assert len(changes([risen("b", 114), Pair("small", of(20), of(20))])) == 1
    assert changes([risen("b", 114), Pair("large", of(50, 50), of(50, 50))]) == []


@pytest.mark.parametrize(
    ("rate", "earlier", "expected"),
    [
        (60, (40, 90, 92), True),
        (40, (40, 90, 92), True),
        (39, (40, 90, 92), False),
        (93, (40, 90, 92), False),
        (60, (), False),
    ],
)
def test_what_lies_between_earlier_ranges_is_like_another(rate, earlier, expected):
    each = tuple(of(one, 100 - one) for one in earlier)
    assert Pair("FR", of(rate, 100 - rate), of(90, 10), each).is_like_another is expected


def test_an_earlier_range_of_few_attempts_is_no_witness():
    assert not Pair("FR", of(60, 40), of(90, 10), (of(0, 29), of(90, 10))).is_like_another


def test_what_is_like_another_is_not_named():
    now, then = of(60, 40), of(182, 18)
    assert len(changes([Pair("FR", now, then)])) == 1
    assert changes([Pair("FR", now, then, (of(40, 60), of(90, 10)))]) == []


def test_the_best_and_the_worst_of_the_weeks_are_left_out():
    """Of 40, 90, 92 and 95 of 100 the middle two are 182 of 200."""
    weeks = [{"FR": of(rate, 100 - rate)} for rate in (85, 95, 90, 92)]
    found = judged(MessageQuery(now=NOW), {"FR": of(60, 40)}, weeks)
    assert found.looked_at == 1
    (change,) = found.changes
    assert (change.pair.then.delivered, change.pair.then.attempted) == (182, 200)
    assert change.points == pytest.approx(0.60 - 0.91)


def test_of_two_ranges_the_other_counts_whole():
    found = judged(MessageQuery(now=NOW), {"FR": of(60, 40)}, [{"FR": of(90, 10)}])
    assert found.changes[0].pair.then.attempted == 100


def test_a_country_that_is_new_is_not_looked_at():
    found = judged(MessageQuery(now=NOW), {"FR": of(100), "BE": of(100)}, [{"FR": of(100)}])
    assert (found.looked_at, found.changes) == (1, ())


def test_a_fall_is_judged_by_the_better_of_two_tests_paid_for_twice():
    """Known 40 of 70 against 90 of 100; at best 70 of 100. The first says more."""
    now, then = of(40, 30, young=30), of(90, 10)
    known = two_proportions(40, 70, 90, 100)
    best = two_proportions(70, 100, 90, 100)
    assert known < best
    assert chance(now, then) == pytest.approx(2 * known)


def test_old_messages_without_a_receipt_make_a_fall_that_only_attempts_show():
    """Known are 70 of 70; of 100 attempts 70 arrived, and no receipt is to come."""
    p = chance(of(70, silent=30), of(90, 10))
    assert p == pytest.approx(2 * two_proportions(70, 100, 90, 100))
    assert p < LEVEL


def test_young_messages_alone_make_no_fall():
    assert chance(of(70, young=30), of(90, 10)) == 1.0


def test_a_rise_stands_only_against_the_best_of_what_settles_there():
    """80 of 100 before, and 15 that may still arrive: against 95 of 100 there is no rise."""
    assert chance(of(95, 5), of(80, 5, young=15)) == 1.0
    assert chance(of(95, 5), of(80, 20)) == pytest.approx(two_proportions(80, 100, 95, 100))


def test_without_a_rate_nothing_is_told():
    assert points(of(0), of(5)) is None
    assert chance(of(0), of(50)) == 1.0
    assert changes([Pair("FR", Tally(), Tally())]) == []


@pytest.mark.parametrize(
    ("now", "then", "expected"), [(150, 200, -0.25), (5, 0, None), (0, 5, -1.0), (1, -2, 1.5)]
)
def test_counts_change_by_their_share(now, then, expected):
    assert relative(now, then) == expected
