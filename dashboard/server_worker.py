"""The web server's own answers, to what never reaches Django: with headers as strict as all others.

An address that is too long, for one, is refused by gunicorn itself, which offers no setting for
the headers of such an answer.
"""

import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEADERS = (
    b"Content-Security-Policy: default-src 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"base-uri 'none'\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Cache-Control: no-store, private\r\n"
)


class Worker(ThreadWorker):
    """Gunicorn's worker with threads."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, Headed(client), addr, exc)


class Headed:
    """A connection on which whole answers are sent: HEADERS are put below the first line of each."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def sendall(self, answer: bytes) -> None:
        first, end, rest = answer.partition(b"\r\n")
        self._client.sendall(first + end + HEADERS + rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
