"""What one cycle of a worker reads: windows of the plan, and amid them what has become urgent.

A cycle draws windows ahead and may take long over them. So the plan is made anew every POLL seconds:
what somebody has begun to look at and the present go past what waits, and what somebody has stopped
ends the cycle.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from messages_app.archive.coverage import overlap, without
from messages_app.archive.plan import LOOKED, PRESENT, Work, past_end
from messages_app.archive.sync import PlanChanged
from messages_app.archive.windows import Window

POLL = 1.0
URGENT = (LOOKED, PRESENT)

AGAIN = 30.0
"""What was drawn as urgent so lately is not due anew: it may be under way still."""


@dataclass(slots=True)
class Agenda:
    """One cycle's windows. `plan` makes the plan as of now; `stopped` tells what is not to be filled;
    `drawn` are all windows handed out so far.
    """

    plan: Callable[[], Iterator[Work]]
    stopped: Callable[[], Sequence[Window]]
    now: Callable[[], datetime]
    drawn: list[Window] = field(default_factory=list)
    _urgent: list[tuple[float, Window]] = field(default_factory=list)
    _known_stops: set[Window] = field(default_factory=set)
    _checked: float = 0.0
    _planned: float = 0.0

    def __post_init__(self) -> None:
        self._checked = self._planned = monotonic()
        self._known_stops.update(self.stopped())

    def note(self, work: Work) -> Window:
        """Note that a work is drawn; returns its window."""
        self.drawn.append(work.window)
        if work.reason in URGENT:
            self._urgent.append((monotonic(), work.window))
        return work.window

    def check(self) -> None:
        """Raises PlanChanged where somebody has stopped the filling of what is drawn."""
        if monotonic() - self._checked < POLL:
            return
        self._checked = monotonic()
        stops = set(self.stopped())
        new, self._known_stops = stops - self._known_stops, stops
        if any(overlap(stop, window) for stop in new for window in self.drawn):
            raise PlanChanged

    def urgent(self) -> Iterator[Window | None]:
        """Windows that cannot wait, as they become so; None while there is none. Never ends."""
        works: Iterator[Work] = iter(())
        while True:
            if monotonic() - self._planned >= POLL:
                self._planned = monotonic()
                works = self._due()
            work = next(works, None)
            yield None if work is None else self.note(work)

    def has_urgent(self) -> bool:
        """Whether something is urgent that is not drawn yet."""
        return next(self._due(), None) is not None

    def _due(self) -> Iterator[Work]:
        """What is urgent by the plan as of now, but for what was drawn for that a moment ago."""
        since = monotonic() - AGAIN
        under_way = [window for at, window in self._urgent if at >= since]
        for work in self.plan():
            if work.reason not in URGENT:
                return
            for piece in reversed(without(work.window, under_way)):
                if not self._is_young(piece):
                    yield Work(piece, work.reason)

    def _is_young(self, piece: Window) -> bool:
        """Whether it holds only seconds that have passed since, and cannot be covered yet."""
        now = self.now()
        return past_end(now) < piece.start <= now.replace(tzinfo=None)
