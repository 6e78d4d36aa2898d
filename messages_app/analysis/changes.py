"""What changed beyond chance: delivery rates of two ranges, tested, corrected, the largest first.

A difference counts where a two-proportion test says p < 0.01, after Holm's correction for how many
were looked at (Holm 1979), and where none of several earlier ranges was like it. Young messages
without a receipt are held against nobody: see `chance`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import erfc, exp, inf, lgamma, sqrt

from messages_app.analysis.metrics import SMALL_SAMPLE, Tally, ratio

LEVEL = 0.01
"""The chance of naming anything at all where nothing changed."""

FEW = 10
"""Below so many expected messages in any cell the exact test is used, the normal curve above."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same thing in a range and in one or more earlier ones: `each`, and what of them is usual."""

    key: str
    now: Tally
    then: Tally
    each: tuple[Tally, ...] = ()

    @property
    def is_looked_at(self) -> bool:
        """Whether both rates are of enough attempts to say anything."""
        return min(self.now.attempted, self.then.attempted) >= SMALL_SAMPLE

    @property
    def is_like_another(self) -> bool:
        """Whether the rate lies within those of the earlier ranges: then it happens, now and again."""
        rates = [one.delivery_rate or 0.0 for one in self.each if one.attempted >= SMALL_SAMPLE]
        rate = self.now.delivery_rate
        return bool(rates) and rate is not None and min(rates) <= rate <= max(rates)


@dataclass(frozen=True, slots=True)
class Change:
    """A pair whose delivery rate changed beyond chance; `p` is what the test says, uncorrected."""

    pair: Pair
    p: float

    @property
    def points(self) -> float:
        """The change of the delivery rate, as a fraction."""
        return points(self.pair.now, self.pair.then) or 0.0


def points(now: Tally, then: Tally) -> float | None:
    """How far the delivery rate moved, as a fraction; None where either has none."""
    if now.delivery_rate is None or then.delivery_rate is None:
        return None
    return now.delivery_rate - then.delivery_rate


def relative(now: float, then: float) -> float | None:
    """By which share a count or sum changed; None from nothing."""
    return ratio(now - then, abs(then))


def changes(pairs: Iterable[Pair]) -> list[Change]:
    """The pairs that changed beyond chance, the largest change first.

    Rates on fewer than SMALL_SAMPLE attempts on either side are not looked at.
    """
    looked = [Change(one, chance(one.now, one.then)) for one in pairs if one.is_looked_at]
    looked.sort(key=lambda one: one.p)
    found = []
    for rank, one in enumerate(looked):
        if one.p * (len(looked) - rank) >= LEVEL:
            break
        if not one.pair.is_like_another:
            found.append(one)
    return sorted(found, key=lambda one: (-abs(one.points), one.pair.key))


def chance(now: Tally, then: Tally) -> float:
    """The p of a change of the delivery rate, fair to what still settles; 1 where that explains it.

    A rise has to stand even if no young message arrives that has no receipt yet. A fall has to show
    in what is known for sure, or even if all of these arrive: the better of two tests, paid for twice.
    """
    moved = points(now, then) or 0.0
    if moved >= 0:
        best = then.delivered + then.provisional_sent
        return _beyond(best, then.attempted, now.delivered, now.attempted)
    known = _beyond(
        now.delivered, now.delivered + now.failed, then.delivered, then.delivered + then.failed
    )
    best = now.delivered + now.provisional_sent
    return min(1.0, 2 * min(known, _beyond(best, now.attempted, then.delivered, then.attempted)))


def _beyond(hits: int, tries: int, other_hits: int, other_tries: int) -> float:
    """The p that the first share is smaller by chance; 1 where it is not smaller."""
    if not tries or not other_tries or hits * other_tries >= other_hits * tries:
        return 1.0
    return two_proportions(hits, tries, other_hits, other_tries)


def two_proportions(hits: int, tries: int, other_hits: int, other_tries: int) -> float:
    """Two-sided p that both shares are one: pooled z-test, or Fisher's exact test where few.

    Equal shares of nothing or everything differ by no chance at all: 1.
    """
    share = ratio(hits + other_hits, tries + other_tries)
    if not tries or not other_tries or share in (None, 0, 1):
        return 1.0
    assert share is not None
    if min(tries, other_tries) * min(share, 1 - share) < FEW:
        return _fisher(hits, tries, other_hits, other_tries)
    spread = sqrt(share * (1 - share) * (1 / tries + 1 / other_tries))
    return erfc(abs(hits / tries - other_hits / other_tries) / spread / sqrt(2))


def _fisher(hits: int, tries: int, other_hits: int, other_tries: int) -> float:
    """The exact test (Fisher 1935): all tables with these sums that are no likelier than this one."""
    if hits + other_hits > (tries + other_tries) / 2:
        hits, other_hits = tries - hits, other_tries - other_hits
    every = hits + other_hits
    least, most = max(0, every - other_tries), min(every, tries)
    logs = [
        _choose(tries, count) + _choose(other_tries, every - count)
        for count in range(least, most + 1)
    ]
    whole = _choose(tries + other_tries, every)
    own = logs[hits - least] + 1e-7
    return min(1.0, sum(exp(one - whole) for one in logs if one <= own))


def _choose(whole: int, part: int) -> float:
    """The logarithm of the number of ways to choose."""
    if not 0 <= part <= whole:
        return -inf
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)
