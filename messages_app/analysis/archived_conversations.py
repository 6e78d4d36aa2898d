"""A conversation from the archive: some rows by number and time, read off two indexes, and its figures.

Equal to the pure functions of `conversations` over all rows of the number. Whether the archive covers
the question is for others to say. A question here names its number as `destination`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from messages_app.analysis.conditions import of_type
from messages_app.analysis.conversations import (
    UNREAD,
    Own,
    Place,
    Stretch,
    place_of,
    sent_of,
    stretch,
)
from messages_app.analysis.metrics import together
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import figures_archived
from messages_app.analysis.statuses import INCOMING_TYPE, OUTGOING
from messages_app.archive.rows import ArchivedRecord, read_rows
from messages_app.models import Message
from messages_app.provider import MessageRecord
from messages_app.sms.terms import DELIVERED, MO, MT

SECOND = timedelta(seconds=1)


def sent_to(query: MessageQuery) -> MessageQuery:
    """The number's outgoing messages, as a question of its own."""
    return query.but(type=OUTGOING)


def received_from(query: MessageQuery) -> MessageQuery:
    """Its incoming messages."""
    return query.but(destination="", sender=query.destination, type=INCOMING_TYPE)


def archived_stretch(query: MessageQuery, before: Place | None, size: int) -> Stretch:
    """The latest `size` rows in front of a place, and what their replies may answer."""
    found = stretch(archived_rows(query, before, size), before, size)
    return Stretch(found.rows, (*_answered(query, found), *found.earlier), found.before)


def archived_rows(query: MessageQuery, before: Place | None, size: int) -> list[ArchivedRecord]:
    """The latest rows of either direction in front of a place, one more than `size` of each."""
    keys = [
        key
        for side in (_outgoing(query), _incoming(query))
        for key in _latest(side, before, size + 1)
    ]
    return read_rows(keys)


def _outgoing(query: MessageQuery) -> QuerySet[Message]:
    """What went to the number; of whatever type that is no incoming one."""
    to_number = Q(destination=query.destination) & ~of_type(MO)
    return Message.objects.filter(to_number, date__range=query.span)


def _incoming(query: MessageQuery) -> QuerySet[Message]:
    from_number = Q(sender=query.destination) & of_type(MO)
    return Message.objects.filter(from_number, date__range=query.span)


def _latest(rows: QuerySet[Message], before: Place | None, most: int) -> list[int]:
    """Keys of the latest rows in front of a place: both indexes end with the time and the key."""
    if before is not None:
        same = Q(date=before.date, key__lt=before.key)
        rows = rows.filter(Q(date__lte=before.date) & (Q(date__lt=before.date) | same))
    return list(rows.order_by("-date", "-key").values_list("key", flat=True)[:most])


def _answered(query: MessageQuery, found: Stretch) -> list[ArchivedRecord]:
    """Messages before a stretch that replies in it may answer and that are not at hand yet."""
    replies = [record for record in found.rows if record.type == MO]
    if not replies or found.before is None:
        return []
    first = place_of((*found.earlier, *found.rows)[0])
    sent = _outgoing(query).filter(of_type(MT))
    keys = _latest(sent.exclude(state__in=UNREAD), first, 1)
    campaigns = {record.campaign_id for record in replies} - {None}
    campaigns -= {record.campaign_id for record in found.rows if record.type == MT}
    if campaigns:
        keys += _latest(
            sent.filter(campaign_id__in=sorted(filter(None, campaigns))), first, len(campaigns)
        )
    return sorted(read_rows(dict.fromkeys(keys)), key=place_of)


def archived_opt_out(query: MessageQuery) -> datetime | None:
    """The second of the number's first opt-out."""
    found = _incoming(query).filter(is_opt_out=True).order_by("date", "key")
    return found.values_list("date", flat=True).first()


def archived_own(query: MessageQuery) -> Own:
    """The number's own figures."""
    opted_out = archived_opt_out(query)
    sent = sent_to(query)
    found = together((figures_archived(sent), figures_archived(received_from(query))))
    return Own(found, _last_delivered(query), opted_out, _disregarding(sent, opted_out))


def _last_delivered(query: MessageQuery) -> MessageRecord | None:
    delivered = _outgoing(query).filter(of_type(MT), state=DELIVERED)
    rows: Sequence[MessageRecord] = read_rows(_latest(delivered, None, 1))
    return rows[0] if rows else None


def _disregarding(sent: MessageQuery, opted_out: datetime | None) -> int:
    if opted_out is None or opted_out >= sent.span[1]:
        return 0
    return sent_of(figures_archived(sent.within(opted_out + SECOND, sent.span[1]), timed=False))


def new_rows(records: Sequence[MessageRecord]) -> list[MessageRecord]:
    """Those of some rows that the archive does not hold."""
    keys = [place_of(record).key for record in records]
    held = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    return [record for record, key in zip(records, keys, strict=True) if key not in held]
