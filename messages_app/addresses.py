"""Addresses whose path names a person, or a message that is masked: both stand in them sealed."""

import re
from collections.abc import Callable
from datetime import datetime

from django.urls import reverse

from messages_app.sealing import PREFIX, BrokenSeal, seal, unseal

NUMBER, ROW = "number", "row"
"""The fields that a path's number, and a masked message's key, are sealed for."""


class SealedPath:
    """A sealed value as a part of a path; nothing else is one."""

    regex = re.escape(PREFIX) + "[A-Za-z0-9_-]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def sealed_row(key: str, date: datetime | None) -> str:
    """A message's key ("type:id") for a path; with its second, if known, by which a live look-up finds it."""
    return seal(ROW, f"{key} {date:%Y-%m-%d %H:%M:%S}" if date else key)


def opened_row(sealed: str) -> tuple[str, int, str]:
    """Type, id and second of what `sealed_row` made. Raises BrokenSeal."""
    key, _blank, second = unseal(ROW, sealed).partition(" ")
    kind, _colon, digits = key.partition(":")
    if not digits.isdecimal():
        raise BrokenSeal(ROW)
    return kind, int(digits), second


def conversation_path(number: str) -> str:
    """The page of all messages to and from a number; "" for a message that bears none."""
    return conversation_paths()(number)


def conversation_paths() -> Callable[[str], str]:
    """Makes such addresses for the rows of a table: the pattern is looked up only once."""
    base = reverse("conversation", args=["-"])[:-2]
    return lambda number: f"{base}{seal(NUMBER, number)}/" if number else ""
