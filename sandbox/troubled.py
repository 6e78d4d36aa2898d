"""The days of an account whose messages stray: each day gathers what it and its neighbours hold.

Slower than plain days: to count a day it must be written.
"""

from collections import defaultdict
from operator import attrgetter

from sandbox.clock import DAY
from sandbox.days import Block, Days
from sandbox.lives import REACH_DAYS, Lives
from sandbox.message import Message

BY_DATE = attrgetter("date", "message_id")


class Troubled:
    """Days whose messages live as `lives` says; safe to use from several threads."""

    def __init__(self, days: Days, lives: Lives) -> None:
        self._days, self._lives = days, lives
        self._blocks: dict[int, Block] = {}
        self._strayed: dict[int, dict[int, list[Message]]] = {}

    def kept(self, low: int, high: int, now: int) -> range:
        """Return the day numbers between two walls that can hold a message at an instant."""
        return self._days.kept(low, high, now)

    def block(self, day: int) -> Block:
        """Return a day with every message that ever bears its date."""
        if (block := self._blocks.get(day)) is None:
            near = range(day - REACH_DAYS, day + REACH_DAYS + 1)
            held = [one for source in near for one in self._stays(source).get(day, ())]
            block = self._blocks[day] = Block(sorted(held, key=BY_DATE))
        return block

    def shown_count(self, day: int, now: int) -> int:
        """Return how many messages of a day show at an instant."""
        return len(self.block(day).shown(now))

    def _stays(self, source: int) -> dict[int, list[Message]]:
        """Return the stays of the messages of a planned day, by the day that they fall on."""
        if (known := self._strayed.get(source)) is None:
            known = defaultdict(list)
            for message in self._days.messages(source):
                for stay in self._lives.of(message):
                    known[stay.date // DAY].append(stay)
            self._strayed[source] = known
        return known
