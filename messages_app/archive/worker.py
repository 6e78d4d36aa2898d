"""Follows the provider: reads what is due, in the order of `plan`, again and again.

Any number of workers, on any machines, share the work by claims. One cycle draws windows for at most
CYCLE_SECONDS and then plans anew; what is urgent goes past them (`agenda`), so that neither the present
nor who looks is kept waiting by the past. A failure ends a cycle, never the worker; it backs off and
says in one sentence what is wrong.
"""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from django.db import connection

from messages_app.archive import faults, looks, points, quarantine, rereads, searching
from messages_app.archive.agenda import Agenda
from messages_app.archive.claims import is_at_work
from messages_app.archive.plan import AT_ONCE, RECONCILE, Policy, Work, horizon, plan
from messages_app.archive.runs import note_failure
from messages_app.archive.starting import check_schema
from messages_app.archive.store import spans_in
from messages_app.archive.sync import (
    CountingReader,
    Counts,
    Result,
    StopRequested,
    Syncer,
    close_orphans,
    forget_runs,
    stride_for,
)
from messages_app.archive.traits import Memory, memory, memory_start
from messages_app.archive.windows import Lengths, Window
from messages_app.provider import ProviderError

CYCLE_SECONDS = 20.0
IDLE_SECONDS = 2.0
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0
INDEXED_AT_ONCE = 2000
ASKED_EVERY = 3600.0
"""How far the provider goes back, and how long its pages may be, is found out anew."""

TRIED_EVERY = 900.0
"""The same where it could not be asked. All else is read meanwhile."""

log = logging.getLogger("messages_app.archive")


