"""The exact window routine: every row of a range of time, proven, or a sentence why not.

    range ──▶ ask one window ──▶ empty, or an empty page behind it ──▶ Proven
                   │
                   └─ does not fit one response ──▶ split by time … down to one second
                                                          │
                        one second too full ──▶ passes under several sorts until two agree

One response cannot be torn by pages that shift; totals and short pages prove nothing (a page cap may
be lower than asked). While it is not known whether bounds include their second, one second more is
asked on both sides and cut off here. Reads through a `Reader`; knows no database and no Django.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from messages_app.provider import MessageRecord, Page, PageRequest

SECOND = timedelta(seconds=1)
PAGE_LENGTH = 1000
"""The longest page that the provider documents."""

GOAL_ROWS = 700
"""Rows aimed at in one window: near a full page, with room for traffic that is not even."""

CAMPAIGN_ROWS = 300
"""Rows on one second of a page that make it a campaign's."""

MAX_PIECES = 64
"""Windows that one split makes at most, however large a total claims to be."""

OVERLAP = 50
"""Rows that a pass reads again after a full page: more than one recipient gets in one second."""

MAX_PASSES = 8
HEAVY_SORTS = ("destination", "-destination", "sender", "-sender")
"""Sorts for a second with more than a page. Under `date` all its rows are ties, which may come in
another order each time: pages of it overlap and miss about a third, and never agree."""


class Reader(Protocol):
    """What the routine needs of a provider client."""

    def page(self, request: PageRequest) -> Page: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whether a row dated exactly `date_start` or `date_end` belongs to the provider's answer."""

    start_included: bool = True
    end_included: bool = True

    def asked(self, request: PageRequest) -> PageRequest:
        """The request whose answer is exactly the inclusive range of `request`."""
        return replace(
            request,
            date_start=request.date_start - SECOND * (not self.start_included),
            date_end=request.date_end + SECOND * (not self.end_included),
        )


