"""How places and turns are shared out among processes: pure rules over what each of them wants.

Everybody reckons with the same rows and comes to the same result, so nobody has to command. Times
are the database's, in microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

ROTATION = 2_000_000
"""How long who is one place short stays so, before another is."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process holds and wants: `places` for calls at the same time."""

    owner: str
    for_pages: bool
    places: int
    wants: int


@dataclass(frozen=True, slots=True)
class Turns:
    """`count` starts, `gap` apart, from `first` on; `next_at` is when the next one may be given."""

    first: int
    count: int
    gap: int

    @property
    def next_at(self) -> int:
        return self.first + self.count * self.gap

    @property
    def times(self) -> list[int]:
        return [self.first + number * self.gap for number in range(self.count)]


def places_for(me: Share, others: Sequence[Share], places: int, now: int) -> int:
    """How many of all `places` are mine now: what is fair, as far as others have given it back.

    Pages that people wait for go first, but leave one place to the workers; the workers never take
    the last place, so that a page finds it free. With one place in all, pages come before workers.
    """
    kept = 1 if places > 1 else 0
    everybody = sorted([me, *others], key=lambda share: share.owner)
    pages = [share for share in everybody if share.for_pages]
    workers = [share for share in everybody if not share.for_pages]
    is_worked = any(share.wants for share in workers)
    shift = now // ROTATION
    of_pages = _fair([one.wants for one in pages], places - kept * is_worked, shift)
    left = places - max(kept, sum(of_pages))
    of_workers = _fair([one.wants for one in workers], left, shift)
    due = of_pages[pages.index(me)] if me.for_pages else of_workers[workers.index(me)]
    free = places - sum(share.places for share in others)
    if not me.for_pages:
        taken = sum(share.places for share in others if not share.for_pages)
        free = min(free, places - kept - taken)
    return max(0, min(due, free))


def _fair(wants: Sequence[int], places: int, shift: int) -> list[int]:
    """Share places out one by one, beginning with another process as `shift` grows."""
    given = [0] * len(wants)
    order = [(number + shift) % len(wants) for number in range(len(wants))]
    while places > 0 and given != list(wants):
        for number in order:
            if places > 0 and given[number] < wants[number]:
                given[number] += 1
                places -= 1
    return given


def turns_for(
    wants: int, *, next_at: int, held_until: int, now: int, gap: int, ahead: int
) -> Turns:
    """At most `wants` turns that begin within `ahead`, after the quiet time that was asked for."""
    # A database whose clock was put back must not keep everybody waiting until it is there again.
    longest = now + max(ahead, LONGEST_AHEAD) + gap
    first = max(min(next_at, longest), held_until, now)
    room = (now + ahead - first) // gap + 1 if first <= now + ahead else 0
    return Turns(first, max(0, min(wants, room)), gap)


LONGEST_AHEAD = 2_000_000
"""No turn is ever given further ahead than this."""
