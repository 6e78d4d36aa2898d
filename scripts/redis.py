"""A Redis for the tests: the one that is named, else a private one that ends with them.

None that happens to answer is used: it may hold what others count.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from scripts import debian
from scripts.private_postgres import free_port
from scripts.refusal import Refusal

MISSING = (
    "Processes that share a cache are tested on Redis; install the package redis-server and run"
    " again, or name a server in TEST_REDIS_URL."
)
STARTS_WITHIN = 60.0
"""Seconds."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a server; a private one is gone afterwards. Raises Refusal."""
    if given := os.environ.get("TEST_REDIS_URL", ""):
        yield given
        return
    if not program() and debian.can_install():
        debian.install("redis-server")
    if not (found := program()):
        raise Refusal(MISSING)
    with tempfile.TemporaryDirectory(prefix="traffic-redis-") as place:
        port = free_port()
        with _serving([found, *options(port)], Path(place), port):
            yield f"redis://127.0.0.1:{port}/0"


def program() -> str:
    """The server's program; "" where there is none. Debian's stands outside of some users' PATH."""
    return shutil.which("redis-server") or shutil.which("redis-server", path="/usr/bin") or ""


def options(port: int) -> list[str]:
    """For this machine alone, and nothing is written to a disk."""
    return ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]


@contextmanager
def _serving(command: list[str], place: Path, port: int) -> Iterator[None]:
    with (place / "log").open("w") as log:
        # In a group of its own, so that Ctrl-C does not end it before the tests' last words.
        server = subprocess.Popen(
            command, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait(server, port)
            yield
        finally:
            server.terminate()
            server.wait(30)


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = monotonic() + STARTS_WITHIN
    while monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            server.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise Refusal("The private Redis of the tests does not start.")
