"""What to tell the customer about a message, and what to try next: a table of sentences of our own.

By the provider's status, and by its reason where that says more. Meanings are in `statuses`.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.metrics import opts_out
from messages_app.analysis.statuses import OTHER
from messages_app.provider import MessageRecord
from messages_app.sms.terms import (
    DELIVERED,
    DENIED,
    MO,
    MODERATION,
    NOT_SENT,
    SENT,
    UNDELIVERED,
    WAITING,
    WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class Advice:
    """`tell` is what the customer may be told, `do` what to try next; `meaning` what the status means
    here, "" for what it means everywhere."""

    tell: str | Promise
    do: str | Promise
    meaning: str | Promise = ""


SILENT, LATE, OPT_OUT, REPLY = "silent", "late", "opt_out", "reply"
"""Kinds that no status names: no receipt for too long, planned for a time that has passed, and the two
of incoming messages."""

ADVICE = {
    DELIVERED: Advice(
        _("Your phone confirmed that it received the message."),
        _(
            "Ask whether the number is right, and to look among blocked and filtered messages, or to "
            "restart the phone. A phone with two cards shows them apart. If nothing is there, send it again."
        ),
    ),
    SENT: Advice(
        _("The message is with your operator; your phone has not confirmed it yet."),
        _(
            "Ask whether the phone is on and has reception, and look again later: most receipts come "
            "within minutes, some after up to 72 hours. Do not send it again yet; it may come twice."
        ),
    ),
    SILENT: Advice(
        _("The message was handed to your operator, which never said whether it arrived."),
        _(
            "Ask whether it came. Some operators send no receipts: see whether other messages to this "
            "country have any. If it did not come, send it again."
        ),
    ),
    UNDELIVERED: Advice(
        _("Your operator could not hand the message to your phone."),
        _(
            "Ask whether the number is right and in service, and whether the phone is on and has room. "
            "Then send it again; if it fails again, use another way to reach the person."
        ),
    ),
    NOT_SENT: Advice(
        _("The message was not sent."),
        _(
            "Check the number and its country, the hour that it was meant for, and whether the same "
            "number was written to many times. Correct that, then send it anew."
        ),
    ),
    DENIED: Advice(
        _("The message was not sent: it was refused."),
        _(
            "Look at its text and sender: links, names of brands and advertising are refused most often. "
            "Ask the provider why before you send it again."
        ),
    ),
    WAITING: Advice(
        _("The message is planned, and will be sent at the time shown."),
        _("Wait for its time. If it is wrong, move or cancel it at the provider before then."),
    ),
    LATE: Advice(
        _(
            "The time that the message was planned for has passed; whether it was sent is not known."
        ),
        _(
            "Look again in some minutes. If it still waits, give the message's number to the provider and "
            "ask whether it was sent. Do not send it again before you know; it may come twice."
        ),
        _(
            "Scheduled for a time that has passed: the provider has not reported since whether it was sent."
        ),
    ),
    MODERATION: Advice(
        _("The message is being checked and will be sent once it is accepted."),
        _(
            "Wait, or ask the provider if it is urgent. Do not send it again: that would be checked too."
        ),
    ),
    WITHDRAWN: Advice(
        _("The message was planned, and was withdrawn before it was sent."),
        _("Ask who planned it. If it is still wanted, send it anew."),
    ),
    OTHER: Advice(
        _("What became of the message is not clear yet."),
        _("Give the message's number to the provider and ask what its status means."),
    ),
    OPT_OUT: Advice(
        _("We received your STOP, and you will get no more advertising."),
        _("Take the number off your lists, and see in its conversation what was sent since."),
    ),
    REPLY: Advice(
        _("We received your message."),
        _("Read it in its conversation, beside what it answers, and answer the person."),
    ),
}

BY_REASON = {
    "INVALID_DESTINATION": Advice(
        _("The number that we have for you cannot receive messages."),
        _("Ask for the number anew, with its country, and correct it where it is kept."),
    ),
    "INVALID_SENDER": Advice(
        _("The message was not sent, for a reason on our side."),
        _(
            "The sender name is not allowed for this country or account. Send it with another sender, "
            "and have this one registered."
        ),
    ),
    "ROUTE_NOT_AVAILABLE": Advice(
        _("Your operator could not be reached with this message."),
        _(
            "The provider has no way to this operator at present. Ask the provider; until then use "
            "another way to reach the person."
        ),
    ),
    "NOT_ALLOWED": Advice(
        _("The message was not sent, for a reason on our side."),
        _(
            "The country, the hour or the kind of message is not allowed. Look at the hour first: "
            "advertising may not be sent at night and on Sundays in some countries."
        ),
    ),
    "REJECTED": Advice(
        _("Your operator refused the message."),
        _(
            "Ask whether the person blocked such messages at the operator. See whether others of this "
            "operator get the same text; if not, change the text or the sender."
        ),
    ),
    "NETWORK_ERROR": Advice(
        _("A fault in your operator's network kept the message from you."),
        _(
            "Send it again in some minutes. If many messages to this country fail so, tell the provider."
        ),
    ),
    "EXPIRED": Advice(
        _("Your phone could not be reached for so long that the operator gave up."),
        _("Ask whether the phone is on and has reception again, then send it anew."),
    ),
}
"""Reasons that say more than their status does; they count only for what failed."""

OPERATORS = ("REJECTED", "NETWORK_ERROR", "EXPIRED")
"""Reasons that tell of an operator or a phone: nothing of a message that neither was given."""


def advice_on(record: MessageRecord, *, is_young: bool, is_late: bool = False) -> Advice:
    """The sentences for a message. `is_young`: its receipt may still come; `is_late`: its time is past."""
    if record.type == MO:
        return ADVICE[OPT_OUT if opts_out(record) else REPLY]
    state = record.state
    if state in (UNDELIVERED, NOT_SENT):
        reason = record.status_details.upper()
        tells = state == UNDELIVERED or reason not in OPERATORS
        return BY_REASON.get(reason, ADVICE[state]) if tells else ADVICE[state]
    if state == WAITING and is_late:
        return ADVICE[LATE]
    if state == SENT and not is_young:
        return ADVICE[SILENT]
    return ADVICE.get(state, ADVICE[OTHER])
