"""Reads windows from the provider into the archive: claimed day by day, kept as they come.

    windows ─▶ days claimed ─▶ fetch_windows (several at once) ─▶ batches ─▶ keep ─▶ day released

Whatever ends a run, what was kept stays, the claims are given back, and the run has one outcome.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Literal, Protocol

from messages_app.archive import faults, points, quarantine, timing
from messages_app.archive.bounds import WIDE, Bounds, Reader, confirmed
from messages_app.archive.claims import Held, LostClaim, claim, confirm, release
from messages_app.archive.coverage import days, overlap, without
from messages_app.archive.plan import kept_for_sure
from messages_app.archive.runs import KILLED, STOPPED
from messages_app.archive.traits import (
    Memory,
    distrust_bounds,
    forget_bounds,
    known_bounds,
    memory,
    memory_start,
    probe_bounds,
    remember_bounds,
)
from messages_app.archive.windows import (
    BOUNDS_CHANGED,
    RANGE_IGNORED,
    Lengths,
    Proven,
    Unproven,
    Window,
    fetch_windows,
    gettext_noop,
)
from messages_app.models import SyncRun
from messages_app.provider import ClockFault, MessageRecord, Page, PageRequest, ProviderError

BATCH_ROWS = 5000
"""Rows that one transaction takes in at most, about: more would hold the database's lock for long."""

HELD_ROWS = 3 * BATCH_ROWS
"""Rows of all days read side by side that may wait for the rest of theirs. More take memory, fewer take
calls: what is kept is confirmed by one."""

BATCH_SECONDS = 5.0
"""So long may what is read wait for more: somebody may look, and it may be the present."""

RENEW_SECONDS = 8.0

CLOCKS_APART = timedelta(minutes=1)
"""What lies this much ahead is not taken for past (`plan.YOUNG` is twice as long)."""

log = logging.getLogger("messages_app.archive")


