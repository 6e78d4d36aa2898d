"""A sandbox that measures its own load: calls at the same time, and starts a second."""

from collections.abc import Mapping
from threading import Lock
from time import monotonic

from sandbox.box import Answer, Sandbox, Turn


class MeteredSandbox(Sandbox):
    """Counts a call from when it came in until its answer is ready. Start anew with `reset`."""

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self._metering = Lock()
        self.reset()

    def reset(self) -> None:
        with self._metering:
            self._busy = self.peak_parallel = 0
            self.starts: list[float] = []

    def begin(self) -> Turn:
        with self._metering:
            self._busy += 1
            self.peak_parallel = max(self.peak_parallel, self._busy)
            self.starts.append(monotonic())
        return super().begin()

    def read(self, turn: Turn, query: str, headers: Mapping[str, str]) -> Answer:
        answer = super().read(turn, query, headers)
        with self._metering:
            self._busy -= 1
        return answer

    @property
    def peak_second(self) -> int:
        """The most starts within any second."""
        starts, first, most = self.starts, 0, 0
        for last, start in enumerate(starts):
            while starts[first] <= start - 1:
                first += 1
            most = max(most, last - first + 1)
        return most

    def rate(self, since: float, until: float) -> float:
        """Starts a second between two times of the monotonic clock."""
        return sum(since <= start < until for start in self.starts) / (until - since)
