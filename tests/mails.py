"""Mails in tests: those that a thread still sends, and a server on a real socket that takes them."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer

from dashboard.accounts import MAIL


def sent() -> None:
    """Wait until no mail is under way."""
    for thread in threading.enumerate():
        if thread.name == MAIL:
            thread.join(60)


def link_in(text: str) -> str:
    """The path of the one link in a mail."""
    (link,) = re.findall(r"https?://[^/\s]+(/\S+)", text)
    return str(link)


class Sink(ThreadingTCPServer):
    """Takes every mail, and keeps it with whom it was for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[tuple[list[str], Message]] = []


class _Session(StreamRequestHandler):
    """As much of SMTP as a client needs to hand over mails."""

    server: Sink

    def handle(self) -> None:
        self._say("220 sink")
        people: list[str] = []
        for line in self.rfile:
            word = line.split(maxsplit=1)[0].upper() if line.strip() else b""
            if word == b"DATA":
                self._say("354 go on")
                self.server.mails.append((people, self._body()))
                people = []
            elif word == b"RCPT":
                people.append(line.decode().partition("<")[2].partition(">")[0])
            self._say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def _body(self) -> Message:
        lines = iter(self.rfile.readline, b".\r\n")
        return message_from_bytes(b"".join(lines), policy=default)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def sink() -> Iterator[Sink]:
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
