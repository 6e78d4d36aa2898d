"""The demo's servers as commands: how the sandbox and the dashboard are started and found ready."""

import socket
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from subprocess import Popen
from threading import Thread
from time import monotonic

from messages_app.demo.family import Family

HOST = "127.0.0.1"
TRIES = 100
"""Ports tried from the wanted one on."""

PAGES = ("/health/ready", "/accounts/login/")
"""What must answer: the second one shows that templates and static files are whole."""

READY_WITHIN = 60.0
"""Seconds; a first start on a slow machine takes about 5."""


class NotReady(Exception):
    """A server did not come up in time, or has no port; the text is a sentence."""


def listen(wanted: int) -> socket.socket:
    """A listening socket on `wanted` or the next free port (0: any). Raises NotReady.

    It is bound here and handed on, so that nobody can take the port in between.
    """
    for port in range(wanted, wanted + TRIES) if wanted else [0]:
        if port > 65535:
            break
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
        except OSError:
            listener.close()
            continue
        return listener
    raise NotReady(f"No port is free from {wanted} on; give another one with --port.")


def start_sandbox(
    family: Family, environment: Mapping[str, str], token: str, options: list[str]
) -> str:
    """Start the sandbox on a free port; return its address. The token is in no command line."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", *options]
    child = family.start(
        "The sandbox", command, {**environment, "SANDBOX_TOKEN": token}, piped=True
    )
    return _address(family, child)


def _address(family: Family, child: Popen[str]) -> str:
    """The address that the sandbox says when it is ready."""
    said: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(child, said), daemon=True).start()
    deadline = monotonic() + READY_WITHIN
    while monotonic() < deadline:
        family.wait(0.05)
        try:
            return said.get_nowait()
        except Empty:
            continue
    raise NotReady("The sandbox did not say where it listens.")


def _read(child: Popen[str], said: "SimpleQueue[str]") -> None:
    for line in child.stdout or ():
        if " at http://" in line:
            said.put(line.split()[-1])


def start_dashboard(
    family: Family, environment: Mapping[str, str], listener: socket.socket
) -> None:
    """Start the dashboard by gunicorn on a socket that listens already."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:dashboard.server"]
    # Options of another service on this machine must not change this one.
    without = {
        key: value
        for key, value in environment.items()
        if key not in ("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY")
    }
    without["BIND"] = f"fd://{listener.fileno()}"
    family.start("The dashboard", command, without, keep=[listener.fileno()])


def start_worker(family: Family, environment: Mapping[str, str]) -> None:
    """Start one worker, which fills the archive while the dashboard is in use."""
    family.start("The worker", [sys.executable, "manage.py", "worker"], environment)


def wait_until_ready(family: Family, port: int) -> None:
    """Return when the dashboard shows its first page. Raises NotReady, ChildEnded, Stopped."""
    deadline = monotonic() + READY_WITHIN
    while monotonic() < deadline:
        if all(_answers(port, path) for path in PAGES):
            return
        family.wait(0.1)
    raise NotReady("The dashboard does not report ready; its log stands above.")


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
