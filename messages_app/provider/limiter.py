"""How fast and how many at once: one limiter for all threads of a client.

Requests a second, places in parallel (halved on 429, regained slowly), and the quiet time that
the provider asked for. Where other processes ask the same account, a `SharedPace` holds the limits
for all of them; this one's threads stay within both. Knows no HTTP.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from messages_app.provider.errors import RateLimited, TimedOut, gettext_noop


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to make one HTTP call. `halvings` is how often places had been halved before it."""

    halvings: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A place, and a start in so many seconds; alone: those who share the limits cannot be asked,
    and the process's own turns have to do."""

    seconds: float
    is_alone: bool = False


class SharedPace(Protocol):
    """Limits that hold for more than this process."""

    def enter(self, timeout: float) -> Turn | None:
        """A place and a turn that come within so many seconds; `leave` gives the place back."""

    def leave(self) -> None: ...

    def hold(self, seconds: float) -> None:
        """Start nothing anywhere for so long."""

    def held_for(self) -> float:
        """Seconds that are left of the quiet time."""

    def close(self) -> None: ...


SLICE = 0.25
"""Seconds after which a wait for others is looked at again."""


class Limiter:
    """`concurrency` places, `per_second` starts a second, waits of at most `patience` seconds."""

    def __init__(
        self,
        concurrency: int,
        per_second: float,
        *,
        patience: float,
        regain_after: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        shared: SharedPace | None = None,
    ) -> None:
        self._most = concurrency
        self._gap = 1.0 / per_second
        self._patience = patience
        self._regain_after = regain_after
        self._clock = clock
        self._sleep = sleep
        self._shared = shared
        self._freed = threading.Condition()
        self.allowed = concurrency
        self._busy = 0
        self._next_start = 0.0
        self._held_until = 0.0
        self._halvings = 0
        self._good = 0

    @contextmanager
    def slot(self, until: float | None) -> Iterator[Slot]:
        """Wait for a place and a turn, at most to `until` on the clock; give the place back after.

        Raises TimedOut or RateLimited at once when the wait would be longer.
        """
        self._take_place(until)
        try:
            if self._shared is None:
                self._wait_turn(until)
                yield Slot(self._halvings)
            else:
                with self._shared_turn(self._shared, until):
                    yield Slot(self._halvings)
        finally:
            with self._freed:
                self._busy -= 1
                self._freed.notify()

    @contextmanager
    def _shared_turn(self, shared: SharedPace, until: float | None) -> Iterator[None]:
        """A place and a turn among all processes; not one that quiet time has overtaken."""
        while True:
            turn = self._enter(shared, until)
            try:
                if turn.is_alone:
                    self._wait_turn(until)
                else:
                    self._check_wait(turn.seconds, until)
                    self._sleep(turn.seconds)
                if not self.held_for():
                    yield
                    return
            finally:
                shared.leave()

    def _enter(self, shared: SharedPace, until: float | None) -> Turn:
        while True:
            left = SLICE if until is None else min(SLICE, until - self._clock())
            turn = shared.enter(max(0.0, left))
            if turn:
                return turn
            self._sleep(0)
            self._check_wait(max(self.held_for(), 0.001), until)

    def _take_place(self, until: float | None) -> None:
        timeout = None if until is None else max(0.0, until - self._clock())
        with self._freed:
            if not self._freed.wait_for(lambda: self._busy < self.allowed, timeout):
                raise TimedOut(gettext_noop("all connections are busy"))
            self._busy += 1

    def _wait_turn(self, until: float | None) -> None:
        while (wait := self._turn()) > 0:
            self._check_wait(wait, until)
            self._sleep(wait)

    def _turn(self) -> float:
        """Take the turn and return 0, or the seconds until it may come."""
        with self._freed:
            now = self._clock()
            wait = max(self._next_start, self._held_until) - now
            if wait <= 0:
                self._next_start = now + self._gap
            return wait

    def _check_wait(self, wait: float, until: float | None) -> None:
        held = self.held_for()
        if held > self._patience:
            raise RateLimited(retry_after=held)
        if until is not None and self._clock() + wait > until:
            raise (
                RateLimited(retry_after=held)
                if held > 0
                else TimedOut(gettext_noop("too many requests wait"))
            )

    def hold(self, seconds: float) -> None:
        """Start nothing for so long: the provider asked for it."""
        with self._freed:
            self._held_until = max(self._held_until, self._clock() + seconds)
        if self._shared:
            self._shared.hold(seconds)

    def held_for(self) -> float:
        """Seconds that are left of the quiet time."""
        elsewhere = self._shared.held_for() if self._shared else 0.0
        with self._freed:
            return max(elsewhere, self._held_until - self._clock())

    def throttled(self, slot: Slot) -> None:
        """A 429 came: halve the places, once for all calls that were under way together."""
        with self._freed:
            self._good = 0
            if slot.halvings == self._halvings:
                self._halvings += 1
                self.allowed = max(1, self.allowed // 2)

    def worked(self) -> None:
        """A good answer came: after enough of them one place is given back."""
        with self._freed:
            self._good += 1
            if self._good >= self._regain_after and self.allowed < self._most:
                self._good = 0
                self.allowed += 1
                self._freed.notify()
