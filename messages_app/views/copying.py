"""A message to take along: as the API's own fields, and as text for a mail or a ticket."""

import json
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from messages_app.analysis.numbers import shown_number
from messages_app.analysis.sentence import second_words
from messages_app.analysis.shown import named
from messages_app.analysis.statuses import reason_words, status_of_row
from messages_app.provider import MessageRecord

FIELDS = (
    "campaign_id", "client_id", "client_message_id", "contact_list_id", "message",
    "message_length", "cost", "country", "destination", "message_id", "sender", "date",
    "dlr_date", "status", "status_details", "type",
)  # fmt: skip
"""The API's fields in the order of its own documentation."""


def raw_record(record: MessageRecord) -> str:
    """The record as JSON under the API's names, fields that we do not know among them."""
    known = {name: _raw(getattr(record, name)) for name in FIELDS}
    unknown = {name: _loaded(text) for name, text in record.extra}
    return json.dumps(known | unknown, ensure_ascii=False, indent=2)


def _raw(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def as_text(record: MessageRecord) -> str:
    """The whole message in lines of words, its text last."""
    status = str(status_of_row(record).label)
    lines = (
        (_("Message"), record.key),
        (_("Time"), second_words(record.date)),
        (_("From"), shown_number(record.sender)),
        (_("To"), shown_number(record.destination)),
        (_("Status"), status),
        (_("Reason"), reason_words(record.status_details)),
        (_("Delivery receipt"), second_words(record.dlr_date) if record.dlr_date else ""),
        (_("Your reference"), record.client_message_id),
        (_("Campaign"), "" if record.campaign_id is None else str(record.campaign_id)),
    )
    told = [named(label, value) for label, value in lines if value]
    return "\n".join([*told, "", record.message])
