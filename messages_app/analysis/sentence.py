"""The question in words, as it stands above the results: "4,312 outgoing messages, to France, …".

Each filter has its clause here beside its condition, so that no filter works unseen.
"""

from datetime import datetime, time

from babel.dates import format_date, format_datetime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from messages_app.analysis.countries import country_name
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.periods import CUSTOM, PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import INCOMING_TYPE, OUTGOING, status_of

LAST_SECOND = time(23, 59, 59)


def subject(query: MessageQuery, count: int, shown: str) -> str:
    """What is counted: "4,312 outgoing messages". `shown` is `count` written for people."""
    if query.type == OUTGOING:
        text = ngettext("%(count)s outgoing message", "%(count)s outgoing messages", count)
    elif query.type == INCOMING_TYPE:
        text = ngettext("%(count)s incoming message", "%(count)s incoming messages", count)
    else:
        text = ngettext("%(count)s message", "%(count)s messages", count)
    return text % {"count": shown}


def clauses(query: MessageQuery) -> dict[str, str]:
    """Each condition in force in words, by its parameter; the range last."""
    found = {}
    if query.destination:
        found["destination"] = _("to %s") % shown_number(query.destination)
    if query.sender:
        found["sender"] = _("from %s") % shown_number(query.sender)
    if query.message:
        found["message"] = _("text contains “%s”") % query.message
    if query.countries:
        found["country"] = _("country: %s") % _any_of(country_name(c) for c in query.countries)
    if query.statuses:
        found["status"] = _any_of(_status_word(name) for name in query.statuses)
    if query.details:
        found["details"] = _("reason: %s") % _any_of(query.details)
    if query.campaign:
        found["campaign"] = _("campaign %s") % query.campaign
    found["period"] = range_words(query)
    return found


def _any_of(words: object) -> str:
    return _(" or ").join(words)  # type: ignore[arg-type]


def _status_word(name: str) -> str:
    return str(_("Other")) if name == "other" else str(status_of(name).label).lower()


def range_words(query: MessageQuery) -> str:
    """The range: its period's name, or its ends; whole days without their clock times."""
    if query.period != CUSTOM:
        return str(PERIODS[query.period].label).lower()
    start, end = query.span
    if start.time() == time.min and end.time() == LAST_SECOND:
        if start.date() == end.date():
            return _("on %s") % day_words(start)
        return _("%(start)s to %(end)s") % {"start": day_words(start), "end": day_words(end)}
    return _("%(start)s to %(end)s") % {"start": second_words(start), "end": second_words(end)}


def day_words(moment: datetime) -> str:
    return format_date(moment, "d MMM y", locale=get_language() or "en")


def second_words(moment: datetime) -> str:
    return format_datetime(moment, "d MMM y HH:mm:ss", locale=get_language() or "en")
