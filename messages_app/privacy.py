"""What a viewer sees of numbers and texts, and the one place that hides the rest.

A `Mask` comes with each question, and whatever hands out rows or figures covers them by it: who may
not see a number is never given one. What is hidden is a `Hidden` string, so that nothing makes a link,
a search or a copy of it. Knows no request, no person and no database.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from django.utils.translation import gettext as _
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from messages_app.analysis.numbers import SHORTEST_NUMBER, region_of, shown_number
from messages_app.provider import MessageRecord
from messages_app.sms.parts import Parts, parts_of

FULL, MASKED, REDACTED, OFF = "full", "masked", "redacted", "off"

NUMBERS = (FULL, MASKED)
TEXTS = (FULL, REDACTED, OFF)
"""From the loosest to the strictest."""

BULLET = "•"
LEAST_HIDDEN = 5
"""Digits of a number that are hidden at least: fewer could be tried one by one."""

Record = TypeVar("Record", bound=MessageRecord)


@dataclass(frozen=True, slots=True)
class Mask:
    """How much is seen: of numbers one of NUMBERS, of texts one of TEXTS, and whether rows at all.

    The default is what a viewer has who may see neither number nor text: who forgets to say shows too
    little. Where no `rows` are seen, figures lead to none.
    """

    numbers: str = MASKED
    texts: str = REDACTED
    rows: bool = True

    def __post_init__(self) -> None:
        if self.numbers not in NUMBERS or self.texts not in TEXTS:
            raise ValueError(f"no such mask: {self.numbers}, {self.texts}")

    @property
    def is_open(self) -> bool:
        """Whether it hides no number and no text."""
        return self.numbers == FULL and self.texts == FULL


OPEN = Mask(FULL, FULL)
COVERED = Mask()


def mask_of(may: frozenset[str]) -> Mask:
    """The mask of a viewer with these permissions."""
    return replace(OPEN if "see_personal" in may else COVERED, rows="see_messages" in may)


def stricter(one: Mask, other: Mask) -> Mask:
    """What both let through."""
    return Mask(
        max(one.numbers, other.numbers, key=NUMBERS.index),
        max(one.texts, other.texts, key=TEXTS.index),
        one.rows and other.rows,
    )


class Hidden(str):
    """What stands in place of a personal value."""

    __slots__ = ()


class HiddenNumber(Hidden):
    """A masked number; `region` is the country (alpha-2) of its prefix, "" where it has none."""

    __slots__ = ("region",)
    region: str


class HiddenText(Hidden):
    """A masked text; `parts` and `length` (in characters) are those of the text itself."""

    __slots__ = ("length", "parts")
    length: int
    parts: Parts


def covered(record: Record, mask: Mask) -> Record:
    """The row as it is seen under a mask: numbers, texts, and whatever else may hold one."""
    if mask.is_open:
        return record
    return replace(
        record,
        destination=number(record.destination, mask),
        sender=number(record.sender, mask),
        message=text(record.message, mask),
        client_message_id=text(record.client_message_id, mask),
        status=words(record.status, mask),
        status_details=words(record.status_details, mask),
        extra=tuple((words(name, mask), text(raw, mask)) for name, raw in record.extra),
    )


def number(value: str, mask: Mask) -> str:
    """A number or sender; short codes and names are nobody's and stay."""
    if mask.numbers == FULL or not holds_number(value):
        return value
    return _masked(value) if _DIGITS.fullmatch(value) else words(value, mask)


def asked_number(value: str, mask: Mask) -> str:
    """A number or sender as a filter has it: also of what one begins with, country and one digit stay."""
    start = value.removesuffix("*")
    if mask.numbers == FULL or start == value or not _DIGITS.fullmatch(start):
        return number(value, mask)
    known = next((n for n in (1, 2, 3) if int(start[:n]) in COUNTRY_CODE_TO_REGION_CODE), 0) + 1
    if len(start) <= known:
        return value
    return Hidden(f"{start[:known]}{BULLET * (len(start) - known)}*")


