"""One number's conversation: which rows belong to it, in which order, and what ties them together.

Pure functions over rows, oldest first; they know no request, no database and no provider. What a
figure means stays with `metrics`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from messages_app.analysis.metrics import Tally, opts_out, tally
from messages_app.analysis.prices import NO_PRICES, Prices
from messages_app.archive.keys import key_of
from messages_app.provider import MessageRecord
from messages_app.sms.terms import DELIVERED, DENIED, FAILED, MO, MT, NOT_SENT, PENDING, WITHDRAWN

UNREAD = (*FAILED, *PENDING, WITHDRAWN)
"""States of messages that nobody can have read, and so nobody answers."""

UNSENT = (NOT_SENT, DENIED, WITHDRAWN)
"""States of messages that never left: they break no opt-out."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a row stands in a conversation: its second (a naive wall time), then its integer key."""

    date: datetime
    key: int


def place_of(record: MessageRecord) -> Place:
    return Place(record.date, key_of(record.type, record.message_id))


def handset_of(record: MessageRecord) -> str:
    """The phone at the other end: the sender of an incoming message, else the recipient."""
    return record.sender if record.type == MO else record.destination


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of a conversation without a gap between them, oldest first.

    `earlier` are rows before them that are at hand as well, oldest first: the first reply may answer
    one of them. `before` is where the next stretch ends; None: nothing comes before this one.
    """

    rows: tuple[MessageRecord, ...] = ()
    earlier: tuple[MessageRecord, ...] = ()
    before: Place | None = None


def stretch(records: Iterable[MessageRecord], before: Place | None, size: int) -> Stretch:
    """The latest `size` rows of `records` in front of a place; of one key the last given counts."""
    known = {record.key: record for record in records}
    found = sorted(known.values(), key=place_of)
    if before is not None:
        found = [record for record in found if place_of(record) < before]
    rows, earlier = found[-size:], found[:-size]
    return Stretch(tuple(rows), tuple(earlier), place_of(rows[0]) if earlier else None)


@dataclass(frozen=True, slots=True)
class Turn:
    """A row and what it has to do with those before it.

    `days` is how many midnights lie between it and the row before, None where no row is known.
    `answers` is what a reply answers. `opted_out` is the second of the opt-out that an outgoing
    message disregards.
    """

    record: MessageRecord
    days: int | None
    answers: MessageRecord | None = None
    is_opt_out: bool = False
    opted_out: datetime | None = None


def turns(found: Stretch, opted_out: datetime | None = None) -> list[Turn]:
    """The rows of a stretch tied together. `opted_out`: the first opt-out that is known of."""
    opted_out = first_opt_out(found.rows, opted_out)
    asked = _Asked()
    for record in found.earlier:
        asked.add(record)
    told = []
    before = found.earlier[-1] if found.earlier else None
    for record in found.rows:
        is_opt_out = record.type == MO and opts_out(record)
        turn = Turn(
            record,
            (record.date.date() - before.date.date()).days if before else None,
            asked.answered_by(record) if record.type == MO and not is_opt_out else None,
            is_opt_out,
            opted_out if disregards(record, opted_out) else None,
        )
        told.append(turn)
        asked.add(record)
        before = record
    return told


@dataclass(slots=True)
class _Asked:
    """What a reply may answer, as rows go by in order of time."""

    latest: MessageRecord | None = None
    of_campaign: dict[int, MessageRecord] = field(default_factory=dict)

    def add(self, record: MessageRecord) -> None:
        if record.type != MT:
            return
        if record.state not in UNREAD:
            self.latest = record
        if record.campaign_id is not None:
            self.of_campaign[record.campaign_id] = record

    def answered_by(self, reply: MessageRecord) -> MessageRecord | None:
        """The latest of the campaign that the provider gives the reply; where it gives none that is
        known, the latest that may have been read."""
        named = None if reply.campaign_id is None else self.of_campaign.get(reply.campaign_id)
        return named or self.latest


def first_opt_out(
    records: Iterable[MessageRecord], known: datetime | None = None
) -> datetime | None:
    """The second of the first opt-out among rows, or the one `known`, whichever is earlier."""
    found = (record.date for record in records if record.type == MO and opts_out(record))
    return min((*found, *((known,) if known else ())), default=None)


def disregards(record: MessageRecord, opted_out: datetime | None) -> bool:
    """Whether an outgoing message was sent, or is to be, after the person had opted out."""
    if opted_out is None or record.type != MT:
        return False
    return record.date > opted_out and record.state not in UNSENT


@dataclass(frozen=True, slots=True)
class Own:
    """A number's own figures; `disregarding` counts what was sent after its first opt-out.

    Where not `is_heard` its incoming messages are not all known: nothing is told of them.
    """

    found: Tally
    last_delivered: MessageRecord | None
    opted_out: datetime | None
    disregarding: int
    is_heard: bool = True


def own_figures(
    records: Sequence[MessageRecord],
    now: datetime,
    prices: Prices = NO_PRICES,
    *,
    opted_out: datetime | None = None,
    is_heard: bool = True,
) -> Own:
    """The figures of rows at hand. `now` is aware; `opted_out` is an opt-out that is not among them."""
    first = first_opt_out(records, opted_out)
    after = sum(disregards(record, first) for record in records)
    return Own(tally(records, now, prices), last_delivered(records), first, after, is_heard)


def last_delivered(records: Iterable[MessageRecord]) -> MessageRecord | None:
    """The latest message that reached the phone."""
    reached = (r for r in records if r.type == MT and r.state == DELIVERED)
    return max(reached, key=place_of, default=None)


def sent_of(found: Tally) -> int:
    """Outgoing messages that left, or are to: what an opt-out would have stopped."""
    return found.outgoing - sum(found.statuses[name] for name in UNSENT)
