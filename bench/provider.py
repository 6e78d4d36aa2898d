"""Stand-ins of the provider's client: one that remembers what the sandbox answers, one that repeats it.

A repeated answer costs its latency and its parsing, as over a network; the sandbox's own work is
left out of what is measured, but for questions after single rows: which they are hangs on which of
several pages came last.
"""

import pickle
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic, sleep

from messages_app.provider import Page, PageRequest
from messages_app.provider.wire import parse_json
from sandbox import Sandbox

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
"""What the sandbox's clock and ours show in every run: the same rows, settled alike."""

Asked = tuple[tuple[str, str], ...]


def page_of(body: bytes) -> Page:
    found = parse_json(body)
    return Page(
        found.records, found.bad_rows, found.total_records, found.total_display_records,
        NOW,
    )  # fmt: skip


@dataclass(slots=True)
class Recorder:
    """Asks the sandbox and remembers every body."""

    box: Sandbox
    calls: int = 0
    bodies: dict[Asked, bytes] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def page(self, request: PageRequest) -> Page:
        params = request.params()
        body = self.box.answer(params).body
        with self._lock:
            self.calls += 1
            self.bodies[tuple(params.items())] = body
        return page_of(body)

    def save(self, path: Path) -> None:
        path.write_bytes(pickle.dumps(self.bodies))


@dataclass(slots=True)
class Replay:
    """Gives the remembered answers, each `latency` seconds after it was asked for."""

    bodies: dict[Asked, bytes]
    latency: float
    box: Sandbox
    calls: int = 0
    answers: list[bytes] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def load(cls, path: Path, latency: float, box: Sandbox) -> "Replay":
        return cls(pickle.loads(path.read_bytes()), latency, box)

    def page(self, request: PageRequest) -> Page:
        return self.answer(tuple(request.params().items()))

    def answer(self, asked: Asked) -> Page:
        with self._lock:
            self.calls += 1
        due = monotonic() + self.latency
        body = self.bodies.get(asked) or self.box.answer(dict(asked)).body
        sleep(max(0.0, due - monotonic()))
        self.answers.append(body)
        return page_of(body)

    def parse_again(self) -> None:
        """Every answer given, one after the other without latency."""
        for body in self.answers:
            page_of(body)
