"""Puts an answer on the wire, whole or as the transport faults F1-F11 spoil it.

Knows nothing of what the body means.
"""

import socket
import struct
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

from sandbox.box import Answer, Turn
from sandbox.faults import LINE_FAULTS

if TYPE_CHECKING:
    from sandbox.server import Handler

_CHUNKED = {"Transfer-Encoding": "chunked"}
_CLOSING = {"Connection": "close"}
# Closing with this option set sends a reset instead of an orderly end.
_RESETTING = struct.pack("ii", 1, 0)


def send(handler: "Handler", answer: Answer, turn: Turn, stopping: Event) -> None:
    """Send an answer under the faults that apply; `stopping` ends endless ones."""
    for name, spoiled in _FAULTS.items():
        if name in turn.active:
            handler.close_connection = True
            spoiled(_Line(handler, answer, turn.faults.drip_pause, stopping))
            return
    handler.respond_with(answer)
    if "hang_up" in turn.active:
        handler.close_connection = True


class _Line:
    """One answer on its way, and the ways to send it badly."""

    def __init__(self, handler: "Handler", answer: Answer, pause: float, stopping: Event) -> None:
        self.handler, self.answer = handler, answer
        self.pause, self.stopping = pause, stopping
        self.half = answer.body[: (len(answer.body) + 1) // 2]

    def write(self, data: bytes) -> None:
        self.handler.wfile.write(data)

    def down(self) -> None:
        """Say nothing at all."""

    def silence(self) -> None:
        # Returns when the client goes away, or when the server ends the connection.
        self.handler.connection.recv(1)

    def drip_body(self) -> None:
        self.write(self._head(self._length()))
        self._drip(self.answer.body)

    def drip_headers(self) -> None:
        self._drip(self._head(self._length()) + self.answer.body)

    def reset(self) -> None:
        self.write(self._head(self._length()) + self.half)
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETTING)
        self.handler.connection.close()

    def cut_length(self) -> None:
        self.write(self._head(self._length()) + self.half)

    def cut_chunked(self) -> None:
        self.write(self._head(_CHUNKED) + _chunk(self.half))

    def cut_close(self) -> None:
        self.write(self._head(_CLOSING) + self.half)

    def endless(self) -> None:
        self.write(self._head(_CHUNKED) + _chunk(self.half))
        for _ in count():
            if self.stopping.is_set():
                return
            self.write(_chunk(b" " * 65_536))

    def _length(self) -> dict[str, str]:
        return {"Content-Length": str(len(self.answer.body))}

    def _head(self, more: dict[str, str]) -> bytes:
        return self.handler.head(self.answer, more)

    def _drip(self, data: bytes) -> None:
        for place in range(len(data)):
            self.write(data[place : place + 1])
            if self.stopping.wait(self.pause):
                return


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


_FAULTS = {name: getattr(_Line, name) for name in LINE_FAULTS}
