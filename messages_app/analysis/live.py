"""The live source: answers a question from the provider, now.

A page of the table is one page of the provider. Figures, and orders or filters that the provider
does not have, need every row of the range: these are fetched whole by the window routine as long as
they are few, and kept in this process for half a minute, so that the parts of one page share them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock
from time import monotonic

from django.utils.translation import gettext_noop

from messages_app.analysis.conditions import holds, keep, provider_request
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import DIRECTION_OF_TYPE, TYPE_OF_DIRECTION
from messages_app.archive.bounds import WIDE, Bounds, confirmed
from messages_app.archive.forgotten import forgetting
from messages_app.archive.traits import (
    distrust_bounds,
    forget_bounds,
    known_bounds,
    probe_bounds,
    remember_bounds,
)
from messages_app.archive.windows import (
    BOUNDS_CHANGED,
    PAGE_LENGTH,
    RANGE_IGNORED,
    START_IGNORED,
    Allowance,
    Proven,
    TooMuch,
    Unproven,
    Window,
    fetch_windows,
)
from messages_app.provider import MessageRecord, Page, PageRequest, ProviderClient, TimedOut

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

WHOLE_PATIENCE = 45.0
"""Seconds that a person waits for all rows of a question."""

REFUSED_SECONDS = 120.0
"""A question found too large is so for a while: asking again costs calls."""

OUT_OF_ORDER = gettext_noop("The provider does not keep to the asked order.")
OUT_OF_FILTER = gettext_noop("The provider shows rows that were not asked for.")
MOVED = gettext_noop("A message changed its date while the range was read.")

KNOWN_PAGES = 200
"""Answers remembered to tell whether a provider obeys `start`."""


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
    """Reads pages for somebody who waits: each call, its retries included, ends in time.

    `until` is when all calls together have to end, by `clock`.
    """

    client: ProviderClient
    clock: Callable[[], float] = monotonic
    until: float | None = None

    def page(self, request: PageRequest) -> Page:
        left = PATIENCE if self.until is None else min(PATIENCE, self.until - self.clock())
        if left <= 0:
            raise TimedOut("all rows together took too long")
        return self.client.page(request, budget=left)


@dataclass(slots=True)
class _Kept:
    rows: LiveRows
    at: float


@dataclass(slots=True)
class _Refused:
    limit: TooMuch
    at: float


@dataclass(slots=True)
class LiveSource:
    """Reads one provider account. Thread-safe; one for each process."""

    client: ProviderClient
    api_url: str
    at_once: int = 4
    clock: Callable[[], float] = monotonic
    _kept: dict[object, _Kept] = field(default_factory=dict)
    _refused: dict[object, _Refused] = field(default_factory=dict)
    _starts: dict[object, tuple[int, frozenset[str]]] = field(default_factory=dict)
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

    def breaches(self, page: Page, request: PageRequest) -> tuple[str, ...]:
        """In which ways a page is not what was asked for; one reading of the bounds is forgotten
        where the page shows it wrong."""
        found = list(_breaches(page, request))
        if RANGE_IGNORED in found:
            forget_bounds(self.api_url)
        if self._repeats(page, request):
            found.append(START_IGNORED)
        return tuple(found)

    def rows(self, query: MessageQuery) -> LiveRows:
        """Every row of the question, read within the last half minute.

        Raises ProviderError, and TooMuch where it would take more than LIVE_PAGES pages.
        """
        key = _key(query)
        with self._lock(key):
            kept = self._fresh(key)
            if kept is None:
                self._check_refusal(key)
                kept = self._fetched(query)
                self._keep(key, kept)
        # What the provider was not asked for differs within one fetch: several countries, reasons.
        asked = query.but(now=kept.query.now, page=query.page)
        rows = tuple(keep(remembered(kept.records, asked), asked))
        return LiveRows(asked, rows, kept.as_of, kept.unproven)

    def has(self, query: MessageQuery) -> bool:
        """Say whether `rows` would answer at once."""
        return self._fresh(_key(query)) is not None

    def find(self, key: str, at: datetime) -> MessageRecord | None:
        """The row with `key` ("type:id") that was sent in the second `at`, as the provider has it; None
        where there is none.

        Raises ProviderError.
        """
        for kept in list(self._kept.values()):
            if self.clock() - kept.at >= KEPT_SECONDS:
                continue
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
        request = provider_request(query)
        bounds = self._bounds(request) or WIDE
        reader = _Patient(self.client, self.clock, self.clock() + WHOLE_PATIENCE)
        try:
            outcomes = list(
                fetch_windows(
                    reader,
                    [Window(start, end)],
                    request,
                    bounds=bounds,
                    # One place is left free for the pages of the table.
                    at_once=max(1, self.at_once - 1),
                    allowance=Allowance(rows=LIVE_ROWS, calls=LIVE_PAGES * CALLS_A_PAGE),
                    changed=partial(remember_bounds, self.api_url),
                )
            )
        except TooMuch as limit:
            with self._guard:
                self._refused[_key(query)] = _Refused(limit, self.clock())
            raise
        reasons = {o.reason for o in outcomes if isinstance(o, Unproven)}
        for by in {one.by for one in outcomes if isinstance(one, Proven)} - {WIDE}:
            shown = [row for one in outcomes[::-1] for row in one.records[-1:]]
            if not confirmed(reader, by, shown):
                distrust_bounds(self.api_url)
                reasons.add(BOUNDS_CHANGED)
        records: dict[str, MessageRecord] = {}
        for record in (record for outcome in outcomes for record in outcome.records):
            if record.key in records:
                # It changed its date between two calls; another may have slipped through likewise.
                reasons.add(MOVED)
            records[record.key] = record
        return LiveRows(query, tuple(records.values()), query.now, tuple(sorted(reasons)))

    def _check_refusal(self, key: object) -> None:
        """Raise again what was found too much a moment ago."""
        with self._guard:
            for old, refused in list(self._refused.items()):
                if self.clock() - refused.at >= REFUSED_SECONDS:
                    del self._refused[old]
            if key in self._refused:
                raise TooMuch(self._refused[key].limit.rows)

    def _repeats(self, page: Page, request: PageRequest) -> bool:
        """Say whether another offset of the same question gave the very same rows: not obeyed."""
        keys = frozenset(record.key for record in page.records)
        if not keys:
            return False
        question = tuple(sorted(request.at(0).params().items()))
        with self._guard:
            start, known = self._starts.setdefault(question, (request.start, keys))
            for old in list(self._starts)[: max(0, len(self._starts) - KNOWN_PAGES)]:
                del self._starts[old]
        return start != request.start and known == keys

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

    @contextmanager
    def _lock(self, key: object) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, Lock())
        try:
            with lock:
                yield
        finally:
            with self._guard:
                # One that waits meanwhile keeps its own hold of it.
                self._locks.pop(key, None)

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


def remembered(records: Sequence[MessageRecord], query: MessageQuery) -> list[MessageRecord]:
    """Rows of the provider's as they may be shown: of whom is forgotten, without number and text.

    The provider still finds them by these; here nobody does.
    """
    forgets = forgetting(query.now.replace(tzinfo=None))
    found = forgets.kept(records)
    return [
        row
        for row, before in zip(found, records, strict=True)
        if row is before or holds(row, query)
    ]


def _breaches(page: Page, request: PageRequest) -> Iterator[str]:
    """What a page's rows show to be other than asked, as far as rows can show it.

    Other orders than by date depend on how the provider compares texts, so they are not judged.
    """
    rows = page.records
    if any(not request.date_start <= row.date <= request.date_end for row in rows):
        yield RANGE_IGNORED
    dates = [row.date for row in rows]
    if request.sort in ("date", "-date") and dates != sorted(dates, reverse=request.sort[0] == "-"):
        yield OUT_OF_ORDER
    kind = TYPE_OF_DIRECTION.get(request.type)
    if any(
        (kind and row.type != kind)
        or (request.country and row.country != request.country)
        or (request.status and row.status_name != request.status)
        or (request.destination and row.destination != request.destination)
        for row in rows
    ):
        yield OUT_OF_FILTER


def _key(query: MessageQuery) -> object:
    """What the provider is asked; a relative period is one key although its seconds move on."""
    request = provider_request(query)
    narrow = tuple(sorted(request.params().items()))
    narrow = tuple(pair for pair in narrow if not pair[0].startswith("date_"))
    return (query.period, query.date_start, query.date_end, narrow)
