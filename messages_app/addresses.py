"""Addresses whose path names a person: the number stands in them sealed, as in every address we make."""

from collections.abc import Callable

from django.urls import reverse

from messages_app.sealing import seal

NUMBER = "number"
"""The field that a path's number is sealed for."""


def conversation_path(number: str) -> str:
    """The page of all messages to and from a number; "" for a message that bears none."""
    return conversation_paths()(number)


def conversation_paths() -> Callable[[str], str]:
    """Makes such addresses for the rows of a table: the pattern is looked up only once."""
    base = reverse("conversation", args=["-"])[:-2]
    return lambda number: f"{base}{seal(NUMBER, number)}/" if number else ""
