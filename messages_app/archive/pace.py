"""Request limits over all processes and machines that share the database.

    call threads ── enter / leave ──▶ Pace ◀── one keeper thread ──▶ two small tables

Places (calls at the same time) and turns (starts, one after the other) are given out in one row's lock;
the keeper alone speaks with the database, some times a second while there are calls, and goes when
there are none. A process that was killed holds its places until its lease runs out. Where the
database does not answer, callers go on under the limits of their own process; one call of a page
does so soon, on the place that workers never take, and its turn is made up for.
"""

import logging
import secrets
import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic

from django.db import Error, connection, transaction

from messages_app.archive.claims import database_now
from messages_app.archive.columns import MICROSECOND
from messages_app.archive.pace_rules import LONGEST_AHEAD, Share, Turns, places_for, turns_for
from messages_app.provider import Turn

LEASE = timedelta(seconds=10)
RENEWED = timedelta(seconds=2)
LOOK = 0.25
"""Seconds between two looks at what others want, while there are calls."""

RETRY = 0.05
"""Seconds until a caller that got nothing is asked for again."""

SOONEST = 0.002
"""Seconds between two askings at least: callers that come together are asked for together."""

KEPT = 1.0
"""Seconds for which places that are no longer used are kept: the next call comes soon."""

IDLE = 2.0
"""Seconds without a call after which the keeper goes."""

WORKER_AHEAD = 0.4
"""Seconds ahead for which a worker takes turns: a page waits for no more than these."""

LATE = 0.05
"""A turn this old is lost: starts must not pile up."""

HURRY = 0.4
"""Seconds for which a page's call waits for the database: others may write to it for long."""

ALONE_AFTER = 5.0
"""Seconds without an answer of the database after which a process goes by its own limits."""

CLOSING = 1.0
"""Seconds that closing waits for the database."""

LOCK = """
    INSERT INTO messages_app_pace AS pace (id, next_at, held_until) VALUES (1, 0, 0)
    ON CONFLICT (id) DO UPDATE SET next_at = pace.next_at
    RETURNING next_at, held_until, """

OTHERS = """
    SELECT owner, for_pages, places, wants FROM messages_app_paceshare
    WHERE owner <> %s AND until >= %s"""

MINE = """
    INSERT INTO messages_app_paceshare (owner, for_pages, places, wants, until)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (owner) DO UPDATE
    SET places = excluded.places, wants = excluded.wants, until = excluded.until"""

TOLD = "UPDATE messages_app_pace SET next_at = %s, held_until = %s WHERE id = 1"

GONE = "DELETE FROM messages_app_paceshare WHERE owner = %s OR until < "

log = logging.getLogger("messages_app.archive")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the keeper asks for: `wants` places, of which `busy` are in use, turns for `waiting`
    callers beside the `unused` ones, and `hold` seconds of quiet for all; `owed` turns were taken
    without asking."""

    wants: int
    busy: int
    waiting: int
    unused: int
    hold: float
    owed: int


@dataclass(frozen=True, slots=True)
class _Given:
    """What came of it. `now` and `held_until` are the database's microseconds."""

    places: int
    turns: Turns
    now: int
    held_until: int


