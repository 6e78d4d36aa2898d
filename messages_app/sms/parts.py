"""Parts and encoding of a text, by the GSM 03.38 rules; no field of the API gives them.

160 septets fit one part, 153 each of several; in Unicode (UCS-2) 70 code units and 67. Characters
of the extension table count twice. Bills go by `cost`, never by this.
"""

from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENDED


class Parts(NamedTuple):
    """How a text travels: `encoding` is "GSM-7" or "Unicode"; an empty text still is one part."""

    number: int
    encoding: str


def parts_of(text: str) -> Parts:
    letters = set(text)
    if letters <= _GSM:
        septets = len(text)
        if letters & _EXTENDED:
            septets += sum(letter in _EXTENDED for letter in text)
        return Parts(_split(septets, 160, 153), "GSM-7")
    return Parts(_split(len(text.encode("utf-16-le", "surrogatepass")) // 2, 70, 67), "Unicode")


def _split(units: int, whole: int, each: int) -> int:
    return 1 if units <= whole else -(-units // each)
