"""Processes that live and end together: when one ends, the others are ended too, and no orphan stays."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE = 10.0
"""Seconds that a process gets to end by itself before it is killed."""

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl


def die_with_parent() -> None:
    """Run in a new child: it is ended with its parent, also when that is killed without a word."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


@dataclass(slots=True)
class Family:
    """The processes by name, in the order in which they were started."""

    members: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def start(
        self, name: str, command: list[str], env: Mapping[str, str], *, listen: bool = False
    ) -> subprocess.Popen[str]:
        """Start a member. With `listen` its output is a pipe to read, else it goes where ours goes."""
        process = subprocess.Popen(
            command, env=dict(env), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if listen else None, preexec_fn=die_with_parent,
        )  # fmt: skip
        self.members[name] = process
        return process

    def watch(self) -> str:
        """Wait until a member ends by itself, and return its name."""
        while True:
            for name, process in self.members.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.2)

    def end(self) -> None:
        """End every member, the youngest first; one that does not hear is killed."""
        youngest_first = list(self.members.values())[::-1]
        for process in youngest_first:
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + PATIENCE
        for process in youngest_first:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def free_port(wanted: int) -> int:
    """`wanted`, or the next port that nobody uses; 0 takes any."""
    for port in range(wanted, wanted + 50) if wanted else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"no free port from {wanted} on")


def answers(url: str, patience: float, family: Family) -> bool:
    """Wait until `url` answers with success; False when a member ends or patience does."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            with urlopen(url, timeout=2):
                return True
        except (URLError, OSError):
            if any(process.poll() is not None for process in family.members.values()):
                return False
            time.sleep(0.1)
    return False
