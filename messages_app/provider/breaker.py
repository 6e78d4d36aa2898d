"""The circuit breaker: after some failures in a row, one probe a minute, and `since` when.

It spares a provider that is down, and people from waiting for it. Knows no HTTP.
"""

import threading
from collections.abc import Callable
from datetime import datetime


class Breaker:
    """Counts failed HTTP calls in a row over all threads of a client. Thread safe."""

    def __init__(
        self,
        failures: int,
        pause: float,
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._next_probe = 0.0
        self.since: datetime | None = None

    def admits(self) -> bool:
        """Whether a call may be made now. While open, the one that is told yes is the probe.

        Nothing waits for the probe's result: a probe that dies costs one pause, and no more.
        """
        with self._lock:
            if self._failures < self._limit:
                return True
            if self._clock() < self._next_probe:
                return False
            self._next_probe = self._clock() + self._pause
            return True

    def holds_for(self) -> float:
        """Seconds until the next call may be made; 0 where it may be made now."""
        with self._lock:
            is_open = self._failures >= self._limit
            return max(0.0, self._next_probe - self._clock()) if is_open else 0.0

    def failed(self) -> None:
        with self._lock:
            self.since = self.since or self._now()
            self._failures += 1
            if self._failures == self._limit:
                self._next_probe = self._clock() + self._pause

    def worked(self) -> None:
        with self._lock:
            self._failures = 0
            self.since = None
