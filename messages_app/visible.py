"""Makes characters that hide or reorder text visible: anyone can send us a message.

Control, bidirectional and zero-width characters would let a text show other words than it has.
They become a named mark; what is left is plain text, which the templates escape and isolate.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# Zero-width joiner and the variation selectors build emoji and Indic letters: they stay.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u180e\u200b\u200c\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class Piece(NamedTuple):
    """A run of text, or one hidden character as its code, such as U+202E, with its name."""

    text: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """Cut `text` into visible runs and named hidden characters, in order."""
    last = 0
    for found in _HIDDEN.finditer(text):
        if found.start() > last:
            yield Piece(text[last : found.start()])
        yield Piece(
            f"U+{ord(found[0]):04X}", unicodedata.name(found[0], "control character").lower()
        )
        last = found.end()
    if last < len(text):
        yield Piece(text[last:])


def one_line(text: str) -> str:
    """`text` on one line for a table cell; hidden characters as a visible stand-in."""
    return " ".join(_HIDDEN.sub("\u2423", text).split())
