"""Everything about one message, in words: the fields of the API and what follows from them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messages_app.addresses import conversation_path
from messages_app.analysis import shown
from messages_app.analysis.advice import advice_on
from messages_app.analysis.conversations import handset_of
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.parts import parts_of_row
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import second_words
from messages_app.analysis.statuses import INCOMING_TYPE, TONES, status_of_row
from messages_app.archive.observed import Look
from messages_app.archive.rows import ArchivedRecord
from messages_app.filters import question_url
from messages_app.neighbours import CAMPAIGN, MOST, RECEIVED, SENT, TEXT, Neighbours
from messages_app.places import place
from messages_app.privacy import Hidden
from messages_app.provider import MessageRecord
from messages_app.sms.delays import delay_between
from messages_app.sms.terms import DENIED, MO, NOT_SENT, PENDING, WITHDRAWN
from messages_app.views.copying import as_text, raw_record
from messages_app.views.life import is_young, seen, steps
from messages_app.views.rows import characters_of, reason_of, row_region
from messages_app.visible import one_line, pieces

NEIGHBOURS = {
    CAMPAIGN: gettext_lazy("Same campaign"),
    SENT: gettext_lazy("To the same number"),
    RECEIVED: gettext_lazy("From the same number"),
    TEXT: gettext_lazy("Holds this text, from the day before to the day after"),
}

UNSENT = (*PENDING, NOT_SENT, DENIED, WITHDRAWN)
"""Statuses of messages that no operator was given; their second is the one they were meant for."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a fact leads: words and an address."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of the message: its name for people, the API's name, its value, where it leads."""

    label: str
    field: str
    value: str
    links: tuple[Link, ...] = ()
    copy: str = ""


def detail(
    record: MessageRecord,
    query: MessageQuery,
    looks: list[Look] | None = None,
    beside: list[Neighbours] | None = None,
) -> dict[str, Any]:
    """Template context of a message's panel and page.

    `looks` is how readings saw it, `beside` what else there is like it, as far as that is known.
    """
    status = status_of_row(record)
    is_late = record.date < query.now.replace(tzinfo=None)
    advice = advice_on(record, is_young=is_young(record, query), is_late=is_late)
    raw = raw_record(record)
    return {
        "record": record,
        "key": record.key,
        "status": status,
        "meaning": advice.meaning or status.meaning,
        "tone": TONES[status.tone],
        "reason": reason_of(record),
        "text": list(pieces(record.message)),
        "route": _route(record, query),
        "life": _life(record, query),
        "gone": _gone(record, query),
        "is_nobodys": not handset_of(record),
        "facts": _facts(record),
        "identifiers": _identifiers(record),
        "tell": advice.tell,
        "do": advice.do,
        "steps": steps(record, query, looks or []),
        "seen": seen(looks or [], query.zone),
        "neighbours": [_neighbours(one) for one in beside or []],
        "raw": raw,
        "raw_lines": [list(pieces(line)) for line in raw.split("\n")],
        "as_text": as_text(record),
        "copied_text": copied(record.message),
    }


def _route(record: MessageRecord, query: MessageQuery) -> list[Fact]:
    incoming = record.type == MO
    handset = record.sender if incoming else record.destination
    region = row_region(record)
    country = f"{flag(region)} {country_name(region)}" if region else shown.NOTHING
    sender, destination = _number(record.sender), _number(record.destination)
    links = _traffic_of(handset, query)
    return [
        Fact(_("From"), "sender", sender, links if incoming else (), copied(record.sender)),
        Fact(
            _("To"),
            "destination",
            destination,
            () if incoming else links,
            copied(record.destination),
        ),
        Fact(_("Country"), "country", country),
    ]


def copied(value: str) -> str:
    """What a button copies: nothing where the value is hidden."""
    return "" if isinstance(value, Hidden) else value


def _traffic_of(handset: str, query: MessageQuery) -> tuple[Link, ...]:
    """What else went to a handset and came from it; nothing for one without a number, or where
    nobody may ask for one."""
    if not handset or not query.mask.is_open or query.fence is not None:
        return ()
    messages, month = reverse("messages"), query.but(period="last_30_days")
    # Only handsets answer: narrowed to incoming messages the provider has few to be read through.
    replies = month.but(sender=handset, type=INCOMING_TYPE)
    return (
        Link(_("Conversation"), conversation_path(handset)),
        Link(_("Messages to this number"), question_url(messages, month.but(destination=handset))),
        Link(_("Messages from this number"), question_url(messages, replies)),
    )


def _life(record: MessageRecord, query: MessageQuery) -> list[Fact]:
    seconds = delay_between(record.date, record.dlr_date, query.zone)
    receipt = second_words(record.dlr_date) if record.dlr_date else shown.NOTHING
    return [
        Fact(_moment_label(record, query), "date", second_words(record.date)),
        Fact(_("Delivery receipt"), "dlr_date", receipt),
        Fact(_("Time to delivery"), "", shown.duration(seconds)),
    ]


def _moment_label(record: MessageRecord, query: MessageQuery) -> str:
    """What a message's second is: only what was handed to an operator was sent."""
    if record.type == MO:
        return _("Received")
    is_ahead = record.date > query.now.replace(tzinfo=None)
    return _("Scheduled for") if is_ahead or status_of_row(record).name in UNSENT else _("Sent")


def _neighbours(found: Neighbours) -> Fact:
    """How many there are, which leads to their list; the list alone where that is not known yet."""
    if found.count is None:
        words = _("List them")
    else:
        many = found.count > MOST
        words = _("more than %s") % shown.number(MOST) if many else shown.number(found.count)
    link = Link(words, question_url(place("messages", found.query), found.query))
    return Fact(str(NEIGHBOURS[found.kind]), "", "", (link,))


def _gone(record: MessageRecord, query: MessageQuery) -> str:
    """Since when the provider shows the message no more, in words; "" while it does."""
    moment = record.gone_at if isinstance(record, ArchivedRecord) else None
    return second_words(moment.astimezone(query.zone)) if moment else ""


def _facts(record: MessageRecord) -> list[Fact]:
    parts = parts_of_row(record)
    return [
        Fact(_("Status"), "status", one_line(record.status)),
        Fact(_("Reason"), "status_details", one_line(record.status_details) or shown.NOTHING),
        Fact(_("Characters"), "message_length", shown.number(characters_of(record))),
        Fact(_("Parts"), "", f"{parts.number} · {parts.encoding}"),
        Fact(_("Credits"), "cost", shown.credits(record.cost)),
    ]


def _identifiers(record: MessageRecord) -> list[Fact]:
    fields = (
        (_("Message"), "message_id"),
        (_("Type"), "type"),
        (_("Campaign"), "campaign_id"),
        (_("Account"), "client_id"),
        (_("Your reference"), "client_message_id"),
        (_("Contact list"), "contact_list_id"),
    )
    known = [
        Fact(label, name, _raw(getattr(record, name)), copy=_copied(record, name))
        for label, name in fields
    ]
    return known + [Fact(one_line(name), name, one_line(raw)) for name, raw in record.extra]


def _copied(record: MessageRecord, name: str) -> str:
    value = getattr(record, name)
    return "" if name == "type" or isinstance(value, Hidden) else _raw(value, "")


def _raw(value: object, nothing: str = shown.NOTHING) -> str:
    return nothing if value in (None, "") else one_line(str(value))


def _number(text: str) -> str:
    return one_line(shown_number(text)) or shown.NOTHING