class CountingReader(Reader, Protocol):
    """A provider client, or what stands for one: it counts its calls."""

    @property
    def calls(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Dated:
    """A reader whose answers bear the right time. A wrong clock here would take for past what is to
    come, and fence off what is true; an answer from some cache on the way is no reading of now.

    `took` are the seconds of its calls."""

    reader: Reader
    took: list[float] = field(default_factory=list)

    def page(self, request: PageRequest) -> Page:
        """Raises ClockFault besides what the reader raises."""
        page = self.reader.page(request)
        self.took.append(page.seconds)
        told, sent = page.answered_at, page.fetched_at
        if told and not (
            sent - CLOCKS_APART <= told <= sent + timedelta(seconds=page.seconds) + CLOCKS_APART
        ):
            raise ClockFault
        return page


class StopRequested(Exception):
    """Somebody wants this process to end: what is under way is given up."""


class PlanChanged(Exception):
    """What is being read is not wanted any more: the run ends, and what is proven is kept."""


@dataclass(slots=True)
class Counts:
    """What a run did so far. `seconds` are wall-clock seconds of the range that are done."""

    rows: int = 0
    windows: int = 0
    calls: int = 0
    seconds: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A window that could not be proven and why: without its rows, for a run may have many."""

    window: Window
    reason: str


@dataclass(slots=True)
class Result:
    """How a run ended. Nothing is missing only where `outcome` is "ok".

    `busy` are days that others held, `unproven` windows that could not be proven, `again` windows
    read in vain, since the provider changed how it reads bounds; `is_cut` says that not all was wanted
    any more, `error` is what ended the run early.
    """

    counts: Counts = field(default_factory=Counts)
    unproven: list[Incomplete] = field(default_factory=list)
    busy: list[Window] = field(default_factory=list)
    again: list[Window] = field(default_factory=list)
    lost: int = 0
    is_cut: bool = False
    error: ProviderError | None = None

    @property
    def outcome(self) -> Literal["ok", "partial", "failed"]:
        if self.error:
            return "failed"
        lacking = self.unproven or self.busy or self.again or self.lost or self.is_cut
        return "partial" if lacking else "ok"

    @property
    def reason(self) -> str:
        if self.error:
            return self.error.kind
        reasons = {one.reason for one in self.unproven}
        if self.busy:
            reasons.add(gettext_noop("others were at work on it"))
        if self.again:
            reasons.add(BOUNDS_CHANGED)
        if self.lost:
            reasons.add(gettext_noop("others took it over"))
        if self.is_cut:
            reasons.add(gettext_noop("not wanted any more"))
        return "; ".join(sorted(reasons))


@dataclass(slots=True)
class _Share:
    """Claimed days while their windows are read. `left` seconds of them are still to come."""

    held: Held
    left: int = 0
    rows: int = 0
    batch: list[Proven | Unproven] = field(default_factory=list)
    is_lost: bool = False
    since: float = 0.0
    """When the first of the batch came."""


@dataclass(slots=True)
class Syncer:
    """Reads windows of one provider account into the archive.

    `now` gives aware time in the provider's zone; what lies before `kept_from` the provider may have
    forgotten (asked anew before anything old is kept); `check` is called every second and may raise
    StopRequested or PlanChanged; `on_kept` hears of every transaction. Days are claimed `stride` at a
    time: sparse ones take fewer calls together. `urgent` gives windows that go past all others.
    """

    reader: CountingReader
    api_url: str
    owner: str
    now: Callable[[], datetime]
    kept_from: datetime
    at_once: int = 4
    check: Callable[[], None] = lambda: None
    on_kept: Callable[[Counts], None] = lambda _counts: None
    stride: int = 1
    lengths: Lengths = field(default_factory=Lengths)
    memory: Memory | None = None
    urgent: Iterator[Window | None] = field(default_factory=lambda: iter(()))
    _bounds: Bounds = WIDE
    _is_misled: bool = False
    _shown: tuple[MessageRecord, ...] = ()
    _shares: list[_Share] = field(default_factory=list)
    _renewed: float = 0.0
    _took: list[float] = field(default_factory=list)

    def run(self, kind: str, windows: Iterable[Window], *, whole: Window) -> Result:
        """Read the windows, newest claims first as they come, and record the run over `whole`.

        Raises StopRequested, and database errors; claims are given back as far as can be.
        """
        result = Result()
        record = SyncRun.objects.create(
            kind=kind, owner=self.owner, start=whole.start, end=whole.end, began_at=self.now()
        )
        points.reached("run begun")
        calls = self.reader.calls
        ending: BaseException | None = None
        try:
            self._read(windows, whole, result)
        except ProviderError as error:
            result.error = error.bare()
        except PlanChanged:
            result.is_cut = True
        except BaseException as error:
            ending = error
            raise
        finally:
            result.counts.calls = self.reader.calls - calls
            self._end(record, result, ending)
        return result

    def _read(self, windows: Iterable[Window], whole: Window, result: Result) -> None:
        narrow = PageRequest(date_start=whole.start, date_end=whole.end)
        self._bounds, self._is_misled, self._shown = self._known_bounds(whole), False, ()
        outcomes = fetch_windows(
            Dated(self.reader, self._took),
            self._claimed(windows, result),
            narrow,
            bounds=self._bounds,
            at_once=self.at_once,
            spread=1,
            lengths=self.lengths,
            urgent=self._urgent(result),
            beat=self._beat,
            changed=partial(remember_bounds, self.api_url),
        )
        start = self.reader.calls
        with closing(outcomes):
            for outcome in outcomes:
                result.counts.calls = self.reader.calls - start
                self._take(outcome, result)

    def _known_bounds(self, whole: Window) -> Bounds:
        known = known_bounds(self.api_url)
        if known is None:
            # Any row will do: where the range is empty, another may be known.
            start = min(self.kept_from, whole.start)
            end = self.now().replace(tzinfo=None, microsecond=0)
            known = probe_bounds(self.reader, self.api_url, start, max(end, whole.end))
        points.reached("bounds known")
        return known or WIDE

    def _claimed(self, windows: Iterable[Window], result: Result) -> Iterator[Window]:
        """The windows in pieces of `stride` days, each claimed as it is drawn; those that others
        hold are left out."""
        for window in windows:
            for piece in reversed(list(days(window, self.stride))):
                if self._is_misled:
                    result.again.append(piece)
                    continue
                for part in self._by_shares(piece):
                    share = self._share_of(part) or self._new_share(part)
                    if share is None:
                        result.busy.append(part)
                        continue
                    share.left += part.seconds
                    yield part
            if self._is_misled:
                return

    def _urgent(self, result: Result) -> Iterator[Window | None]:
        for window in self.urgent:
            yield from (None,) if window is None else self._claimed([window], result)

    def _new_share(self, part: Window) -> _Share | None:
        """A share of the days of `part`; None where others hold one of them."""
        held = claim(part, self.owner)
        points.reached("days claimed")
        if held is None:
            return None
        self._shares.append(_Share(held))
        return self._shares[-1]

    def _by_shares(self, piece: Window) -> list[Window]:
        """A piece cut where days that are held already begin or end, newest first: claimed once more,
        they would be lost to the share that holds them."""
        held = [share.held.window for share in self._shares]
        shared = [part for window in held if (part := overlap(window, piece))]
        return sorted([*shared, *without(piece, held)], reverse=True)

    def _share_of(self, window: Window) -> _Share | None:
        """The share that holds all of a window, if one does."""
        for share in self._shares:
            held = share.held.window
            if held.start <= window.start and window.end <= held.end:
                return share
        return None

    def _take(self, outcome: Proven | Unproven, result: Result) -> None:
        points.reached("window read")
        share = self._share_of(outcome.window)
        assert share is not None
        share.left -= outcome.window.seconds
        share.rows += len(outcome.records)
        share.since = share.since if share.batch else monotonic()
        share.batch.append(outcome)
        if isinstance(outcome, Unproven):
            result.unproven.append(Incomplete(outcome.window, outcome.reason))
            if outcome.reason == RANGE_IGNORED:
                forget_bounds(self.api_url)
        is_due = share.rows >= BATCH_ROWS or monotonic() - share.since >= BATCH_SECONDS
        if is_due or not share.left:
            self._keep(share, result)
        elif sum(one.rows for one in self._shares) >= HELD_ROWS:
            self._keep(max(self._shares, key=lambda one: one.rows), result)
        if not share.left:
            self._shares.remove(share)
            release(share.held)
            points.reached("days released")

    def _keep(self, share: _Share, result: Result) -> None:
        batch, share.batch, share.rows = share.batch, [], 0
        if share.is_lost:
            result.lost += len(batch)
            return
        batch = self._confirmed(batch, result)
        if not batch:
            return
        self._ask_memory(batch)
        now = self.now()
        zone = now.tzinfo
        assert zone is not None
        try:
            kept = quarantine.keep_or_bar(
                batch, share.held, zone=zone, kept_from=self.kept_from, seen_at=now
            )
        except LostClaim:
            share.is_lost = True
            result.lost += len(batch)
            return
        result.unproven.extend(Incomplete(one.window, one.reason) for one in kept.barred)
        counts = result.counts
        counts.rows += kept.rows
        counts.missed += kept.missed
        counts.windows += len(batch)
        counts.seconds += sum(one.window.seconds for one in batch)
        for one in batch:
            said = "proven" if isinstance(one, Proven) else one.reason
            log.info(
                "%s to %s: %d rows, %s", one.window.start, one.window.end, len(one.records), said
            )
        self.on_kept(counts)

    def _confirmed(self, batch: list[Proven | Unproven], result: Result) -> list[Proven | Unproven]:
        """The batch, if the provider still reads its bounds as it was asked by, now that all is read;
        else what of it is true however they are read."""
        exact = [one for one in batch if isinstance(one, Proven) and one.by != WIDE]
        self._shown = tuple(row for one in batch[::-1] for row in one.records[-1:]) or self._shown
        if not exact:
            return batch
        # One fetch asks by the same ones from its first exact question on.
        by = exact[0].by
        if not self._is_misled and confirmed(self.reader, by, self._shown):
            return batch
        if not self._is_misled:
            self._is_misled = True
            distrust_bounds(self.api_url)
            log.warning("%s", BOUNDS_CHANGED)
        result.again.extend(one.window for one in exact)
        return [one for one in batch if isinstance(one, Unproven) or one.by == WIDE]

    def _ask_memory(self, batch: list[Proven | Unproven]) -> None:
        """How far the provider still goes back, after the windows were read and before old rows of
        theirs are missed."""
        now = self.now()
        if min(one.window.start for one in batch) < kept_for_sure(now):
            self.memory = memory(self.reader, now.replace(tzinfo=None, microsecond=0))
            self.kept_from = memory_start(self.memory, now)

    def _beat(self) -> None:
        self.check()
        if monotonic() - self._renewed < RENEW_SECONDS:
            return
        self._renewed = monotonic()
        for share in self._shares:
            try:
                confirm(share.held)
            except LostClaim:
                share.is_lost = True

    def _end(self, record: SyncRun, result: Result, ending: BaseException | None) -> None:
        """Keep what was proven before the end, give the days back, and write down the outcome."""
        try:
            if not isinstance(ending, faults.FAILURES):
                self._keep_rest(result)
            for share in self._shares:
                release(share.held)
            record.ended_at = self.now()
            record.outcome, record.reason = _outcome(result, ending)
            record.rows, record.windows = result.counts.rows, result.counts.windows
            record.calls = result.counts.calls
            record.save()
            timing.note(self._took, self.now())
            points.reached("run ended")
        except faults.FAILURES:
            if ending is None:
                raise
            # The database is what failed: leases run out by themselves, and the next start
            # writes the run's end down.
        finally:
            self._shares.clear()
            self._took.clear()

    def _keep_rest(self, result: Result) -> None:
        """What was proven; nothing more where the provider, asked about it once more, fails."""
        with suppress(ProviderError):
            for share in self._shares:
                if share.batch:
                    self._keep(share, result)


def _outcome(result: Result, ending: BaseException | None) -> tuple[str, str]:
    """How a run ended, and why it was not "ok"."""
    if ending is None:
        return result.outcome, result.reason
    if isinstance(ending, StopRequested):
        return "partial", STOPPED
    is_database = isinstance(ending, faults.FAILURES)
    return "failed", faults.kind_of(ending) if is_database else type(ending).__name__


RUNS_KEPT = timedelta(days=30)


def forget_runs(now: datetime) -> None:
    """Runs end up as a line each, hundreds a day: the old ones tell nothing any more."""
    SyncRun.objects.filter(ended_at__lt=now - RUNS_KEPT).delete()
    timing.forget(now - RUNS_KEPT)


def stride_for(rows_a_day: float) -> int:
    """How many days to read at a time: about a batch of rows, and no more than a month."""
    return max(1, min(31, int(BATCH_ROWS / max(rows_a_day, 1.0))))


ORPHANED = timedelta(minutes=1)
"""A run this old whose owner holds no day was killed."""


def close_orphans(is_at_work: Callable[[str], bool], now: datetime) -> int:
    """Give runs whose process died their outcome; returns how many."""
    ended = 0
    for run in SyncRun.objects.filter(ended_at=None, began_at__lt=now - ORPHANED):
        if not is_at_work(run.owner):
            run.ended_at, run.outcome, run.reason = now, "failed", KILLED
            run.save()
            ended += 1
    return ended
