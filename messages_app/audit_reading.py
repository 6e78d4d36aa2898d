"""Reading the audit trail: its filters, which lines they leave, and these as cells of a file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from messages_app.analysis.conditions import is_prefix
from messages_app.audit import number_digest
from messages_app.audit_questions import MARK
from messages_app.audited import AuditLine

SECOND = timedelta(seconds=1)

SLICE = 1000
"""Lines of a file that are read at once."""

SHORTEST_START = 2
"""Digits of the shortest beginning of a number that is looked for beside it."""

COLUMNS = (
    "number", "at", "act", "user", "name", "link", "address", "question", "numbers", "about", "note",
    "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the trail is asked for; times are naive ones of the provider's zone, both included.

    `number` also finds who asked for a beginning of it; `digest` is one out of the trail.
    """

    who: str = ""
    act: str = ""
    start: datetime | None = None
    end: datetime | None = None
    number: str = ""
    digest: str = ""

    def told(self) -> str:
        """As the trail itself keeps it: reading it is recorded too."""
        times = [("from", self.start), ("to", self.end)]
        number = f"{MARK}{number_digest(self.number)}" if self.number else ""
        found = [
            ("who", self.who), ("act", self.act),
            *((name, f"{time:%Y-%m-%d %H:%M:%S}" if time else "") for name, time in times),
            ("number", number), ("digest", f"{MARK}{self.digest}" if self.digest else ""),
        ]  # fmt: skip
        return urlencode([(name, value) for name, value in found if value], safe=MARK)


def lines(asked: Filters, zone: tzinfo) -> QuerySet[AuditLine]:
    """The lines that answer, the newest first."""
    found = AuditLine.objects.order_by("-number")
    if asked.who:
        found = found.filter(Q(name__icontains=asked.who) | Q(address__icontains=asked.who))
    if asked.act:
        found = found.filter(act=asked.act)
    if asked.start:
        found = found.filter(at__gte=asked.start.replace(tzinfo=zone))
    if asked.end:
        found = found.filter(at__lt=asked.end.replace(tzinfo=zone) + SECOND)
    if asked.digest:
        found = found.filter(numbers__contains=f" {asked.digest} ")
    if asked.number:
        found = found.filter(_of_number(asked.number))
    return found


def _of_number(number: str) -> Q:
    """Lines about a number, or about numbers that begin as it does."""
    either = Q(numbers__contains=f" {number_digest(number)} ")
    if re.fullmatch("[0-9]+", number) and not is_prefix(number):
        for length in range(SHORTEST_START, len(number)):
            either |= Q(numbers__contains=f" {number_digest(number[:length] + '*')} ")
    return either


def counts(found: QuerySet[AuditLine]) -> dict[str, int]:
    """Lines by act."""
    return dict(found.order_by().values_list("act").annotate(count=Count("number")))


def sliced(found: QuerySet[AuditLine]) -> Iterator[AuditLine]:
    """Lines in the order of their numbers, either way, some at a time.

    Each slice is a statement of its own, read to its end: who takes long to read a file holds none open,
    and is not cut off by a statement's deadline.
    """
    rest, side = found, "lt" if "-number" in found.query.order_by else "gt"
    while piece := list(rest[:SLICE]):
        yield from piece
        rest = found.filter(**{f"number__{side}": piece[-1].number})


def cells(found: QuerySet[AuditLine]) -> Iterator[list[str]]:
    """Each line in the order of COLUMNS; times are UTC."""
    for line in sliced(found):
        yield [_cell(getattr(line, name)) for name in COLUMNS]


def _cell(value: str | int | datetime | None) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return "" if value is None else str(value).strip()