def words(value: str, mask: Mask) -> str:
    """Words of the provider's, such as a reason: what looks like a number in them is masked."""
    if mask.numbers == FULL or len(value) < SHORTEST_NUMBER:
        return value
    seen, end = [], 0
    for found in _NUMBER.finditer(_in_digits(value)):
        seen += [value[end : found.start()], _masked(found[0])]
        end = found.end()
    return Hidden("".join([*seen, value[end:]])) if seen else value


def text(value: str, mask: Mask) -> str:
    """A text that somebody wrote: away, or without digits, links and addresses; no text stays none."""
    if mask.is_open or not value:
        return value
    if mask.texts == OFF:
        seen = _("[text hidden]")
    else:
        seen = _redacted(value) if mask.texts == REDACTED else words(value, mask)
    hidden = HiddenText(seen)
    hidden.length, hidden.parts = len(value), parts_of(value)
    return hidden


_NUMBER = re.compile(rf"\+?\(?\d(?:[\W_]*+\d){{{SHORTEST_NUMBER - 1},}}")
"""Digits as people and programs write numbers: in groups, with whatever is no letter between them.

Possessive, and without a bound between two digits: a long text is passed over a few times at most.
"""

_DIGITS = re.compile(r"\+?[0-9]+")


def holds_number(value: str) -> bool:
    """Say whether a value has so many digits in a row that they may be somebody's number."""
    return len(value) >= SHORTEST_NUMBER and _NUMBER.search(_in_digits(value)) is not None


def asks_for_number(value: str) -> bool:
    """Say whether a sender to filter by may be somebody's number, or the beginning of one.

    A name that goes on in digits could be completed digit by digit where a number stands behind it.
    """
    stem = value.strip().rstrip("* ")
    is_beginning = stem != value.strip() and not stem[-1:].isalpha()
    return is_beginning or holds_number(value)


def _in_digits(value: str) -> str:
    """The value, place by place, with circled and superscript digits as digits, other numerals as marks."""
    return value if value.isascii() else "".join(map(_in_digit, value))


@lru_cache(maxsize=4096)
def _in_digit(letter: str) -> str:
    is_numeral = unicodedata.category(letter) in ("No", "Nl")
    return str(unicodedata.digit(letter, BULLET)) if is_numeral else letter


@lru_cache(maxsize=16384)
def _masked(value: str) -> HiddenNumber:
    """`+33 6 •• •• •• 78`: the country, the first digit and the last two, as far as enough is hidden."""
    digits = "".join(str(unicodedata.decimal(one)) for one in value if one.isdecimal())
    shown = shown_number(digits)
    country, blank, national = shown.partition(" ") if shown[0] == "+" else ("", "", shown)
    places = [at for at, one in enumerate(national) if one.isdecimal()]
    first = 1 if country and len(places) >= LEAST_HIDDEN + 3 else 0
    last = min(2, max(0, len(places) - first - LEAST_HIDDEN))
    hidden = set(places[first : len(places) - last])
    seen = "".join(BULLET if at in hidden else one for at, one in enumerate(national))
    found = HiddenNumber(f"{country}{blank}{seen}")
    found.region = region_of(digits)
    return found


# Each begins where a word does, so that a long text without any is passed over once.
_LINK = re.compile(
    r"(?<![\w+.\-])(?:[a-z][a-z0-9+.\-]*+://\S+|www\.\S+"
    r"|[\w\-]++(?:\.[\w\-]++)*\.[^\W\d_]{2,}(?::\d+)?(?:[/?#]\S*)?)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?<![^\s@<>\"(),;])[^\s@<>\"(),;]++@[^\s@<>\"(),;]+")


def _redacted(value: str) -> str:
    value = _ADDRESS.sub(_("[address]"), value)
    value = _LINK.sub(_("[link]"), value)
    # Every number that there is a sign for, circled and superscript ones included.
    return "".join(BULLET if unicodedata.category(one)[0] == "N" else one for one in value)
