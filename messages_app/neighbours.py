"""What stands beside a message: the same campaign, number, text. Counted where the archive holds all.

Each count stops at MOST and is that of the list that it leads to.
"""

from dataclasses import dataclass
from datetime import timedelta

from messages_app import clock
from messages_app.analysis.archived import count_archived
from messages_app.analysis.conversations import handset_of
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import INCOMING_TYPE, OUTGOING
from messages_app.answers import held_of
from messages_app.conversing import question_of
from messages_app.filters import spelled
from messages_app.privacy import Mask
from messages_app.provider import MessageRecord

MOST = 1_000
"""Rows that are counted; beyond, the list counts them."""

BESIDE = timedelta(days=1)
"""How far around a message its text is looked for, also within others."""

SHORTEST_TEXT, LONGEST_TEXT = 12, 500
"""Letters of a text that can be looked for at once: a short one stands in too many others."""

CAMPAIGN, SENT, RECEIVED, TEXT = "campaign", "sent", "received", "text"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Rows of one kind: the question that lists them, and how many, MOST + 1 for more than MOST.

    `count` is None where the archive does not hold all of the time.
    """

    kind: str
    query: MessageQuery
    count: int | None


def neighbours(record: MessageRecord, mask: Mask) -> list[Neighbours]:
    """What there is like a message, counted where the archive can do so at once.

    Under a mask that hides numbers or texts nothing is asked by them.
    """
    whole = question_of("", mask)
    held = held_of(whole, clock.real_now())
    is_counted = held.is_whole and held.as_of is not None
    return [
        Neighbours(kind, query, count_archived(query, MOST + 1) if is_counted else None)
        for kind, query in _questions(record, whole)
    ]


def _questions(record: MessageRecord, whole: MessageQuery) -> list[tuple[str, MessageQuery]]:
    found = []
    if record.campaign_id is not None:
        found.append((CAMPAIGN, whole.but(campaign=str(record.campaign_id), type=OUTGOING)))
    if not whole.mask.is_open:
        return found
    if handset := handset_of(record):
        to, by = spelled("destination", handset), spelled("sender", handset)
        found.append((SENT, whole.but(destination=to, type=OUTGOING)))
        found.append((RECEIVED, whole.but(sender=by, type=INCOMING_TYPE)))
    # A line break cannot be asked for: browsers strip it from a field. The longest line tells most.
    text = max((line.strip() for line in record.message.splitlines()), key=len, default="")
    if SHORTEST_TEXT <= len(text) <= LONGEST_TEXT and "\0" not in text:
        near = whole.within(record.date - BESIDE, record.date + BESIDE)
        found.append((TEXT, near.but(message=text)))
    return found
