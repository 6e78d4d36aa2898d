"""The messages of a conversation in words, ready to be printed as a phone shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messages_app.analysis import shown
from messages_app.analysis.conversations import Turn, place_of
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import second_words
from messages_app.analysis.statuses import TONES, status_of_row
from messages_app.archive.rows import ArchivedRecord
from messages_app.provider import MessageRecord
from messages_app.sms.parts import parts_of
from messages_app.sms.terms import MO, MT, PENDING
from messages_app.views.rows import delay_of, message_path, reason_of
from messages_app.visible import Piece, one_line, pieces

QUOTED = 60
"""Characters of an answered message that its reply quotes."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a reply answers, in words, and where it stands: on this page, or on its own."""

    words: str
    quote: str
    href: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message of a conversation; every field is text for people but the addresses.

    `day` is its date where a day begins, `gap` how long nothing came before it. `flag` says that it
    disregards an opt-out.
    """

    anchor: str
    key: str
    href: str
    is_incoming: bool
    text: list[Piece]
    iso: str
    clock: str
    ago: str
    day: str
    gap: str
    sender: str
    tone: str
    shape: str
    status: str
    reason: str
    delay: str
    parts: str
    is_opt_out: bool
    is_gone: bool
    flag: str
    answers: Answered | None


def bubbles(told: Sequence[Turn], query: MessageQuery) -> list[Bubble]:
    """The messages of a stretch, oldest first."""
    bases = {kind: reverse("message", args=[kind, 0])[:-2] for kind in (MT, MO)}
    here = {turn.record.key for turn in told}
    found, day = [], None
    for turn in told:
        begins = turn.record.date.date() != day
        day = turn.record.date.date()
        found.append(_bubble(turn, query, bases, here, begins=begins))
    return found


def _bubble(
    turn: Turn, query: MessageQuery, bases: dict[str, str], here: set[str], *, begins: bool
) -> Bubble:
    record = turn.record
    incoming = record.type == MO
    status = status_of_row(record)
    return Bubble(
        anchor=anchor_of(record),
        key=record.key,
        href=message_path(record, bases.get(record.type, bases[MT])),
        is_incoming=incoming,
        text=list(pieces(record.message)),
        iso=f"{record.date:%Y-%m-%d %H:%M:%S}",
        clock=shown.clock(record.date),
        ago=shown.ago(record.date, query.now.replace(tzinfo=None)),
        day=day_words(record.date, query) if begins else "",
        gap=_gap(turn.days) if begins else "",
        sender=_far_end(record),
        tone=status.tone,
        shape=TONES[status.tone].shape,
        status=str(status.label),
        reason=reason_of(record),
        delay=delay_of(record, query),
        parts=_parts(record),
        is_opt_out=turn.is_opt_out,
        is_gone=isinstance(record, ArchivedRecord) and record.gone_at is not None,
        flag=_flag(turn),
        answers=_answers(turn, query, bases, here),
    )


def anchor_of(record: MessageRecord) -> str:
    place = place_of(record)
    return f"m{place.key}"


def day_words(moment: datetime, query: MessageQuery) -> str:
    """A day as a heading: "Thursday, 12 Nov", with its year where that is another."""
    shape = "EEEE d MMM" if moment.year == query.now.year else "EEEE d MMM y"
    words = format_date(moment.date(), shape, locale=shown.locale())
    return words[:1].upper() + words[1:]


def _gap(days: int | None) -> str:
    if days is None or days < 2:
        return ""
    return ngettext("%s day later", "%s days later", days) % shown.number(days)


def _far_end(record: MessageRecord) -> str:
    """Our own end of it: the name it was sent under, or the number that it was sent to."""
    own = record.destination if record.type == MO else record.sender
    return one_line(shown_number(own))


def _parts(record: MessageRecord) -> str:
    count = record.parts if isinstance(record, ArchivedRecord) else parts_of(record.message).number
    return ngettext("%s part", "%s parts", count) % shown.number(count) if count > 1 else ""


def _flag(turn: Turn) -> str:
    if turn.opted_out is None:
        return ""
    moment = second_words(turn.opted_out)
    if turn.record.state in PENDING:
        return _("To be sent although the person opted out on %s.") % moment
    return _("Sent although the person had opted out on %s.") % moment


def _answers(
    turn: Turn, query: MessageQuery, bases: dict[str, str], here: set[str]
) -> Answered | None:
    asked = turn.answers
    if asked is None:
        return None
    moment = shown.day_and_clock(asked.date, turn.record.date)
    seconds = int((turn.record.date - asked.date).total_seconds())
    # Two sentences: other languages put another word before a day than before an hour.
    if asked.date.date() == turn.record.date.date():
        said = _("Answers %(time)s, after %(delay)s")
    else:
        said = _("Answers %(day)s, after %(delay)s")
    words = said % {"time": moment, "day": moment, "delay": shown.duration(seconds)}
    quote = one_line(asked.message[: 2 * QUOTED])
    quote = f"{quote[:QUOTED].rstrip()}…" if len(quote) > QUOTED else quote
    is_here = asked.key in here
    href = f"#{anchor_of(asked)}" if is_here else message_path(asked, bases[MT])
    return Answered(words, quote, href)
