"""A clock that only sleeping moves."""

import threading
from datetime import UTC, datetime, timedelta


class FakeTime:
    """`naps` are the seconds slept. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds = 1000.0
        self.naps: list[float] = []

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds
            self.naps.append(seconds)
