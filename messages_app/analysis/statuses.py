"""The provider's statuses, directions and sort keys as tables of data.

They drive parsing, labels, form choices, tones and charts: adding one touches one line here.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from messages_app.provider import MessageRecord
from messages_app.sms.terms import (
    DELIVERED,
    DENIED,
    INCOMING,
    MO,
    MODERATION,
    MT,
    NOT_SENT,
    SENT,
    UNDELIVERED,
    WAITING,
    WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class Status:
    """One status: its name as the provider's filter writes it, and what people are told."""

    name: str
    tone: str
    label: str | Promise
    meaning: str | Promise
    filterable: bool = True


@dataclass(frozen=True, slots=True)
class Tone:
    """A family of statuses with one colour and one shape, so that it never is colour alone."""

    name: str
    shape: str
    label: str | Promise


TONES = {
    tone.name: tone
    for tone in (
        Tone("delivered", "●", _("Delivered")),
        Tone("no-receipt", "○", _("No receipt")),
        Tone("failed", "▲", _("Failed")),
        Tone("pending", "◌", _("Pending")),
        Tone("incoming", "◐", _("Incoming")),
        Tone("other", "◇", _("Other")),
    )
}

# Order is the order of every legend, stack and list. Meanings follow the provider's own page.
STATUSES = {
    status.name: status
    for status in (
        Status(
            DELIVERED,
            "delivered",
            pgettext_lazy("status", "Delivered"),
            _("The operator confirmed that the phone received the message."),
        ),
        Status(
            SENT,
            "no-receipt",
            pgettext_lazy("status", "No receipt"),
            _(
                "The message was handed to the operator, which has not said what became of it. "
                "Most receipts come within minutes, some after up to 72 hours; some operators "
                "never send one."
            ),
        ),
        Status(
            UNDELIVERED,
            "failed",
            pgettext_lazy("status", "Not received"),
            _(
                "The operator says that the phone did not receive the message: number not "
                "assigned, network problem, or phone switched off for too long."
            ),
        ),
        Status(
            NOT_SENT,
            "failed",
            pgettext_lazy("status", "Not sent"),
            _(
                "The provider did not send it: invalid number, country or time of day not "
                "allowed, or too many messages to the same number."
            ),
        ),
        Status(
            DENIED,
            "failed",
            pgettext_lazy("status", "Denied"),
            _("The message was rejected, for instance by the moderation."),
        ),
        Status(
            WAITING,
            "pending",
            pgettext_lazy("status", "Waiting"),
            _(
                "Scheduled: it will be sent at the time shown, and can be moved or cancelled until then."
            ),
        ),
        Status(
            MODERATION,
            "pending",
            pgettext_lazy("status", "In moderation"),
            _("A person at the provider has to accept or refuse it before it is sent."),
        ),
        Status(
            INCOMING,
            "incoming",
            pgettext_lazy("status", "Received"),
            _("A message that somebody sent to you."),
            filterable=False,
        ),
    )
}


MT_STATUSES = frozenset(status.name for status in STATUSES.values() if status.filterable)
"""What an outgoing row can be; any other status of one counts as "other"."""


OTHER, OTHER_TYPES = "other", "other_types"

OURS = {
    status.name: status
    for status in (
        Status(
            WITHDRAWN,
            "pending",
            pgettext_lazy("status", "Withdrawn"),
            _(
                "It was waiting or in moderation when last seen, and is gone from the provider since."
            ),
            filterable=False,
        ),
        Status(
            OTHER,
            "other",
            _("Other"),
            _("The provider reports a status that its documentation does not name."),
            filterable=False,
        ),
        Status(
            OTHER_TYPES,
            "other",
            _("Other types"),
            _("Messages that the provider calls neither outgoing (sms_mt) nor incoming (sms_mo)."),
            filterable=False,
        ),
    )
}
"""What we call rows that bear none of the provider's statuses."""


def status_of(name: str) -> Status:
    """Return the status called `name` (any case); an unknown one keeps its raw name as label."""
    found = STATUSES.get(name.lower()) or OURS.get(name)
    return found or Status(
        name.lower(),
        "other",
        name,
        OURS[OTHER].meaning,
        filterable=False,
    )


def status_of_row(record: MessageRecord) -> Status:
    """The status of a row: as the provider wrote it, or withdrawn, which only the archive knows."""
    return status_of(WITHDRAWN if record.state == WITHDRAWN else record.status)


def tone_of(name: str) -> Tone:
    return TONES[status_of(name).tone]


OUTGOING, INCOMING_TYPE = "messages-out", "messages-in"

NONE = "–"
"""What stands in a question for rows whose reason, country, sender or campaign is empty."""

DIRECTIONS = {OUTGOING: _("Outgoing"), INCOMING_TYPE: _("Incoming")}
"""The provider's filter values, and their names for people."""

TYPE_OF_DIRECTION = {OUTGOING: MT, INCOMING_TYPE: MO}

DIRECTION_OF_TYPE = {name: direction for direction, name in TYPE_OF_DIRECTION.items()}

REPLIES, OPT_OUTS, UNPRICED, UNDATED = "replies", "opt_outs", "unpriced", "undated"

KINDS = {
    REPLIES: _("Replies"),
    OPT_OUTS: _("Opt-outs"),
    UNPRICED: _("Not priced yet"),
    UNDATED: _("Without a usable time to delivery"),
}
"""Rows that figures count and no filter of the provider names, and what people call them."""

PROVIDER_SORTS = ("date", "destination", "sender", "status")
"""What the provider itself can sort by."""

SORTS = (*PROVIDER_SORTS, "country", "message", "parts", "cost")
"""What a table can be sorted by; those beyond the provider's need all rows at hand."""

REASONS = {
    "SENT": pgettext_lazy("status", "Sent, no receipt yet"),
    "DELIVERED": pgettext_lazy("status", "Delivered"),
    "NOT_SENT": pgettext_lazy("status", "Not sent"),
    "NOT_DELIVERED": pgettext_lazy("status", "Not delivered"),
    "NOT_ALLOWED": pgettext_lazy("status", "Not allowed"),
    "INVALID_DESTINATION": pgettext_lazy("status", "Invalid number"),
    "INVALID_SENDER": pgettext_lazy("status", "Invalid sender"),
    "ROUTE_NOT_AVAILABLE": pgettext_lazy("status", "No route to this operator"),
    "REJECTED": pgettext_lazy("status", "Rejected"),
    "NETWORK_ERROR": pgettext_lazy("status", "Network error"),
    "EXPIRED": pgettext_lazy("status", "Expired before it could be delivered"),
}
"""The delivery-report labels that the provider documents, in words; others show as they came."""


def reason_words(details: str) -> str:
    return str(REASONS.get(details.upper(), details))
