"""Why there is no answer, in words, and what to try instead."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _

from messages_app import clock
from messages_app.analysis import shown
from messages_app.analysis.live import LIVE_ROWS
from messages_app.analysis.periods import PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.archive.store import failing, last_read
from messages_app.archive.windows import TooMuch
from messages_app.filters import question_url
from messages_app.provider import ProviderError, is_outage

UNTIL_NOW = ("last_7_days", "last_24_hours", "last_hour")
"""Periods to fall back to in a range that ends now, the longest first."""

SPARE = 0.8
"""Part of what may be read that a smaller range should take: messages are not spread evenly."""

GUESS = 0.25
"""Part of the range to offer where it is not known how much it holds."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to try instead: words and a link."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer, for people. `kind` is the template's state: error, refused or empty."""

    kind: str
    title: str
    text: str
    offers: tuple[Offer, ...] = ()


def failed(error: ProviderError, query: MessageQuery, path: str) -> Trouble:
    """The provider gave no answer to use."""
    again = Offer(_("Try again"), question_url(path, query))
    return Trouble("error", _("The provider could not be read"), error_words(error), (again,))


def error_words(error: ProviderError) -> str:
    """What happened, what the provider or we know of it, since when, and when it is tried again."""
    words = [_(error.sentence), _(error.detail) if error.detail else ""]
    if since := _since(error):
        moment = since.astimezone(clock.now().tzinfo)
        words.append(_("It has been so since %s.") % shown.day_and_clock(moment, clock.now()))
    if error.retry_after:
        following = clock.now() + timedelta(seconds=round(error.retry_after))
        words.append(_("The next attempt is at %s.") % shown.clock(following))
    return " ".join(as_sentence(text) for text in words if text)


def _since(error: ProviderError) -> datetime | None:
    """Since when it has been so: as this process has met it, or workers, whoever did first.

    Whatever was read in between proves the provider well: what was before that is another trouble.
    """
    met = failing(clock.real_now())
    is_same = met and (
        met.reason == error.kind or (is_outage(met.reason) and is_outage(error.kind))
    )
    read = last_read()
    times = (error.since, met.since if met and is_same else None)
    return min((one for one in times if one and not (read and read > one)), default=None)


def as_sentence(text: str) -> str:
    """`text` with a capital at its start and a stop at its end."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?", "…")) else f"{whole}."


def too_much(limit: TooMuch, query: MessageQuery, path: str) -> Trouble:
    """More rows than are read live; the range that is offered likely fits."""
    if limit.rows:
        pages = -(-limit.rows // 1000)
        found = _(
            "This question holds about %(rows)s messages, which takes %(pages)s pages of the provider."
        ) % {"rows": shown.number(limit.rows), "pages": shown.number(pages)}
    else:
        found = _("This question holds more messages than can be read at once.")
    most = _(
        "Up to %(most)s messages are read live. Choose a smaller range, or narrow the filters."
    ) % {"most": shown.number(LIVE_ROWS)}
    smaller = _smaller(query, LIVE_ROWS / limit.rows * SPARE if limit.rows else GUESS, path)
    return Trouble("refused", _("Too much to read live"), f"{found} {most}", (smaller,))


def too_slow(query: MessageQuery, path: str) -> Trouble:
    """The database was stopped in the middle of the question."""
    found = _("Counting and finding this took too long, so it was stopped.")
    ask = _("Choose a smaller range, or narrow the filters.")
    return Trouble(
        "refused", _("Too much at once"), f"{found} {ask}", (_smaller(query, GUESS, path),)
    )


def _smaller(query: MessageQuery, share: float, path: str) -> Offer:
    """The last part of the question's range that holds `share` of it: a period, or whole days."""
    start, end = query.span
    room = query.length * share
    now = PERIODS["today"].span(query.now)[1]
    if end == now:
        name = next((name for name in UNTIL_NOW if _fits(query, name, start, room)), UNTIL_NOW[-1])
        shorter = query.but(period=name, date_start=None, date_end=None)
        return Offer(str(PERIODS[name].label), question_url(path, shorter))
    if room >= timedelta(days=1):
        midnight = datetime.combine(end - timedelta(days=room.days - 1), time.min)
        label = _("Its last %s days") % room.days if room.days > 1 else _("Its last day")
        return Offer(label, question_url(path, query.within(max(start, midnight), end)))
    hour = end.replace(minute=0, second=0)
    return Offer(_("Its last hour"), question_url(path, query.within(max(start, hour), end)))


def _fits(query: MessageQuery, name: str, start: datetime, room: timedelta) -> bool:
    shorter = query.but(period=name, date_start=None, date_end=None)
    return shorter.length <= room and shorter.span[0] >= start
