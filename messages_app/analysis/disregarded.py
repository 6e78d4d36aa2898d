"""Messages that were sent, or are to be, to people who had opted out: told by the archive alone.

Equal to `conversations.disregards` over all rows of each number; an opt-out counts as long as its number is
kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from messages_app.analysis.archived_order import reading
from messages_app.analysis.conditions import narrowed, of_type
from messages_app.analysis.conversations import UNSENT
from messages_app.analysis.query import MessageQuery
from messages_app.archive.rows import read_rows
from messages_app.models import Message
from messages_app.provider import MessageRecord
from messages_app.sms.terms import MO, MT


@dataclass(frozen=True, slots=True)
class Disregard:
    """A message, and the second of the opt-out that it came after."""

    record: MessageRecord
    opted_out: datetime


@dataclass(frozen=True, slots=True)
class Disregarded:
    """How many there are, and the latest of them, newest first."""

    count: int
    latest: Sequence[Disregard]


def disregarded(query: MessageQuery, most: int) -> Disregarded:
    """The question's outgoing messages after an opt-out; at most so many are listed."""
    rows = _rows(query)
    keys = list(rows.order_by("-date", "-key").values_list("key", flat=True)[:most])
    found = read_rows(keys)
    first = _first_opt_outs({record.destination for record in found})
    return Disregarded(
        rows.count() if len(keys) == most else len(keys),
        [Disregard(record, first[record.destination]) for record in found],
    )


def _rows(query: MessageQuery) -> QuerySet[Message]:
    """Few people opt out: their numbers lead to their messages, whatever else there is."""
    before = _opt_outs().filter(sender=OuterRef("destination"), date__lt=OuterRef("date"))
    sent = Q(date__range=query.span) & narrowed(query) & of_type(MT) & ~Q(state__in=UNSENT)
    rows = Message.objects.filter(
        sent, Exists(before), destination__in=_opt_outs().values("sender").distinct()
    )
    return reading(rows, "message_destination")


def _opt_outs() -> QuerySet[Message]:
    """All opt-outs, by an index that holds nothing else."""
    return Message.objects.filter(of_type(MO), is_opt_out=True).exclude(sender="")


def _first_opt_outs(numbers: set[str]) -> dict[str, datetime]:
    found = _opt_outs().filter(sender__in=numbers).values_list("sender")
    return dict(found.annotate(Min("date")).order_by())
