"""The values that the provider client takes and gives: a request, a page, a row.

They know nothing of HTTP, JSON or XML. What is personal (numbers, texts) is in no `repr`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

MAX_LENGTH = 1000
"""The longest page that the provider documents."""

SORTABLE = ("date", "destination", "sender", "status")
SORTS = ("", *SORTABLE, *(f"-{name}" for name in SORTABLE))
"""What `sort` may be. The order among equals may differ from one answer to the next."""


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """One message as the provider reported it; the fields bear the API's names.

    Dates are naive, in the provider's zone. `cost` is in credits. A text that is absent, null or
    empty is "". `extra` holds, as raw JSON text, the fields that we do not know and the values of
    known fields that could not be understood: nothing is dropped in silence.
    """

    message_id: int
    type: str
    date: datetime
    status: str
    status_details: str = ""
    destination: str = field(default="", repr=False)
    sender: str = field(default="", repr=False)
    message: str = field(default="", repr=False)
    message_length: int | None = None
    cost: Decimal | None = None
    country: str = ""
    campaign_id: int | None = None
    client_id: int | None = None
    client_message_id: str = field(default="", repr=False)
    contact_list_id: str = ""
    dlr_date: datetime | None = None
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def status_name(self) -> str:
        """The status for comparing: filters are lower case, values come in upper case."""
        return self.status.lower()

    @property
    def state(self) -> str:
        """What the row counts as: its status here; an archive knows `withdrawn` besides."""
        return self.status_name

    @property
    def key(self) -> str:
        """What identifies a row: the ids of outgoing and incoming messages may collide."""
        return f"{self.type}:{self.message_id}"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: its place in the answer, its id if it had one, and why."""

    index: int
    message_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the provider.

    `fetched_at` (aware, UTC) is the moment the request was sent: the rows are at least as new.
    `seconds` is how long the call took; `answered_at` (aware, whole seconds) is when by the provider's
    own clock, None where it does not say. The totals are the provider's own and prove nothing.
    """

    records: tuple[MessageRecord, ...]
    bad_rows: tuple[BadRow, ...]
    total_records: int | None
    total_display_records: int | None
    fetched_at: datetime
    seconds: float = 0.0
    answered_at: datetime | None = None

    @property
    def size(self) -> int:
        """Rows in the answer, good and bad. The next page starts at `start + size`."""
        return len(self.records) + len(self.bad_rows)

    @property
    def is_empty(self) -> bool:
        """Whether there was no row at all: the one proof that the end is reached."""
        return self.size == 0


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One question to `GET /messages`. Dates are naive, in the provider's zone.

    Raises ValueError on what the provider could not understand; the error never repeats a value.
    """

    date_start: datetime
    date_end: datetime
    destination: str = field(default="", repr=False)
    message: str = field(default="", repr=False)
    type: str = ""
    country: str = ""
    status: str = ""
    start: int = 0
    length: int = 100
    sort: str = ""

    def __post_init__(self) -> None:
        if self.date_start.tzinfo or self.date_end.tzinfo:
            raise ValueError("dates are naive, in the provider's zone")
        if not 1 <= self.length <= MAX_LENGTH:
            raise ValueError(f"length is between 1 and {MAX_LENGTH}")
        if self.start < 0:
            raise ValueError("start is 0 or more")
        if self.sort not in SORTS:
            raise ValueError(f"sort is one of {', '.join(SORTS[1:])}")
        if not all(_is_sendable(text) for text in self._texts()):
            raise ValueError("a text holds half a surrogate pair and cannot be sent")

    def _texts(self) -> tuple[str, ...]:
        return (self.destination, self.message, self.type, self.country, self.status)

    def params(self) -> dict[str, str]:
        """The query of the call: dates, start and length always, the others when not default."""
        optional = {
            "destination": self.destination,
            "message": self.message,
            "type": self.type,
            "country": self.country,
            "status": self.status,
            "sort": self.sort,
        }
        return {
            "date_start": self.date_start.isoformat(" ", "seconds"),
            "date_end": self.date_end.isoformat(" ", "seconds"),
            **{name: value for name, value in optional.items() if value},
            "start": str(self.start),
            "length": str(self.length),
        }

    def at(self, start: int) -> "PageRequest":
        """The same question from another offset."""
        return replace(self, start=start)


def _is_sendable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
