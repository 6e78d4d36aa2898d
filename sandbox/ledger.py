"""Explicit messages by day: a value that each event turns into the next one, so no answer is torn.

Days that an event leaves alone are shared with the ledger before it.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from sandbox.clock import DAY
from sandbox.days import Block
from sandbox.lives import Lives, Stays, cut
from sandbox.message import Key, Message
from sandbox.troubled import BY_DATE


class Event(NamedTuple):
    """At an instant the row of `key` becomes `message`, or goes for good; `fresh`: it is a new one."""

    at: int
    key: Key
    message: Message | None
    fresh: bool = False


class Ledger:
    """The stays of explicit messages; immutable, so safe to read from several threads."""

    def __init__(
        self, lives: Lives, stays: Mapping[Key, Stays], days: Mapping[int, Sequence[Message]],
        blocks: dict[int, Block],
    ) -> None:  # fmt: skip
        self._lives, self._stays, self._days, self._blocks = lives, stays, days, blocks
        self._numbers = sorted(days)

    @classmethod
    def of(cls, messages: Iterable[Message], lives: Lives) -> "Ledger":
        """Return the ledger of messages that show as they themselves say and `lives` allows."""
        stays = {one.key: lives.of(one) for one in messages}
        days = defaultdict(list)
        for stay in chain.from_iterable(stays.values()):
            days[stay.date // DAY].append(stay)
        return cls(lives, stays, days, {})

    def after(self, event: Event) -> "Ledger":
        """Return the ledger after an event; what was shown before its instant stays true."""
        old = self._stays.get(event.key, [])
        new = cut(old, event.at)[0] + self._coming(event)
        touched = {stay.date // DAY for stay in chain(old, new)}
        days, blocks = dict(self._days), dict(self._blocks)
        for day in touched:
            others = (one for one in days.get(day, ()) if one.key != event.key)
            days[day] = [*others, *(one for one in new if one.date // DAY == day)]
            blocks.pop(day, None)
        return Ledger(self._lives, {**self._stays, event.key: new}, days, blocks)

    def _coming(self, event: Event) -> Stays:
        if event.message is None:
            return []
        given = event.message._replace(appears=max(event.message.appears, event.at))
        return self._lives.of(given) if event.fresh else self._lives.plain(given)

    def present(self, key: Key, now: int) -> Message | None:
        """Return the row of a key as it shows at an instant, if it does."""
        return next((one for one in self._stays.get(key, ()) if one.shows(now)), None)

    def comes(self, key: Key, now: int) -> bool:
        """Tell whether the row of a key shows at an instant or will later."""
        return any(one.vanishes > now for one in self._stays.get(key, ()))

    def kept(self, low: int, high: int, now: int) -> Sequence[int]:
        """Return, ascending, the day numbers between two walls that can hold a message."""
        first = bisect_left(self._numbers, low // DAY)
        return self._numbers[first : bisect_right(self._numbers, high // DAY)]

    def block(self, day: int) -> Block:
        """Return a day."""
        if (block := self._blocks.get(day)) is None:
            block = self._blocks[day] = Block(sorted(self._days[day], key=BY_DATE))
        return block

    def shown_count(self, day: int, now: int) -> int:
        """Return how many messages of a day show at an instant."""
        return len(self.block(day).shown(now))
