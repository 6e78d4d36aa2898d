"""Everything about one message, in words: the fields of the API and what follows from them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.delays import delay_between
from messages_app.analysis.numbers import region_of, shown_number
from messages_app.analysis.parts import parts_of
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import second_words
from messages_app.analysis.statuses import MO, TONES, status_of
from messages_app.filters import question_url
from messages_app.provider import MessageRecord
from messages_app.views.rows import reason_of
from messages_app.visible import one_line, pieces


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of the message: its name for people, the API's name, its value, perhaps a link."""

    label: str
    field: str
    value: str
    href: str = ""
    copy: str = ""


def detail(record: MessageRecord, query: MessageQuery) -> dict[str, Any]:
    """Template context of a message's panel and page."""
    status = status_of(record.status)
    return {
        "record": record,
        "key": record.key,
        "status": status,
        "tone": TONES[status.tone],
        "reason": reason_of(record),
        "text": list(pieces(record.message)),
        "route": _route(record, query),
        "life": _life(record, query),
        "facts": _facts(record),
        "identifiers": _identifiers(record),
    }


def _route(record: MessageRecord, query: MessageQuery) -> list[Fact]:
    messages = reverse("messages")
    handset = record.sender if record.type == MO else record.destination
    region = record.country or region_of(handset)
    to_number = question_url(messages, query.but(destination=handset, period="last_30_days"))
    country = f"{flag(region)} {country_name(region)}" if region else shown.NOTHING
    incoming = record.type == MO
    return [
        Fact(_("From"), "sender", _number(record.sender), to_number if incoming else "", record.sender),
        Fact(_("To"), "destination", _number(record.destination), "" if incoming else to_number,
             record.destination),
        Fact(_("Country"), "country", country),
    ]  # fmt: skip


def _life(record: MessageRecord, query: MessageQuery) -> list[Fact]:
    seconds = delay_between(record.date, record.dlr_date, query.zone)
    receipt = second_words(record.dlr_date) if record.dlr_date else shown.NOTHING
    return [
        Fact(_("Sent"), "date", second_words(record.date)),
        Fact(_("Delivery receipt"), "dlr_date", receipt),
        Fact(_("Time to delivery"), "", shown.duration(seconds)),
    ]


def _facts(record: MessageRecord) -> list[Fact]:
    parts = parts_of(record.message)
    length = record.message_length if record.message_length is not None else len(record.message)
    return [
        Fact(_("Status"), "status", one_line(record.status)),
        Fact(_("Reason"), "status_details", one_line(record.status_details) or shown.NOTHING),
        Fact(_("Characters"), "message_length", shown.number(length)),
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
    return "" if name == "type" else _raw(getattr(record, name), "")


def _raw(value: object, nothing: str = shown.NOTHING) -> str:
    return nothing if value in (None, "") else one_line(str(value))


def _number(text: str) -> str:
    return one_line(shown_number(text)) or shown.NOTHING
