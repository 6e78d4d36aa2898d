"""Keeps the days that have been written, and finds rows in one of them by the API's filters.

Days are written when first asked for and kept; what a filter needs is laid out beside them once.
"""

from bisect import bisect_left, bisect_right
from functools import cached_property
from threading import RLock
from unicodedata import combining, normalize

from sandbox.clock import DAY, NEVER, day_start, oldest_kept, wall_of
from sandbox.fate import LIFE
from sandbox.message import INCOMING, Message
from sandbox.plan import Plan, Planner
from sandbox.question import Question
from sandbox.traffic import write_day

FUTURE_DAYS = 7  # campaigns wait five days at most


class Block:
    """One written day: its messages by date, and columns that filters scan."""

    def __init__(self, day: int, messages: list[Message]) -> None:
        self.day = day
        self.messages = messages
        self._over = day_start(day + 1)
        self._shown: tuple[int, list[int]] | None = None
        self._statuses: tuple[int, list[str]] | None = None

    def shown(self, now: int) -> list[int]:
        """Return the positions of the messages that show at an instant."""
        now = min(now, self._over)  # once the day is over, nothing appears or vanishes any more
        if self._shown is None or self._shown[0] != now:
            self._shown = now, [i for i, one in enumerate(self.messages) if one.shows(now)]
        return self._shown[1]

    def statuses(self, now: int) -> list[str]:
        """Return the status of every message at an instant."""
        now = min(now, self._over + LIFE)
        if self._statuses is None or self._statuses[0] != now:
            self._statuses = now, [one.status(now) for one in self.messages]
        return self._statuses[1]

    def within(self, positions: list[int], low: int, high: int) -> list[int]:
        """Return those of the positions whose date lies between two walls, both included."""
        first, last = bisect_left(self._dates, low), bisect_right(self._dates, high)
        if first == 0 and last == len(self._dates):
            return positions
        return positions[bisect_left(positions, first) : bisect_left(positions, last)]

    def matching(self, question: Question, positions: list[int], now: int) -> list[int]:
        """Return those of the positions that pass every filter of a question."""
        if question.message is not None:
            found = self._containing(question)
            positions = [i for i in positions if i in found]
        if question.destination is not None:
            positions = self._to(question, positions)
        if question.country is not None:
            country, countries = question.country, self._countries
            positions = [i for i in positions if countries[i] == country]
        if question.incoming is not None:
            wanted, incoming = question.incoming, self._incoming
            positions = [i for i in positions if incoming[i] is wanted]
        if question.status is not None and positions:
            status, statuses = question.status, self.statuses(now)
            positions = [i for i in positions if statuses[i] == status]
        return positions

    def _to(self, question: Question, positions: list[int]) -> list[int]:
        wanted, numbers = question.destination or "", self._destinations
        if question.match_destination == "contains":
            return [i for i in positions if wanted in numbers[i]]
        exact = [i for i in positions if numbers[i] == wanted]
        if question.match_destination == "exact":
            return exact
        rows = self.messages
        handsets = [i for i in positions if self._incoming[i] and rows[i].sender == wanted]
        return sorted({*exact, *handsets})

    def _containing(self, question: Question) -> set[int]:
        """Return the positions whose text contains the question's: one search over the whole day."""
        wanted = question.message or ""
        if question.match_message == "case":
            return {i for i, one in enumerate(self.messages) if wanted in one.text}
        if question.match_message == "accents":
            bare = unaccented(wanted)
            return {i for i, one in enumerate(self.messages) if bare in unaccented(one.text)}
        text, starts = self._folded
        found, at = set(), text.find(wanted := wanted.casefold())
        while at >= 0:
            position = bisect_right(starts, at) - 1
            if position + 1 < len(starts) and at + len(wanted) >= starts[position + 1]:
                at = text.find(wanted, at + 1)  # the match crosses into the next message
                continue
            found.add(position)
            if position + 1 == len(starts):
                break
            at = text.find(wanted, starts[position + 1])
        return found

    @cached_property
    def _dates(self) -> list[int]:
        return [one.date for one in self.messages]

    @cached_property
    def _destinations(self) -> list[str]:
        return [one.destination for one in self.messages]

    @cached_property
    def _countries(self) -> list[str]:
        return [one.country for one in self.messages]

    @cached_property
    def _incoming(self) -> list[bool]:
        return [one.fate == INCOMING for one in self.messages]

    @cached_property
    def _folded(self) -> tuple[str, list[int]]:
        starts, length, folded = [], 0, []
        for one in self.messages:
            starts.append(length)
            folded.append(one.text.casefold())
            length += len(folded[-1]) + 1
        return "\0".join(folded), starts


def unaccented(text: str) -> str:
    """Return a text blind to case and accents."""
    return "".join(sign for sign in normalize("NFD", text.casefold()) if not combining(sign))


class Days:
    """All days of one account, written on demand; safe to use from several threads."""

    def __init__(self, rows: int, seed: int) -> None:
        self._planner = Planner(rows, seed)
        self._plans: dict[int, Plan] = {}
        self._blocks: dict[int, Block] = {}
        self._lock = RLock()

    def block(self, day: int) -> Block:
        """Return a day, written now if nobody asked before."""
        if (block := self._blocks.get(day)) is None:
            with self._lock:
                if (block := self._blocks.get(day)) is None:
                    block = Block(day, write_day(self.plan(day), self._planner.seed))
                    self._blocks[day] = block
        return block

    def plan(self, day: int) -> Plan:
        """Return the sizes of a day."""
        if (plan := self._plans.get(day)) is None:
            plan = self._plans[day] = self._planner.plan(day)
        return plan

    def shown_count(self, day: int, now: int) -> int:
        """Return how many messages of a whole day show; a day that is over need not be written."""
        if now >= day_start(day + 1):
            return self.plan(day).lasting
        return len(self.block(day).shown(now))

    def prepare(self, now: int) -> None:
        """Write every day that the provider keeps, newest first."""
        for day in reversed(kept_days(0, NEVER, now)):
            self.block(day)

    def forget(self, now: int) -> None:
        """Drop the days that lie before the provider's retention."""
        with self._lock:
            oldest = oldest_kept(now) // DAY
            for day in [day for day in self._blocks if day < oldest]:
                del self._blocks[day]


def kept_days(low: int, high: int, now: int) -> range:
    """Return the day numbers between two walls that can hold a message at an instant."""
    first = max(low, oldest_kept(now)) // DAY
    last = min(high, wall_of(now) + FUTURE_DAYS * DAY) // DAY
    return range(first, last + 1)
