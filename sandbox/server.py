"""Serves a sandbox over HTTP/1.1 with kept connections, and a small control endpoint on loopback.

Logs nothing: requests hold numbers and texts. What goes wrong on the wire is `wire`'s affair.
"""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Event, Lock, Thread
from traceback import extract_tb
from typing import Any
from urllib.parse import urlsplit

from sandbox.box import Answer, Sandbox
from sandbox.faults import NAMES, Faults
from sandbox.wire import send

_LONGEST_BODY = 100_000
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Server(ThreadingHTTPServer):
    """An HTTP server that ends its kept connections, and their threads, when it is closed."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, box: Sandbox, host: str, port: int) -> None:
        self.box = box
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        """Return the base address, without `/messages`."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, then handle it in its own thread."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """Stay quiet when a client goes away, and name the place, no values, when we are wrong."""
        error = sys.exc_info()[1]
        if error is None or isinstance(error, OSError):
            return
        place = extract_tb(error.__traceback__)[-1]
        print(f"{type(error).__name__} in {place.name}, line {place.lineno}", file=sys.stderr)

    def close(self) -> None:
        """End every connection, then wait for their threads."""
        self.stopping.set()
        self.shutdown()
        with self._guard:
            for connection in self._open:
                _hang_up(connection)
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers `GET /messages` and the control endpoint."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a question, or show the state of the sandbox."""
        parts = urlsplit(self.path)
        if parts.path == "/messages":
            self._messages(parts.query)
        elif parts.path == "/_sandbox/calls" and self._from_loopback():
            self._reply(200, {"calls": self.server.box.calls})
        elif parts.path == "/_sandbox/faults" and self._from_loopback():
            faults = self.server.box.faults
            self._reply(200, {name: getattr(faults, name) for name in NAMES})
        else:
            self._reply(404, {"error": "Not found"})

    def do_POST(self) -> None:
        """Change faults or clock, or count calls anew; the body is a JSON object."""
        given = self._posted()
        changes = {
            "/_sandbox/faults": self._set_faults,
            "/_sandbox/clock": self._set_clock,
            "/_sandbox/reset": self._reset,
        }
        change = changes.get(self.path)
        if change is None or not self._from_loopback():
            self._reply(404, {"error": "Not found"})
            return
        try:
            if not isinstance(given, dict):
                raise TypeError("the body is no JSON object")
            change(given)
        except (TypeError, ValueError) as error:
            self._reply(400, {"error": str(error)})
            return
        self._reply(200, {"done": True})

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a request line holds numbers and texts."""

    def _messages(self, query: str) -> None:
        box, turn = self.server.box, self.server.box.begin()
        self.server.stopping.wait(turn.faults.latency)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = box.read(turn, query, headers)
        self.server.stopping.wait(turn.delay)
        send(self, answer, turn, self.server.stopping)

    def _reply(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.respond_with(Answer(status, {"Content-Type": "application/json"}, body))

    def respond_with(self, answer: Answer) -> None:
        """Send a whole answer in one go."""
        self.wfile.write(self.head(answer, {"Content-Length": str(len(answer.body))}) + answer.body)

    def head(self, answer: Answer, more: dict[str, str]) -> bytes:
        """Return status line and headers as bytes, without sending them."""
        fields = self.server.box.stamped(answer) | more
        if answer.status in (204, 304):
            fields.pop("Content-Length", None)
        phrase = _PHRASES.get(answer.status, "")
        lines = [f"{self.protocol_version} {answer.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _posted(self) -> object:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            return None
        try:
            return json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError:
            return None

    def _set_faults(self, given: dict[str, Any]) -> None:
        self.server.box.faults = Faults.from_values(given)

    def _set_clock(self, given: dict[str, Any]) -> None:
        moment = given.get("now")
        self.server.box.clock = None if moment is None else datetime.fromisoformat(moment)

    def _reset(self, _: dict[str, Any]) -> None:
        self.server.box.reset_calls()

    def _from_loopback(self) -> bool:
        return ip_address(self.client_address[0]).is_loopback


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


@contextmanager
def serving(box: Sandbox, host: str, port: int) -> Iterator[str]:
    """Serve a sandbox in a thread while the context lasts; it yields the base address."""
    server = Server(box, host, port)
    thread = Thread(target=server.serve_forever, args=(0.01,), name="sandbox")
    thread.start()
    try:
        yield server.url
    finally:
        server.close()
        thread.join()
