"""Processes that live and die together, with children of a line each."""

import os
import signal
import sys

import pytest

from messages_app.demo import family as module
from messages_app.demo.family import ChildEnded, Family, Stopped
from messages_app.demo.servers import HOST, NotReady, listen
from messages_app.demo.tether import tethered
from tests.demo.running import gone

SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
STUBBORN = [
    sys.executable, "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\n"
    "while True: signal.pause()",
]  # fmt: skip


def started(family: Family, name: str, command: list[str]) -> int:
    """Start a child, wait for its first word, return its process id."""
    child = family.start(name, command, os.environ, piped=True)
    assert child.stdout
    assert child.stdout.readline() == "up\n"
    return child.pid


def test_when_one_ends_the_others_are_ended():
    with Family() as family:
        pid = started(family, "The first", SLEEPER)
        family.start("The second", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
        with pytest.raises(ChildEnded, match=r"^The second ended \(exit status 3\)\.$"):
            family.wait(30)
    assert gone([pid])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all(how):
    before = signal.getsignal(how)
    with Family() as family:
        pid = started(family, "The first", SLEEPER)
        os.kill(os.getpid(), how)
        with pytest.raises(Stopped):
            family.wait(30)
    assert gone([pid])
    assert signal.getsignal(how) == before


def test_who_does_not_hear_is_killed(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.2)
    with Family() as family:
        pid = started(family, "The deaf one", STUBBORN)
    assert gone([pid])


def test_an_error_in_between_leaves_no_child():
    pids = []

    def fail() -> None:
        with Family() as family:
            pids.append(started(family, "The first", SLEEPER))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert gone(pids)


def test_nothing_happens_within_the_time():
    with Family() as family:
        started(family, "The first", SLEEPER)
        family.wait(0.01)


def test_a_command_is_tied_to_its_starter():
    assert tethered(["a", "b"])[-2:] == ["a", "b"]


def test_the_next_free_port_is_taken():
    with listen(0) as first:
        port = first.getsockname()[1]
        with listen(port) as second:
            assert second.getsockname()[0] == HOST
            assert port < second.getsockname()[1] < port + 100


def test_no_free_port_is_a_sentence():
    with pytest.raises(NotReady, match="--port"):
        listen(70000)
