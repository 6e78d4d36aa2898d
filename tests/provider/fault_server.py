"""A raw-socket server that misbehaves as told, byte by byte; plain or TLS, on a free port.

Each request takes the next step of the script, the last step again and again. A step gets the
connection and may send anything; it returns True to keep the connection open.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[["Connection"], bool | None]


@dataclass
class Connection:
    """One accepted connection. `request` is the head of the request that is being answered."""

    sock: socket.socket
    stopping: threading.Event
    number: int
    request: bytes = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def rest(self, seconds: float) -> None:
        """Wait, but no longer than the test lasts."""
        self.stopping.wait(seconds)

    def reset(self) -> None:
        """Close so that the other side gets ECONNRESET."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def read_head(self) -> bool:
        self.request = b""
        while b"\r\n\r\n" not in self.request:
            part = self.sock.recv(65536)
            if not part:
                return False
            self.request += part
        return True


class FaultServer:
    """Serves until closed. `requests` are the heads received, `connections` how many came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._steps: list[Step] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._socks: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def script(self, *steps: Step) -> None:
        with self._lock:
            self._steps = list(steps)

    def close(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            socks = list(self._socks)
        for sock in socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._socks.append(sock)
                self._start(self._serve, sock, self.connections)

    def _serve(self, sock: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), sock:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
                with self._lock:
                    self._socks.append(sock)
            with sock:
                connection = Connection(sock, self._stopping, number)
                while connection.read_head() and self._next(connection)(connection):
                    pass

    def _next(self, connection: Connection) -> Step:
        with self._lock:
            self.requests.append(connection.request)
            return self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]


def head(status: str = "200 OK", **headers: str) -> bytes:
    """A response head; `Content_Type="…"` becomes the header `Content-Type`."""
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def reply(body: bytes = b"", status: str = "200 OK", *, keep: bool = True, **headers: str) -> Step:
    """A whole, correct answer."""
    headers = {"Content_Length": str(len(body)), **headers}
    return raw(head(status, **headers) + body, keep=keep)


def raw(data: bytes, *, keep: bool = False) -> Step:
    """Exactly these bytes, then the end of the connection unless kept."""

    def step(connection: Connection) -> bool:
        connection.send(data)
        return keep

    return step


def reset(data: bytes = b"") -> Step:
    """These bytes, then a reset."""

    def step(connection: Connection) -> None:
        connection.send(data)
        connection.rest(0.05)  # or the reset would overtake the bytes
        connection.reset()

    return step


def drip(start: bytes, piece: bytes, *, every: float = 0.05, times: int = 400) -> Step:
    """`start` at once, then `piece` again and again."""

    def step(connection: Connection) -> None:
        connection.send(start)
        for _ in range(times):
            if connection.stopping.wait(every):
                return
            connection.send(piece)

    return step


def silence(connection: Connection) -> None:
    """Nothing at all."""
    connection.rest(30)
