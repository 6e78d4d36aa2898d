"""A message's life in words: accepted, sent, receipt; and what we saw change, and when."""

from dataclasses import dataclass
from datetime import tzinfo
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messages_app.analysis import shown
from messages_app.analysis.metrics import youth
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import second_words
from messages_app.analysis.statuses import reason_words, status_of
from messages_app.archive.observed import Look
from messages_app.provider import MessageRecord
from messages_app.sms.delays import delay_between
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
from messages_app.visible import one_line

DONE, FAILED, PENDING, OPEN = "done", "failed", "pending", "open"

STATES: dict[str, tuple[str, str, str | Promise]] = {
    DONE: ("delivered", "●", gettext_lazy("done")),
    FAILED: ("failed", "▲", gettext_lazy("failed")),
    PENDING: ("pending", "◌", gettext_lazy("still to come")),
    OPEN: ("no-receipt", "○", gettext_lazy("not reached")),
}
"""Tone, shape and word of each state of a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a message's way: its name, its state in words and shape, and when it was."""

    label: str
    tone: str
    shape: str
    state: str
    moment: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reading of ours saw: when, and what was new in it."""

    moment: str
    words: str


def is_young(record: MessageRecord, query: MessageQuery) -> bool:
    """Whether a receipt may still come."""
    return record.date >= youth(query.now)


def steps(record: MessageRecord, query: MessageQuery, looks: list[Look]) -> list[Step]:
    """Accepted, sent, receipt; an incoming message has one step alone."""
    if record.type == MO:
        return [_step(_("Received by the provider"), DONE, second_words(record.date))]
    return [_accepted(record, query, looks), _sent(record), _receipt(record, query)]


def _step(label: str, state: str, moment: str) -> Step:
    tone, shape, word = STATES[state]
    return Step(label, tone, shape, str(word), moment)


def _accepted(record: MessageRecord, query: MessageQuery, looks: list[Look]) -> Step:
    label, state = _("Accepted"), record.state
    if state == DENIED:
        return _step(label, FAILED, _("refused by the provider"))
    if state == MODERATION:
        return _step(label, PENDING, _("a person at the provider has to decide"))
    # What was read only after it was sent tells nothing of when it was accepted.
    if looks and looks[0].since.astimezone(query.zone).replace(tzinfo=None) < record.date:
        first = _instant(looks[0], query.zone)
        return _step(label, DONE, _("first seen by us on %s") % first)
    return _step(label, DONE, _("the provider does not tell when"))


def _sent(record: MessageRecord) -> Step:
    label, moment = _("Sent"), second_words(record.date)
    match record.state:
        case s if s in (DELIVERED, SENT, UNDELIVERED):
            return _step(label, DONE, moment)
        case s if s in (WAITING, MODERATION):
            return _step(label, PENDING, _("planned for %s") % moment)
        case s if s == NOT_SENT:
            return _step(label, FAILED, _("not sent; meant for %s") % moment)
        case s if s in (DENIED, WITHDRAWN):
            return _step(label, OPEN, _("never sent; meant for %s") % moment)
    return _step(label, OPEN, _("not known; its time is %s") % moment)


def _receipt(record: MessageRecord, query: MessageQuery) -> Step:
    label = _("Receipt")
    moment = second_words(record.dlr_date) if record.dlr_date else _("without a time")
    seconds = delay_between(record.date, record.dlr_date, query.zone)
    after = "" if seconds is None else _(", after %s") % shown.duration(seconds)
    match record.state:
        case s if s == DELIVERED:
            return _step(label, DONE, f"{moment}{after}")
        case s if s == UNDELIVERED:
            return _step(label, FAILED, _("not received: %s") % f"{moment}{after}")
        case s if s == SENT and is_young(record, query):
            return _step(label, PENDING, _("none yet; it may take up to 72 hours"))
        case s if s == SENT:
            return _step(label, OPEN, _("none came within 72 hours"))
    return _step(label, OPEN, shown.NOTHING)


def seen(looks: list[Look], zone: tzinfo) -> list[Seen]:
    """What our readings saw, the first one and each that brought a change."""
    if not looks:
        return []
    first = Seen(_instant(looks[0], zone), _("first seen as %s") % _state(looks[0]))
    return [first, *(Seen(_instant(now, zone), _change(was, now)) for was, now in pairwise(looks))]


def _instant(look: Look, zone: tzinfo) -> str:
    return second_words(look.since.astimezone(zone))


def _state(look: Look) -> str:
    return f"“{one_line(str(status_of(look.status).label))}”"


def _change(was: Look, now: Look) -> str:
    changes = []
    if was.status.lower() != now.status.lower():
        changes.append(_("%(was)s became %(now)s") % {"was": _state(was), "now": _state(now)})
    if was.details != now.details and now.details:
        changes.append(_("reason: %s") % one_line(reason_words(now.details)))
    if was.date != now.date:
        changes.append(_("time moved to %s") % second_words(now.date))
    if was.dlr_date != now.dlr_date and now.dlr_date:
        changes.append(_("receipt of %s") % second_words(now.dlr_date))
    if was.is_gone != now.is_gone:
        gone, back = _("no longer shown by the provider"), _("shown by the provider again")
        changes.append(gone if now.is_gone else back)
    return "; ".join(changes) or _("read again without a change that we know")
