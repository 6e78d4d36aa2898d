"""The live source: answers a question from the provider, now.

A page of the table is one page of the provider. Figures, and orders or filters that the provider
does not have, need every row of the range: these are fetched whole by the window routine as long as
they are few, and kept in this process for half a minute, so that the parts of one page share them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic

from messages_app.analysis.conditions import keep, provider_request
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import DIRECTION_OF_TYPE
from messages_app.archive.traits import known_bounds, probe_bounds
from messages_app.archive.windows import (
    PAGE_LENGTH,
    WIDE,
    Allowance,
    Bounds,
    Unproven,
    Window,
    fetch_windows,
)
from messages_app.provider import MessageRecord, Page, PageRequest, ProviderClient

LIVE_PAGES = 20
"""Provider pages that a live answer may need at most; beyond, only an archive is fast enough."""

LIVE_ROWS = LIVE_PAGES * PAGE_LENGTH
CALLS_A_PAGE = 5
"""A page of rows costs about three calls: one that holds it, one that proves it, some to split."""

KEPT_SECONDS = 30.0
KEPT_ROWS = 3 * LIVE_ROWS

SEEN_ROWS = 5_000

PATIENCE = 25.0
"""Seconds that a person waits for one page of rows before being told."""


@dataclass(frozen=True, slots=True)
class LiveRows:
    """All rows of a question. `query` is the question as it was read: its `now` is the reading's.

    `unproven` holds the reasons why rows may be missing; empty means that every row is there.
    """

    query: MessageQuery
    records: tuple[MessageRecord, ...]
    as_of: datetime
    unproven: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Patient:
    """Reads pages for somebody who waits: each call, its retries included, ends in time."""

    client: ProviderClient

    def page(self, request: PageRequest) -> Page:
        return self.client.page(request, budget=PATIENCE)


@dataclass(slots=True)
class _Kept:
    rows: LiveRows
    at: float


@dataclass(slots=True)
class LiveSource:
    """Reads one provider account. Thread-safe; one for each process."""

    client: ProviderClient
    api_url: str
    at_once: int = 4
    clock: Callable[[], float] = monotonic
    _kept: dict[object, _Kept] = field(default_factory=dict)
    _seen: dict[str, tuple[MessageRecord, float]] = field(default_factory=dict)
    _locks: dict[object, Lock] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    @property
    def _reader(self) -> _Patient:
        return _Patient(self.client)

    def page(self, request: PageRequest) -> Page:
        """One page over exactly the asked seconds, both included. Raises ProviderError."""
        page = self._reader.page(self._exactly(request))
        self._see(page)
        return page

    def rows(self, query: MessageQuery) -> LiveRows:
        """Every row of the question, read within the last half minute.

        Raises ProviderError, and TooMuch where it would take more than LIVE_PAGES pages.
        """
        key = _key(query)
        with self._lock(key):
            kept = self._fresh(key)
            if kept is None:
                kept = self._fetched(query)
                self._keep(key, kept)
        # What the provider was not asked for differs within one fetch: several countries, reasons.
        asked = query.but(now=kept.query.now, page=query.page)
        return LiveRows(asked, tuple(keep(kept.records, asked)), kept.as_of, kept.unproven)

    def has(self, query: MessageQuery) -> bool:
        """Say whether `rows` would answer at once."""
        return self._fresh(_key(query)) is not None

    def find(self, key: str, at: datetime) -> MessageRecord | None:
        """The row with `key` ("type:id") that was sent in the second `at`; None where there is none.

        Raises ProviderError.
        """
        for kept in list(self._kept.values()):
            for record in kept.rows.records:
                if record.date == at and record.key == key:
                    return record
        seen = self._seen.get(key)
        if seen and seen[0].date == at and self.clock() - seen[1] < KEPT_SECONDS:
            return seen[0]
        direction = DIRECTION_OF_TYPE[key.partition(":")[0]]
        # A campaign's second is ordered by recipient, so that its pages do not overlap.
        request = PageRequest(date_start=at, date_end=at, type=direction, sort="destination")
        for page in self.client.pages(self._exactly(request), budget=PATIENCE):
            for record in page.records:
                if record.key == key:
                    return record
        return None

    def _fetched(self, query: MessageQuery) -> LiveRows:
        start, end = query.span
        allowance = Allowance(rows=LIVE_ROWS, calls=LIVE_PAGES * CALLS_A_PAGE)
        request = provider_request(query)
        outcomes = list(
            fetch_windows(
                self._reader,
                [Window(start, end)],
                request,
                bounds=self._bounds(request) or WIDE,
                at_once=self.at_once,
                allowance=allowance,
            )
        )
        unproven = tuple(sorted({o.reason for o in outcomes if isinstance(o, Unproven)}))
        records = tuple(record for outcome in outcomes for record in outcome.records)
        return LiveRows(query, records, query.now, unproven)

    def _bounds(self, request: PageRequest) -> Bounds | None:
        """How the provider reads dates; None while there is no row to find it out by."""
        known = known_bounds(self.api_url)
        if known is None:
            known = probe_bounds(self._reader, self.api_url, request.date_start, request.date_end)
        return known

    def _exactly(self, request: PageRequest) -> PageRequest:
        return (self._bounds(request) or Bounds()).asked(request)

    def _see(self, page: Page) -> None:
        """Remember rows just shown: the next click opens one of them."""
        now = self.clock()
        with self._guard:
            self._seen.update((record.key, (record, now)) for record in page.records)
            for key in list(self._seen)[: max(0, len(self._seen) - SEEN_ROWS)]:
                del self._seen[key]

    def _lock(self, key: object) -> Lock:
        with self._guard:
            return self._locks.setdefault(key, Lock())

    def _fresh(self, key: object) -> LiveRows | None:
        kept = self._kept.get(key)
        if kept and self.clock() - kept.at < KEPT_SECONDS:
            return kept.rows
        return None

    def _keep(self, key: object, rows: LiveRows) -> None:
        with self._guard:
            now = self.clock()
            self._kept[key] = _Kept(rows, now)
            for old in sorted(self._kept, key=lambda one: self._kept[one].at):
                held = sum(len(kept.rows.records) for kept in self._kept.values())
                stale = now - self._kept[old].at >= KEPT_SECONDS
                if stale or (held > KEPT_ROWS and old != key):
                    del self._kept[old]
                    self._locks.pop(old, None)


def _key(query: MessageQuery) -> object:
    """What the provider is asked; a relative period is one key although its seconds move on."""
    request = provider_request(query)
    narrow = tuple(sorted(request.params().items()))
    narrow = tuple(pair for pair in narrow if not pair[0].startswith("date_"))
    return (query.period, query.date_start, query.date_end, narrow)
