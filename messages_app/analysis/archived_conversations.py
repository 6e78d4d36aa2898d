"""A conversation from the archive: some rows by number and time, read off two indexes, and its figures.

Equal to the pure functions of `conversations` over all rows of the number. Whether the archive covers
the question is for others to say. A question here names its number as `destination`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from messages_app.analysis.archived_order import reading
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
    rows = Message.objects.filter(to_number, date__range=query.span)
    return reading(rows, "message_destination")


def _incoming(query: MessageQuery) -> QuerySet[Message]:
    from_number = Q(sender=query.destination) & of_type(MO)
    return reading(Message.objects.filter(from_number, date__range=query.span), "message_sender")


def _latest(rows: QuerySet[Message], before: Place | None, most: int) -> list[int]:
    """Keys of the latest rows in front of a place: both indexes end with the time and the key."""
    if before is not None:
        rows = rows.filter(_in_front(before))
    return list(rows.order_by("-date", "-key").values_list("key", flat=True)[:most])


def _in_front(place: Place) -> Q:
    same = Q(date=place.date, key__lt=place.key)
    return Q(date__lte=place.date) & (Q(date__lt=place.date) | same)


def _latest_of_each(rows: QuerySet[Message], campaigns: set[int], before: Place) -> list[int]:
    """Keys of the latest row of each campaign in front of a place."""
    latest = Window(
        RowNumber(), partition_by=F("campaign_id"), order_by=[F("date").desc(), F("key").desc()]
    )
    rows = rows.filter(_in_front(before), campaign_id__in=sorted(campaigns))
    return list(rows.annotate(rank=latest).filter(rank=1).values_list("key", flat=True))


def _answered(query: MessageQuery, found: Stretch) -> list[ArchivedRecord]:
    """Messages before a stretch that replies in it may answer and that are not at hand yet."""
    replies = [record for record in found.rows if record.type == MO]
    if not replies or found.before is None:
        return []
    at_hand = [record for record in (*found.earlier, *found.rows) if record.type != MO]
    if not at_hand:
        return []
    # Either direction is at hand back to a place of its own: all that lies before it may be answered.
    first = place_of(at_hand[0])
    sent = _outgoing(query).filter(of_type(MT))
    keys = _latest(sent.exclude(state__in=UNREAD), first, 1)
    if campaigns := _unknown_campaigns(replies, at_hand):
        keys += _latest_of_each(sent, campaigns, first)
    return sorted(read_rows(dict.fromkeys(keys)), key=place_of)


def _unknown_campaigns(
    replies: Sequence[MessageRecord], at_hand: Sequence[MessageRecord]
) -> set[int]:
    """Campaigns that replies name, of which no message at hand was there before the reply."""
    begun: dict[int, Place] = {}
    for record in at_hand:
        if record.type == MT and record.campaign_id is not None:
            begun.setdefault(record.campaign_id, place_of(record))
    return {
        reply.campaign_id
        for reply in replies
        if reply.campaign_id is not None
        and not (reply.campaign_id in begun and begun[reply.campaign_id] < place_of(reply))
    }


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