def new_owner() -> str:
    """A name for a process that no other has, on any machine."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass(slots=True)
class Patience:
    """Says once what is wrong, and waits ever longer while it stays so."""

    _failures: int = 0
    _told: str = ""

    def failed(self, sentence: str, retry_after: float | None = None) -> float:
        """Say it, unless it was said; return the seconds to wait."""
        if sentence != self._told:
            log.error("%s", sentence)
            self._told = sentence
        self._failures += 1
        pause = min(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE)
        return max(pause, min(retry_after or 0.0, 3600.0))

    def is_over(self) -> None:
        """All is well again."""
        self._failures, self._told = 0, ""


@dataclass(slots=True)
class Worker:
    """One worker. `now` gives real aware time in the provider's zone; `stopped` says when to end;
    `sleep` waits some seconds, less when woken. `days_at_once` are read in one piece: unless it is
    given, as many as the provider's log seems to call for.
    """

    reader: CountingReader
    api_url: str
    now: Callable[[], datetime]
    stopped: Callable[[], bool]
    sleep: Callable[[float], object]
    at_once: int = 4
    policy: Policy = field(default_factory=Policy)
    owner: str = field(default_factory=new_owner)
    days_at_once: int | None = None
    _told_calls: int = 0
    _reconciled: list[tuple[float, int]] = field(default_factory=list)
    _patience: Patience = field(default_factory=Patience)
    _memory: Memory | None = None
    _due: float = float("-inf")
    _lengths: Lengths = field(default_factory=Lengths)

    def run(self) -> None:
        """Work until stopped. Returns when `stopped` says so, with all claims given back."""
        log.info("worker %s starts", self.owner)
        while not self.stopped():
            began = self._utc()
            try:
                pause = self.cycle()
            except StopRequested:
                break
            except faults.FAILURES as error:
                kind = faults.kind_of(error)
                pause = self._patience.failed(faults.sentence_of(kind))
                # A connection that the server closed stays so; a new one may do.
                connection.close()
                note_failure(self.owner, kind, began, self._utc())
            if pause:
                self.sleep(pause)
        log.info("worker %s ends", self.owner)

    def cycle(self) -> float:
        """Read for a while what is due; return the seconds to wait before the next cycle."""
        check_schema()
        close_orphans(is_at_work, self._utc())
        points.reached("orphans closed")
        self._told_calls = self.reader.calls
        edge = self._kept_from()
        rereads.close(edge, self._utc())
        works = self._works(edge)
        first = next(works, None)
        points.reached("windows planned")
        if first is None or (first.reason == RECONCILE and not self._may_reconcile()):
            return 0.0 if searching.index_new(INDEXED_AT_ONCE) else IDLE_SECONDS
        agenda = Agenda(lambda: self._works(edge), self._stopped_looks, self.now)
        result = self._read(first, works, edge, agenda)
        self._index(result.counts.rows, agenda)
        looks.forget_old(self._utc())
        rereads.forget_old(self._utc())
        if not result.error:
            # Since when it fails is told by the oldest of the runs that did.
            forget_runs(self._utc())
        points.reached("cycle done")
        if result.error:
            return self._patience.failed(result.error.sentence, result.error.retry_after)
        self._patience.is_over()
        # Nothing but days of others: they are at work, and this one looks again a little later.
        return 0.0 if result.counts.windows else IDLE_SECONDS

    def _index(self, rows: int, agenda: Agenda) -> None:
        """Let the text index keep up with the rows that came: what waits slows every search. But
        nobody who looks is to wait for all of it."""
        for _ in range(0, rows + INDEXED_AT_ONCE, INDEXED_AT_ONCE):
            if self.stopped() or not searching.index_new(INDEXED_AT_ONCE) or agenda.has_urgent():
                return

    def _stopped_looks(self) -> list[Window]:
        return looks.stopped(self._utc())

    def _works(self, edge: datetime) -> Iterator[Work]:
        now = self.now()
        whole = Window(edge, horizon(now, self.policy))
        asked = rereads.wanted()
        yield from plan(
            spans_in(whole),
            now,
            since=edge,
            looks=looks.recent(self._utc()),
            barred=quarantine.barred(self._utc(), asked),
            paused=self._stopped_looks(),
            asked=asked,
            policy=self.policy,
            stride=self._stride(),
        )

    def _read(self, first: Work, works: Iterator[Work], edge: datetime, agenda: Agenda) -> Result:
        started = monotonic()
        told_rows = 0
        reconciling: dict[str, int] = {}

        def windows() -> Iterator[Window]:
            work: Work | None = first
            while work is not None and not self.stopped():
                if work.reason == RECONCILE:
                    reconciling.setdefault("from", self.reader.calls)
                    if not self._may_reconcile(self.reader.calls - reconciling["from"]):
                        return
                yield agenda.note(work)
                if monotonic() - started > CYCLE_SECONDS:
                    return
                work = next(works, None)

        def report(counts: Counts) -> None:
            nonlocal told_rows
            calls, rows = self.reader.calls - self._told_calls, counts.rows - told_rows
            # Told or not: what was read before somebody looked is none of theirs.
            self._told_calls, told_rows = self.reader.calls, counts.rows
            looks.report(agenda.drawn, calls, rows, self._utc())
            rereads.report(agenda.drawn, calls, rows)

        def check() -> None:
            if self.stopped():
                raise StopRequested
            agenda.check()

        syncer = Syncer(
            self.reader,
            self.api_url,
            self.owner,
            self.now,
            edge,
            at_once=self.at_once,
            check=check,
            on_kept=report,
            stride=AT_ONCE,
            lengths=self._lengths,
            memory=self._memory,
            urgent=agenda.urgent(),
        )
        result = syncer.run(first.reason, windows(), whole=first.window)
        self._memory = syncer.memory
        report(result.counts)
        if reconciling:
            spent = self.reader.calls - reconciling["from"]
            self._reconciled.append((monotonic(), spent))
        return result

    def _kept_from(self) -> datetime:
        """Where the provider's memory begins, by what it said last.

        Where it cannot be asked, that still holds: the run that follows fails for the same reason, and
        is written down.
        """
        now = self.now()
        if monotonic() >= self._due:
            self._due = monotonic() + TRIED_EVERY
            try:
                self._memory = memory(self.reader, _wall(now))
                self._lengths = Lengths()
                self._due = monotonic() + ASKED_EVERY
            except ProviderError as error:
                log.debug("the provider's memory is not known: %s", error.kind)
        return memory_start(self._memory, now)

    def _stride(self) -> int:
        if self.days_at_once:
            return self.days_at_once
        return stride_for(self._memory.rows_a_day(_wall(self.now())) if self._memory else 0)

    def _may_reconcile(self, running: int = 0) -> bool:
        """Whether the hour's budget of calls for comparing settled windows has some left."""
        hour_ago = monotonic() - 3600
        self._reconciled = [one for one in self._reconciled if one[0] > hour_ago]
        spent = running + sum(calls for _at, calls in self._reconciled)
        return spent < self.policy.reconcile_calls

    def _utc(self) -> datetime:
        return self.now().astimezone(UTC)


def _wall(now: datetime) -> datetime:
    return now.replace(tzinfo=None, microsecond=0)
