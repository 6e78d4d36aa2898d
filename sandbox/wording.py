"""Keeps rows as they were written in an answer: a row changes a few times and is asked for often.

Knows no format: whoever writes says how.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sandbox.message import Message

_MOST = 20_000
Write = Callable[[Any], str]


class Wordings:
    """Rows as texts; safe to use from several threads."""

    def __init__(self) -> None:
        # Each value holds its message: as long as it is kept, no other can have that id.
        self._kept: dict[tuple[int, int, Write], tuple[Message, str]] = {}

    def each(self, messages: Sequence[Message], now: int, write: Write) -> list[str]:
        """Return each message's row at an instant as `write` writes it."""
        kept, found = self._kept, []
        for one in messages:
            name = id(one), one.phase(now), write
            known = kept.get(name)
            if known is None:
                if len(kept) >= _MOST:
                    kept.clear()
                known = kept[name] = one, write(one.row(now))
            found.append(known[1])
        return found


class Worded(NamedTuple):
    """The messages of an answer at an instant, to be written by words that are kept."""

    messages: Sequence[Message]
    now: int
    wordings: Wordings

    def each(self, write: Write) -> list[str]:
        """Return each row as `write` writes it."""
        return self.wordings.each(self.messages, self.now, write)
