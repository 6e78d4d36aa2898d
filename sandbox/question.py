"""The parameters of `GET /messages`, checked: a question to the traffic, or the reason it is refused.

Knows nothing of rows. Where the provider's page is silent, the guess stands beside the check.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.clock import NEVER, parse_wall
from sandbox.faults import Faults

MOST, USUAL = 1000, 100  # page size: stated maximum and default
SORTS = ("date", "destination", "sender", "status")
STATUSES = ("delivered", "sent", "waiting", "moderation", "denied", "not_sent", "undelivered")
TYPES = {"messages-in": True, "messages-out": False}
DEFAULT_SORT = "-date"  # a guess: the page names no order


class BadParameterError(Exception):
    """A parameter that cannot be understood; its text names it and never repeats its value."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: walls `low` to `high` included, filters (None: any), order and page."""

    low: int
    high: int
    destination: str | None = None
    message: str | None = None
    incoming: bool | None = None
    country: str | None = None
    status: str | None = None
    sort: str = "date"
    descending: bool = True
    start: int = 0
    length: int = USUAL
    match_destination: str = "exact"
    match_message: str = "blind"

    @property
    def filtered(self) -> bool:
        """Tell whether anything but the dates narrows the rows."""
        return any(
            value is not None
            for value in (self.destination, self.message, self.incoming, self.country, self.status)
        )

    @classmethod
    def read(cls, params: Mapping[str, str], faults: Faults) -> "Question":
        """Read parameters under the guesses of `faults`; raises BadParameterError."""
        given = {name: value for name, value in params.items() if value != ""}
        sort = given.get("sort", DEFAULT_SORT)
        return cls(
            low=_low(given, faults.start_bound),
            high=_high(given, faults.end_bound),
            destination=given.get("destination"),
            message=given.get("message"),
            incoming=_incoming(given),
            country=_country(given),
            status=_status(given),
            sort=_sort(sort.removeprefix("-")),
            descending=sort.startswith("-"),
            start=_whole(given, "start", 0),
            length=min(_whole(given, "length", USUAL), MOST, faults.cap),
            match_destination=faults.match_destination,
            match_message=faults.match_message,
        )


def _date(given: Mapping[str, str], name: str) -> int:
    try:
        return parse_wall(given[name])
    except KeyError:
        raise BadParameterError(f"{name} is required") from None
    except ValueError:
        raise BadParameterError(f"{name} is not a valid date (Y-m-d H:i:s)") from None


def _low(given: Mapping[str, str], bound: str) -> int:
    wall = _date(given, "date_start")
    return 0 if bound == "ignored" else wall + (bound == "exclusive")


def _high(given: Mapping[str, str], bound: str) -> int:
    wall = _date(given, "date_end")
    return NEVER if bound == "ignored" else wall - (bound == "exclusive")


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadParameterError(f"{name} is not a positive integer")
    return int(text)


def _incoming(given: Mapping[str, str]) -> bool | None:
    if "type" not in given:
        return None
    if given["type"] not in TYPES:
        raise BadParameterError("type is not valid")
    return TYPES[given["type"]]


def _country(given: Mapping[str, str]) -> str | None:
    code = given.get("country")
    if code is not None and not (code.isascii() and code.isalpha() and len(code) == 2):
        raise BadParameterError("country is not an alpha2 code")
    return code and code.upper()


def _status(given: Mapping[str, str]) -> str | None:
    status = given.get("status")
    if status is not None and status.lower() not in STATUSES:
        raise BadParameterError("status is not valid")
    return status and status.upper()


def _sort(name: str) -> str:
    if name not in SORTS:
        raise BadParameterError("sort is not valid")
    return name
