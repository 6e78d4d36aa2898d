"""Threads that take steps while their caller works on what came of the earlier ones.

    caller ──steps──▶ threads: look(step) ──┬──▶ what is final ──▶ caller
                         ▲                  └──▶ further steps
                         └───────────────────────────┘

So a caller that stores, for half a second at a time, does not leave the provider idle. What is urgent
goes past all that waits, with whatever it leads to. Knows nothing of windows and no database: the
caller's connection stays in the caller's thread.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from types import TracebackType
from typing import Generic, Self, TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")

AHEAD = 6
"""Results that may wait for the caller: memory is for no more, and a busy caller needs no less."""


class Crew(Generic[Step, Result]):
    """`size` threads that `look` at steps; a context manager, whose end waits for calls under way.

    `look` returns what is final and the further steps that a step leads to. Further ones come before
    those that wait, so that what is begun is soon whole. A crew of one works in turn with its caller:
    it takes no step while the caller has a result in hand.
    """

    def __init__(self, look: Callable[[Step], tuple[list[Result], list[Step]]], size: int) -> None:
        self._look, self._size = look, size
        self._ahead = AHEAD if size > 1 else 0
        self._change = Condition()
        self._steps: dict[bool, deque[Step]] = {True: deque(), False: deque()}
        """By whether they are urgent, as `_running`."""
        self._results: deque[Result] = deque()
        self._running = {True: 0, False: 0}
        self._is_awaited = False
        self._error: BaseException | None = None
        self._is_over = False
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="window")

    def __enter__(self) -> Self:
        for _ in range(self._size):
            self._pool.submit(self._work)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._pool.shutdown()

    def has_room(self, *, urgent: bool = False) -> bool:
        """Whether threads may soon have nothing to do, or nothing urgent: as many steps as threads
        wait ahead."""
        with self._change:
            most = self._size * 2 if self._ahead else 1
            kinds = (True,) if urgent else (True, False)
            under_way = sum(self._running[kind] + len(self._steps[kind]) for kind in kinds)
            return not self._error and under_way < most

    def has_patient(self) -> bool:
        """Whether steps that are not urgent wait or are looked at."""
        with self._change:
            return bool(self._running[False] or self._steps[False])

    def add(self, step: Step, *, urgent: bool = False) -> None:
        """Let a step wait behind all others of its kind."""
        with self._change:
            self._steps[urgent].append(step)
            self._change.notify_all()

    def is_done(self) -> bool:
        """Whether nothing is left to do or to draw. Raises what a step raised, after all results."""
        with self._change:
            if self._results or (self._is_running() and not self._error):
                return False
            if self._error:
                raise self._error
            return not self._is_waiting()

    def results(self, timeout: float) -> Iterator[Result]:
        """The next that is final, if any is within `timeout` seconds.

        One at a time: who is slower than the threads would else never get to anything besides.
        """
        with self._change:
            self._is_awaited = True
            self._change.notify_all()
            self._change.wait_for(self._has_news, timeout)
            self._is_awaited = False
            found = [self._results.popleft()] if self._results else []
            self._change.notify_all()
        yield from found

    def _is_running(self) -> bool:
        return any(self._running.values())

    def _is_waiting(self) -> bool:
        return any(self._steps.values())

    def _has_news(self) -> bool:
        return bool(self._results or self._error or not (self._is_running() or self._is_waiting()))

    def _stop(self, error: BaseException | None = None) -> None:
        with self._change:
            self._is_over = True
            self._error = self._error or error
            self._change.notify_all()

    def _may_begin(self) -> bool:
        if self._is_over or not self._is_waiting():
            return self._is_over
        if self._ahead:
            return len(self._results) <= self._ahead
        return self._is_awaited and not self._results

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(self._may_begin)
                if self._is_over:
                    return
                urgent = bool(self._steps[True])
                step = self._steps[urgent].popleft()
                self._running[urgent] += 1
            try:
                results, steps = self._look(step)
            except BaseException as error:
                results, steps = [], []
                self._stop(error)
            with self._change:
                self._running[urgent] -= 1
                self._results.extend(results)
                self._steps[urgent].extendleft(reversed(steps))
                self._change.notify_all()
