"""Child processes that live and die together: when one ends, or the parent is told to, all end.

Knows processes and signals, nothing of what the children do.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Self

from messages_app.demo.tether import tethered

GRACE = 8.0
"""Seconds that children have to end by themselves."""


class ChildEnded(Exception):
    """A child ended by itself; the text is a sentence for the operator."""


class Stopped(Exception):
    """SIGINT or SIGTERM asked for the end."""


class Family:
    """Starts children and ends them all when the `with` block is left, however that happens."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._news: SimpleQueue[str] = SimpleQueue()

    def __enter__(self) -> Self:
        self._before = {
            name: signal.signal(name, self._told) for name in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A second Ctrl-C must not interrupt the clearing up.
        for name in self._before:
            signal.signal(name, signal.SIG_IGN)
        self._end_all()
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        piped: bool = False,
        keep: Sequence[int] = (),
    ) -> subprocess.Popen[str]:
        """Start a child; call it from the main thread: the tether is tied to the thread.

        `name` is used in sentences ("The sandbox"); `piped`: its output is read by the caller;
        `keep`: file descriptors that it inherits.
        """
        child = subprocess.Popen(  # noqa: S603
            tethered(list(command)),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else None,
            text=True,
            pass_fds=tuple(keep),
            # In a group of its own: a Ctrl-C reaches the parent alone, which ends them in order.
            start_new_session=True,
        )
        self._children[name] = child
        Thread(target=self._watch, args=(name, child), daemon=True).start()
        return child

    def wait(self, seconds: float | None = None) -> None:
        """Wait for news: raises ChildEnded or Stopped; returns after `seconds` without any."""
        try:
            name = self._news.get(timeout=seconds)
        except Empty:
            return
        if name not in self._children:
            raise Stopped
        raise ChildEnded(f"{name} ended ({_how(self._children[name].wait())}).")

    def _told(self, *_: object) -> None:
        self._news.put("")

    def _watch(self, name: str, child: subprocess.Popen[str]) -> None:
        child.wait()
        self._news.put(name)

    def _end_all(self) -> None:
        for child in reversed(self._children.values()):
            child.terminate()
        deadline = monotonic() + GRACE
        for child in self._children.values():
            try:
                child.wait(max(0.0, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            if child.stdout:
                child.stdout.close()


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
