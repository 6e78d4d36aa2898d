"""Keeps the days that have been written, and finds rows in one of them by the API's filters.

Days are written when first asked for and then kept, with columns beside them for the filters.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from threading import Lock
from unicodedata import combining, normalize

from sandbox.clock import DAY, NEVER, day_start, oldest_kept, wall_of
from sandbox.message import INCOMING, Message
from sandbox.plan import Plan, Planner
from sandbox.question import Question
from sandbox.traffic import write_day

FUTURE_DAYS = 7  # campaigns wait five days at most


class Block:
    """One written day: its messages by date, and columns that filters scan.

    A message whose facts change stands in it several times, each shown at a time of its own.
    """

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages
        self._dates = [one.date for one in messages]
        self._turns = sorted({turn for one in messages for turn in (one.appears, one.vanishes)})
        self._shown: tuple[int, list[int]] | None = None
        self._statuses: tuple[int, list[str]] | None = None

    def shown(self, now: int) -> list[int]:
        """Return the positions of the messages that show at an instant."""
        turn = bisect_right(self._turns, now)
        known = self._shown
        if known is None or known[0] != turn:
            known = turn, [i for i, one in enumerate(self.messages) if one.shows(now)]
            self._shown = known
        return known[1]

    @cached_property
    def _settled(self) -> int:
        """The instant from which on no status changes any more."""
        turns = (turn for one in self.messages for turn in (one.handed, one.settles))
        return max((turn for turn in turns if turn < NEVER), default=0)

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
    def _texts(self) -> tuple[bytes, list[int]]:
        """All texts, blind to case, and where each begins, one more for the end.

        Bytes, not str: one emoji would make every letter of the day four bytes wide.
        """
        folded = [_folded(one.text) for one in self.messages]
        return b"\0".join(folded), list(accumulate((len(text) + 1 for text in folded), initial=0))

    def statuses(self, now: int) -> list[str]:
        """Return the status of every message at an instant."""
        now = min(now, self._settled)
        known = self._statuses
        if known is None or known[0] != now:
            known = self._statuses = now, [one.status(now) for one in self.messages]
        return known[1]

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
        return set(self._found(_folded(wanted)))

    def _found(self, wanted: bytes) -> Iterator[int]:
        text, starts = self._texts
        at = text.find(wanted)
        while at >= 0:
            position = bisect_right(starts, at) - 1
            end = starts[position + 1] - 1  # where the separator stands
            if at + len(wanted) <= end:
                yield position
                at = text.find(wanted, end + 1)
            else:
                at = text.find(wanted, at + 1)


def _folded(text: str) -> bytes:
    return text.casefold().encode("utf-8", "surrogatepass")


def unaccented(text: str) -> str:
    """Return a text blind to case and accents."""
    return "".join(sign for sign in normalize("NFD", text.casefold()) if not combining(sign))


class Days:
    """All days of one account, written on demand; safe to use from several threads."""

    def __init__(self, rows: int, seed: int) -> None:
        self._planner = Planner(rows, seed)
        self._plans: dict[int, Plan] = {}
        self._blocks: dict[int, Block] = {}
        self._writing: defaultdict[int, Lock] = defaultdict(Lock)

    def kept(self, low: int, high: int, now: int) -> range:
        """Return the day numbers between two walls that can hold a message at an instant."""
        first = max(low, oldest_kept(now)) // DAY
        last = min(high, wall_of(now) + FUTURE_DAYS * DAY) // DAY
        return range(first, last + 1)

    def messages(self, day: int) -> list[Message]:
        """Write the messages of a day by their dates, cancelled ones included."""
        return write_day(self.plan(day), self._planner.seed)

    def block(self, day: int) -> Block:
        """Return a day, written now if nobody asked before."""
        if (block := self._blocks.get(day)) is None:
            # One lock a day: under a single one, whoever writes all days would starve a page.
            with self._writing[day]:
                if (block := self._blocks.get(day)) is None:
                    block = Block(self.messages(day))
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
