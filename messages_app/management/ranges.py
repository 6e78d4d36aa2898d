"""`--from D --to D` of the commands, read as the dashboard reads its dates."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from messages_app.archive.windows import Window
from messages_app.fields import WallTimeField


def add_range(parser: ArgumentParser) -> None:
    """Declare the two options."""
    given = "YYYY-MM-DD, or with HH:MM[:SS], in the provider's zone"
    parser.add_argument("--from", dest="first", required=True, metavar="D", help=given)
    parser.add_argument("--to", dest="last", required=True, metavar="D", help=f"{given}; included")


def add_same_account(parser: ArgumentParser) -> None:
    """Declare the option that says so where token or address changed."""
    parser.add_argument(
        "--same-account", action="store_true",
        help="the token or address changed, the account did not: go on with this archive",
    )  # fmt: skip


def range_of(options: Mapping[str, Any]) -> Window:
    """The range asked for, both seconds included. Raises CommandError with a sentence."""
    start = _time("--from", options["first"], ends=False)
    end = _time("--to", options["last"], ends=True)
    if start > end:
        raise CommandError("--to lies before --from.")
    return Window(start, end)


def _time(name: str, text: str, *, ends: bool) -> datetime:
    try:
        found = WallTimeField(ends=ends, required=True).clean(text)
    except ValidationError as error:
        raise CommandError(f"{name}: {' '.join(error.messages)}") from None
    assert isinstance(found, datetime)
    return found