WIDE = Bounds(start_included=False, end_included=False)
"""Right whichever way the provider reads its bounds, at the price of two seconds too many: beside a
campaign's second they may be heavy."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A range of naive wall-clock seconds, both ends included."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds()) + 1

    def holds(self, record: MessageRecord) -> bool:
        return self.start <= record.date <= self.end

    def wider(self) -> "Window":
        """The window with the second before and the second after it, as it is asked."""
        return Window(self.start - SECOND, self.end + SECOND)

    def around(self, second: datetime) -> list["Window"]:
        """The window cut into what lies before `second`, that second, and what lies after it."""
        pieces = [Window(self.start, second - SECOND), Window(second, second)]
        pieces.append(Window(second + SECOND, self.end))
        return [piece for piece in pieces if piece.start <= piece.end]

    def split(self, pieces: int) -> list["Window"]:
        """Cut into `pieces` equal windows, or one for each second where that is fewer."""
        pieces = min(pieces, self.seconds)
        edges = [self.start + SECOND * (self.seconds * n // pieces) for n in range(pieces + 1)]
        return [Window(a, b - SECOND) for a, b in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Proven:
    """A window's rows, whole. `read_at` is the time of its earliest reading (aware UTC)."""

    window: Window
    records: tuple[MessageRecord, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Unproven:
    """A window that could not be proven: the rows seen, and why they may not be all."""

    window: Window
    records: tuple[MessageRecord, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Split:
    """A window that holds more than one response: look at these instead. `rows` is a hint."""

    windows: tuple[Window, ...]
    rows: int | None


Outcome = Proven | Unproven | Split


class TooMuch(Exception):
    """The range holds more than the caller allowed. `rows` is the provider's own count, if any."""

    def __init__(self, rows: int | None) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(slots=True)
class Allowance:
    """How much one fetch may cost; None is no limit. Totals refuse early, rows and calls for sure."""

    rows: int | None = None
    calls: int | None = None
    spent_calls: int = 0
    spent_rows: int = 0

    def check_total(self, rows: int | None) -> None:
        if self.rows is not None and rows is not None and rows > self.rows:
            raise TooMuch(rows)

    def spend(self, *, calls: int = 0, rows: int = 0) -> None:
        self.spent_calls += calls
        self.spent_rows += rows
        over_calls = self.calls is not None and self.spent_calls > self.calls
        if over_calls or (self.rows is not None and self.spent_rows > self.rows):
            raise TooMuch(None)


def fetch_windows(
    reader: Reader,
    windows: Iterable[Window],
    narrow: PageRequest,
    *,
    bounds: Bounds = WIDE,
    at_once: int = 1,
    allowance: Allowance | None = None,
) -> Iterator[Proven | Unproven]:
    """Fetch every window whole, several at once, and yield what became of each piece as it comes.

    `narrow` bears the filters (its dates and paging are replaced); `bounds` is how the provider reads
    dates, where that is known. Raises ProviderError as soon as a
    call fails for good, and TooMuch where `allowance` is used up; what was yielded stays true.
    """
    asker = _Asker(reader, narrow, bounds, allowance or Allowance())
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="window") as pool:
        waiting: set[Future[Outcome]] = {pool.submit(asker.settle, one) for one in windows}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    if isinstance(outcome, Split):
                        waiting |= {pool.submit(asker.settle, one) for one in outcome.windows}
                    else:
                        asker.allowance.spend(rows=len(outcome.records))
                        yield outcome
        finally:
            for future in waiting:
                future.cancel()


@dataclass(frozen=True, slots=True)
class _Asker:
    reader: Reader
    narrow: PageRequest
    bounds: Bounds
    allowance: Allowance

    def ask(self, window: Window, start: int, sort: str) -> Page:
        self.allowance.spend(calls=1)
        request = replace(
            self.narrow,
            date_start=window.start,
            date_end=window.end,
            start=start,
            length=PAGE_LENGTH,
            sort=sort,
        )
        return self.reader.page(self.bounds.asked(request))

    def settle(self, window: Window) -> Outcome:
        """Try to hold the window in one response."""
        page = self.ask(window, 0, "date")
        rows = _unite(page.records)
        if page.is_empty:
            return Proven(window, (), page.fetched_at)
        if page.size < PAGE_LENGTH and self.ask(window, page.size, "date").is_empty:
            if page.bad_rows:
                return Unproven(window, _cut(rows, window), _bad_rows(page))
            if len(rows) == page.size:
                return Proven(window, _cut(rows, window), page.fetched_at)
            # A row that comes twice has taken the place of another: as good as not fitting.
        if any(not window.wider().holds(row) for row in page.records):
            return Unproven(window, _cut(rows, window), "the provider ignores the asked range")
        self.allowance.check_total(page.total_display_records)
        if window.seconds == 1:
            return self.settle_heavy(window)
        return Split(tuple(_smaller(window, page)), page.total_display_records)

    def settle_heavy(self, window: Window) -> Proven | Unproven:
        """A single second with more rows than a page: passes until two agree on all that was seen."""
        seen: dict[str, MessageRecord] = {}
        passes: list[frozenset[str]] = []
        first: datetime | None = None
        for number in range(MAX_PASSES):
            one = self.one_pass(window, HEAVY_SORTS[number % len(HEAVY_SORTS)])
            if isinstance(one, Unproven):
                return one
            rows, read_at = one
            first = first or read_at
            seen.update(rows)
            passes.append(frozenset(rows))
            if passes[:-1] and passes[-1] == passes[-2] == frozenset(seen):
                return Proven(window, tuple(seen.values()), first)
        return Unproven(window, tuple(seen.values()), "the second never read the same twice")

    def one_pass(
        self, window: Window, sort: str
    ) -> tuple[dict[str, MessageRecord], datetime] | Unproven:
        rows: dict[str, MessageRecord] = {}
        keys: set[str] = set()
        start, read_at = 0, None
        while True:
            page = self.ask(window, start, sort)
            read_at = read_at or page.fetched_at
            if page.is_empty:
                return rows, read_at
            if page.bad_rows:
                return Unproven(window, tuple(rows.values()), _bad_rows(page))
            found = _unite(page.records)
            if found.keys() <= keys:
                return Unproven(window, tuple(rows.values()), "the provider repeats the same page")
            keys |= found.keys()
            rows |= {key: row for key, row in found.items() if window.holds(row)}
            # Equals may swap places between two responses: a full page's end is read once more.
            start += page.size - (OVERLAP if page.size == PAGE_LENGTH else 0)


def _unite(records: Iterable[MessageRecord]) -> dict[str, MessageRecord]:
    return {record.key: record for record in records}


def _cut(rows: dict[str, MessageRecord], window: Window) -> tuple[MessageRecord, ...]:
    return tuple(row for row in rows.values() if window.holds(row))


def _bad_rows(page: Page) -> str:
    return f"{len(page.bad_rows)} unreadable rows"


def _smaller(window: Window, page: Page) -> list[Window]:
    """Windows to look at instead of one that holds more than `page`.

    A second that fills much of the page is a campaign: it is taken out at once, where halving would
    ask some seventeen times to find it in a day. Otherwise equal pieces, as many as the total hints.
    """
    seconds = Counter(row.date for row in page.records if window.holds(row))
    for second, count in seconds.most_common(1):
        if count >= CAMPAIGN_ROWS:
            return window.around(second)
    hint = max(page.total_display_records or 0, page.size)
    return window.split(min(MAX_PIECES, max(2, -(-hint // GOAL_ROWS))))
