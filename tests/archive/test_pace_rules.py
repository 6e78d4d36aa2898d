"""The rules by which places and turns are shared out, without processes."""

from dataclasses import replace
from random import Random

import pytest

from messages_app.archive.pace_rules import ROTATION, Share, places_for, turns_for
from tests.campaign import rounds


def worker(owner: str, wants: int, places: int = 0) -> Share:
    return Share(owner, False, places, wants)


def page(owner: str, wants: int, places: int = 0) -> Share:
    return Share(owner, True, places, wants)


def settled(shares: list[Share], places: int, now: int = 0) -> list[int]:
    """What each holds once all have asked a few times, with calls that end in between."""
    for _ in range(3):
        for at, me in enumerate(shares):
            others = shares[:at] + shares[at + 1 :]
            shares[at] = replace(me, places=places_for(me, others, places, now))
    return [share.places for share in shares]


@pytest.mark.parametrize(
    ("shares", "places", "held"),
    [
        ([worker("a", 4)], 4, [3]),
        ([worker("a", 4)], 1, [1]),
        ([worker("a", 1), worker("b", 4)], 4, [1, 2]),
        ([worker("a", 2, 2), worker("b", 4), worker("c", 4)], 7, [2, 2, 2]),
        ([page("p", 4)], 4, [4]),
        ([page("p", 1), worker("a", 4)], 4, [1, 3]),
        ([page("p", 2), worker("a", 4, 3)], 4, [2, 2]),
        ([page("p", 9), worker("a", 4, 3)], 4, [3, 1]),
        ([page("p", 1), worker("a", 4, 1)], 1, [1, 0]),
        ([page("p", 9), page("q", 9), worker("a", 0)], 4, [2, 2, 0]),
        ([page("p", 0), worker("a", 0)], 4, [0, 0]),
    ],
)
def test_places_go_to_pages_first_and_leave_one_to_each_kind(shares, places, held):
    assert settled(shares, places) == held


def test_whoever_is_short_is_so_for_a_while_only():
    """Five workers and three places: within five turns of the rotation each had one."""
    served: set[str] = set()
    for turn in range(5):
        shares = [worker(name, 1) for name in "abcde"]
        held = settled(shares, 4, turn * ROTATION)
        assert sum(held) == 3
        served.update(name for name, places in zip("abcde", held, strict=True) if places)
    assert served == set("abcde")


@pytest.mark.parametrize("seed", range(rounds(sample=40, full=2000)))
def test_no_order_of_asking_gives_out_more_than_there_is(seed):
    random = Random(seed)
    places = random.choice([1, 2, 4, 8, 64])
    shares = [Share(name, random.random() < 0.5, 0, 0) for name in "abcdef"]
    now = 0
    for _ in range(200):
        now += random.randrange(ROTATION)
        at = random.randrange(len(shares))
        me = replace(shares[at], wants=random.choice([0, 1, 3, 10, 100]))
        shares[at] = replace(
            me, places=places_for(me, [*shares[:at], *shares[at + 1 :]], places, now)
        )
        assert 0 <= shares[at].places <= me.wants
        assert sum(share.places for share in shares) <= places
        of_workers = sum(share.places for share in shares if not share.for_pages)
        assert of_workers <= max(1, places - 1)


def turns(wants: int, **given: int):
    plain = {"next_at": 0, "held_until": 0, "now": 1_000_000, "gap": 100_000, "ahead": 400_000}
    return turns_for(wants, **{**plain, **given})


def test_turns_follow_each_other_and_begin_now():
    assert turns(3).times == [1_000_000, 1_100_000, 1_200_000]
    assert turns(3).next_at == 1_300_000


def test_turns_begin_behind_those_that_are_taken():
    assert turns(1, next_at=1_250_000).times == [1_250_000]


def test_turns_reach_no_further_than_allowed():
    assert turns(99).count == 5
    assert turns(1, next_at=1_400_001).count == 0
    assert turns(1, next_at=1_400_001, ahead=2_000_000).count == 1


def test_no_turn_lies_in_the_quiet_time():
    assert turns(9, held_until=9_000_000).count == 0
    assert turns(1, held_until=1_300_000).times == [1_300_000]


def test_a_clock_that_was_put_back_keeps_nobody_waiting_for_long():
    asked = turns(1, next_at=99_000_000, ahead=2_000_000)
    assert asked.first <= 1_000_000 + 2_000_000 + 100_000


def test_nothing_is_given_where_nothing_is_wanted():
    assert turns(0).count == turns(-2).count == 0
