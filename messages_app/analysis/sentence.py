"""The question in words, as it stands above the results: "4,312 outgoing messages, to France, …".

Each filter has its clause here beside its condition, so that no filter works unseen.
"""

from collections.abc import Callable
from datetime import datetime, time

from babel.dates import format_date, format_datetime, get_day_names
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.countries import country_name
from messages_app.analysis.exact import is_exact, meant
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.periods import CUSTOM, PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.slots import HOURS, SLOTS
from messages_app.analysis.statuses import INCOMING_TYPE, KINDS, NONE, OUTGOING, status_of
from messages_app.sms.delays import EDGES, bins_between
from messages_app.visible import one_line

LAST_SECOND = time(23, 59, 59)


def subject(query: MessageQuery, count: int, words: str) -> str:
    """What is counted: "4,312 outgoing messages". `words` is `count` written for people."""
    if query.type == OUTGOING:
        text = ngettext("%(count)s outgoing message", "%(count)s outgoing messages", count)
    elif query.type == INCOMING_TYPE:
        text = ngettext("%(count)s incoming message", "%(count)s incoming messages", count)
    else:
        text = ngettext("%(count)s message", "%(count)s messages", count)
    return text % {"count": words}


def clauses(query: MessageQuery) -> dict[str, str]:
    """Each condition in force in words, by its parameter; the range last."""
    found = {}
    if query.destination:
        found["destination"] = _("to %s") % _value(query.destination, shown_number)
    if query.sender:
        found["sender"] = (
            _("without a sender")
            if query.sender == NONE
            else _("from %s") % _value(query.sender, shown_number)
        )
    if query.message:
        found["message"] = _("text contains “%s”") % query.message
    if query.countries:
        words = _any_of(_value(code, country_name) for code in query.countries)
        found["country"] = _("country: %s") % words
    if query.statuses:
        words = _any_of(_status_word(name) for name in query.statuses)
        found["status"] = _("status: %s") % words
    if query.details:
        found["details"] = _("reason: %s") % _any_of(map(_value, query.details))
    if query.campaign:
        found["campaign"] = (
            _("without a campaign") if query.campaign == NONE else _("campaign %s") % query.campaign
        )
    if query.client:
        found["client"] = _("account %s") % query.client
    if query.reference:
        found["reference"] = _("reference “%s”") % query.reference
    if query.kind:
        found["kind"] = str(KINDS[query.kind]).lower()
    if query.slot:
        found["slot"] = slot_words(query.slot)
    if query.delay:
        found["delay"] = _("delivered within %s") % delay_words(query.delay)
    found["period"] = range_words(query)
    return found


def slot_words(slot: str) -> str:
    """An hour of the week: "Mondays, 09:00 to 10:00"."""
    day, hour = divmod(SLOTS.index(slot), HOURS)
    name = str(get_day_names("wide", locale=shown.locale())[day])
    return _("%(day)s, %(start)s to %(end)s") % {
        "day": name, "start": f"{hour:02}:00", "end": f"{(hour + 1) % HOURS:02}:00"
    }  # fmt: skip


def delay_words(span: str) -> str:
    """A span of times to delivery: "6 s – 11 s"."""
    bins = bins_between(span)
    first = shown.duration(EDGES[bins.start])
    if bins.stop == len(EDGES):
        return _("%s or more") % first
    return f"{first} – {shown.duration(EDGES[bins.stop])}"


def remark(query: MessageQuery) -> str:
    """What the question leaves out without saying so, "" where it does not."""
    if set(query.countries) <= {NONE} or query.type == OUTGOING:
        return ""
    if query.type == INCOMING_TYPE:
        return _(
            "The provider gives incoming messages no country, so none of them is found by one."
        )
    return _("Incoming messages are not among them: the provider gives them no country.")


def _value(text: str, words: Callable[[str], str] = str) -> str:
    """A filter's value in words; in quotation marks where it means just itself."""
    return f"“{one_line(meant(text))}”" if is_exact(text) else words(text)


def _any_of(words: object) -> str:
    return _(" or ").join(words)  # type: ignore[arg-type]


def _status_word(name: str) -> str:
    return str(_("Other")) if name == "other" else str(status_of(name).label).lower()


def range_words(query: MessageQuery) -> str:
    """The range: its period's name, or its ends; whole days without their clock times."""
    if query.period != CUSTOM:
        return str(PERIODS[query.period].label).lower()
    return span_words(query)


def span_words(query: MessageQuery) -> str:
    """The range by its ends, also of a period with a name."""
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