class Pace:
    """This process's part of the limits: `concurrency` calls at once, `per_second` starts a second.

    `for_pages`: people wait for the calls. Thread-safe; callers' threads never touch the database.
    """

    def __init__(self, concurrency: int, per_second: float, *, for_pages: bool) -> None:
        self._limit = concurrency
        self._gap = round(1_000_000 / per_second)
        self._ahead = LONGEST_AHEAD if for_pages else round(WORKER_AHEAD * 1_000_000)
        self._me = Share(secrets.token_hex(8), for_pages, 0, 0)
        self._change = threading.Condition()
        self._keeper: threading.Thread | None = None
        self._waiting = self._busy = self._peak = self._owed = 0
        self._used = self._wanted_at = self._looked = self._answered = 0.0
        self._turns: deque[float] = deque()
        self._hold = self._held_until = 0.0
        self._written: tuple[object, ...] = ()
        self._renew_at = 0
        self._is_new = self._is_refused = self._is_told = self._is_closed = False

    def enter(self, timeout: float) -> Turn | None:
        """Wait at most `timeout` seconds for a place and a turn; None when there was none.

        Who got one calls `leave` when its call is over.
        """
        deadline = monotonic() + timeout
        with self._change:
            self._waiting += 1
            self._peak = max(self._peak, self._busy + self._waiting)
            self._rouse(is_new=self._peak > self._me.wants)
            try:
                while (turn := self._turn()) is None:
                    left = deadline - monotonic()
                    if left <= 0:
                        return None
                    self._change.wait(min(left, LOOK))
                self._busy += 1
                return turn
            finally:
                self._waiting -= 1

    def leave(self) -> None:
        """Give the place back."""
        with self._change:
            self._busy -= 1
            # A place that is due to another process is not kept for a moment.
            self._rouse(is_new=self._busy >= self._me.places)

    def hold(self, seconds: float) -> None:
        """Start nothing for so long, in no process: the provider asked for it."""
        with self._change:
            self._hold = max(self._hold, seconds)
            self._held_until = max(self._held_until, monotonic() + seconds)
            self._turns.clear()
            self._rouse(is_new=True)

    def held_for(self) -> float:
        """Seconds that are left of the quiet time that any process was asked for."""
        with self._change:
            return max(0.0, self._held_until - monotonic())

    def close(self) -> None:
        """Give all back, for good; waits a moment for the database."""
        with self._change:
            self._is_closed = True
            keeper = self._keeper
            self._change.notify_all()
        if keeper:
            keeper.join(CLOSING)

    def _rouse(self, *, is_new: bool) -> None:
        """Say that something changed; have a keeper."""
        self._used = monotonic()
        self._is_new |= is_new
        if not self._is_closed and (self._keeper is None or not self._keeper.is_alive()):
            self._answered = self._used
            self._keeper = threading.Thread(target=self._keep, name="pace", daemon=True)
            self._keeper.start()
        self._change.notify_all()

    def _turn(self) -> Turn | None:
        now = monotonic()
        silence = now - self._answered
        if silence > ALONE_AFTER:
            return Turn(0.0, is_alone=True)
        if silence > HURRY and self._me.for_pages and self._limit > 1 and not self._busy:
            self._owed += 1
            return Turn(0.0, is_alone=True)
        while self._turns and self._turns[0] < now - LATE:
            self._turns.popleft()
        if not self._turns or self._busy >= self._me.places:
            return None
        return Turn(max(0.0, self._turns.popleft() - now))

    def _keep(self) -> None:
        """The keeper: asks as often as there is need, and goes when there is none."""
        try:
            while (asked := self._next()) or not self._may_go():
                if asked:
                    self._look(asked)
        finally:
            connection.close()

    def _next(self) -> _Asked | None:
        """Wait until the database is to be asked, and say for what; None when there is no need."""
        with self._change:
            while (pause := self._pause()) > 0:
                self._change.wait(pause)
            if self._is_over():
                self._me = replace(self._me, places=0, wants=0)
                self._turns.clear()
                return None
            return self._asked()

    def _pause(self) -> float:
        """Seconds until the database is asked again."""
        if self._is_closed:
            return 0.0
        since = monotonic() - self._looked
        if self._is_new or self._hold:
            return SOONEST - since
        is_short = not self._me.places or (self._busy < self._me.places and not self._turns)
        if self._waiting and is_short:
            return (RETRY if self._is_refused else SOONEST) - since
        return LOOK - since

    def _is_over(self) -> bool:
        is_idle = not (self._waiting or self._busy or self._hold)
        return self._is_closed or (is_idle and monotonic() - self._used > IDLE)

    def _may_go(self) -> bool:
        """Give everything back; False when a caller came in the meantime."""
        self._give_back()
        self._written = ()
        with self._change:
            if is_over := self._is_over():
                self._keeper = None
            return is_over

    def _give_back(self) -> None:
        if self._busy:
            return  # calls that are under way count until the lease runs out
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"{GONE}{database_now()}", [self._me.owner])
        except Error:
            connection.close()  # the lease runs out by itself

    def _asked(self) -> _Asked:
        now = monotonic()
        if self._peak >= self._me.wants or now - self._wanted_at > KEPT:
            self._me, self._wanted_at = replace(self._me, wants=self._peak), now
        self._peak = self._busy + self._waiting
        hold, self._hold = self._hold, 0.0
        owed, self._owed = self._owed, 0
        self._looked, self._is_new = now, False
        return _Asked(self._me.wants, self._busy, self._waiting, len(self._turns), hold, owed)

    def _look(self, asked: _Asked) -> None:
        try:
            given = self._exchange(asked)
        except Error as error:
            connection.close()
            self._written = ()
            self._failed(asked, error)
            return
        with self._change:
            now = self._answered = monotonic()
            self._is_told = False
            self._me = replace(self._me, places=given.places)
            self._turns.extend(now + (at - given.now) / 1e6 for at in given.turns.times)
            held = (given.held_until - given.now) / 1e6
            self._held_until = max(self._held_until, now + held)
            self._is_refused = asked.waiting > 0 and not self._turns
            self._change.notify_all()

    def _failed(self, asked: _Asked, error: Error) -> None:
        with self._change:
            self._hold = max(self._hold, asked.hold)
            self._owed += asked.owed
            self._looked = monotonic() + LOOK
            if not self._is_told:
                log.warning(
                    "the database fails (%s): request limits hold for this process alone",
                    type(error).__name__,
                )
                self._is_told = True

    def _exchange(self, asked: _Asked) -> _Given:
        """Write down what is wanted and take what is due: a short transaction under one row's lock."""
        me = self._me
        if connection.vendor == "postgresql" and connection.connection is None:
            with connection.cursor() as cursor:
                # A crash of the server may forget the last turns: they are over by then.
                cursor.execute("SET synchronous_commit = off")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{LOCK}{database_now()}")
            next_at, held_until, now = cursor.fetchone() or (0, 0, 0)
            cursor.execute(OTHERS, [me.owner, now])
            others = [Share(owner, bool(pages), *rest) for owner, pages, *rest in cursor.fetchall()]
            places = places_for(me, others, self._limit, now)
            if asked.owed:
                next_at = max(next_at, now) + asked.owed * self._gap
            held_until = max(held_until, now + round(asked.hold * 1_000_000) if asked.hold else 0)
            turns = turns_for(
                min(asked.waiting, places - asked.busy) - asked.unused,
                next_at=next_at, held_until=held_until, now=now, gap=self._gap, ahead=self._ahead,
            )  # fmt: skip
            # What is under way counts, even where it is more than is due by now.
            mine = (me.owner, me.for_pages, max(places, asked.busy), me.wants)
            if mine != self._written or now > self._renew_at:
                cursor.execute(MINE, [*mine, now + LEASE // MICROSECOND])
                self._written, self._renew_at = mine, now + RENEWED // MICROSECOND
            if turns.count or asked.hold or asked.owed:
                at = turns.next_at if turns.count else next_at
                cursor.execute(TOLD, [at, held_until])
        return _Given(places, turns, now, held_until)
