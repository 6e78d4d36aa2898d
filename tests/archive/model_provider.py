"""A small model of an offset-paged log, in memory, with the liberties that a provider may take."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from messages_app.provider import BadRow, MessageRecord, Page, PageRequest

SECOND = timedelta(seconds=1)


@dataclass
class ModelProvider:
    """Answers PageRequests from `rows`; ties come in random order, as the real one may do."""

    rows: list[MessageRecord]
    seed: int = 1
    start_included: bool = True
    end_included: bool = True
    hides: float = 0.0
    cap: int = 1000
    honest_totals: bool = True
    claims: int | None = None
    ignores_bounds: bool = False
    ignores_start: bool = False
    ignores_destination: bool = False
    ignores_sort: bool = False
    short_pages: float = 0.0
    doubles: float = 0.0
    bad_keys: frozenset[str] = frozenset()
    calls: int = 0
    asked: list[PageRequest] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def page(self, request: PageRequest) -> Page:
        self.calls += 1
        self.asked.append(request)
        found = [row for row in self.rows if self._within(row, request)]
        if self.hides:  # a replica that lags: each answer lacks other rows
            found = [row for row in found if self.random.random() >= self.hides]
        self.random.shuffle(found)
        key = request.sort.removeprefix("-") or "date"
        if self.ignores_sort:
            key = "message_id"
        found.sort(key=lambda row: getattr(row, key), reverse=request.sort.startswith("-"))
        start = 0 if self.ignores_start else request.start
        shown = found[start : start + min(request.length, self.cap)]
        if len(shown) > 1 and self.random.random() < self.short_pages:
            shown = shown[: self.random.randrange(1, len(shown))]
        if len(shown) > 1 and self.random.random() < self.doubles:
            shown[-1] = shown[0]
        good = tuple(row for row in shown if row.key not in self.bad_keys)
        bad = tuple(
            BadRow(index, str(row.message_id), "date missing")
            for index, row in enumerate(shown)
            if row.key in self.bad_keys
        )
        total = len(found) if self.honest_totals else self.random.choice([0, 7, None, 10**9])
        if self.claims is not None:
            total = self.claims
        self.times.append(datetime.now(UTC))
        return Page(good, bad, total, total, self.times[-1], 0.0)

    def _within(self, row: MessageRecord, request: PageRequest) -> bool:
        if request.destination and not self.ignores_destination:
            return row.destination == request.destination and self._is_dated(row, request)
        return self._is_dated(row, request)

    def _is_dated(self, row: MessageRecord, request: PageRequest) -> bool:
        if self.ignores_bounds:
            return True
        after = request.date_start < row.date or (
            self.start_included and request.date_start == row.date
        )
        before = row.date < request.date_end or (self.end_included and row.date == request.date_end)
        return after and before
