"""Why a list is empty and what to try, in words: the answer where no row answers the question."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from messages_app.addresses import conversation_path
from messages_app.analysis.periods import PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.search_line import LONG_PERIOD, one_number, usual_period
from messages_app.analysis.sentence import remark
from messages_app.analysis.statuses import INCOMING_TYPE
from messages_app.filters import question_url
from messages_app.sms.terms import PENDING
from messages_app.views.trouble import Offer, Trouble

SCHEDULED, LONGER = "scheduled", "last_12_months"


def nothing(path: str, query: MessageQuery, last: int | None = None) -> Trouble:
    """What stands in place of the rows of an empty page; `last` is the last page's number, if known."""
    if query.page > 1:
        offers = [Offer(_("First page"), question_url(path, query.but(page=1)))]
        if last is not None and 1 < last < query.page:
            offers.insert(0, Offer(_("Last page"), question_url(path, query.but(page=last))))
        return Trouble(
            "empty",
            _("There is nothing on this page"),
            _("The list ends before it."),
            tuple(offers),
        )
    clear = Offer(_("Clear all filters"), path)
    return Trouble(
        "empty", _("No message answers this question"), _why(query), (*_instead(path, query), clear)
    )


def _why(query: MessageQuery) -> str:
    if query.countries and query.type == INCOMING_TYPE:
        return remark(query)
    if _is_pending_of_the_past(query):
        return _("Messages that are still to be sent lie in the future.")
    return _("Take a filter off, or choose a longer period.")


def _instead(path: str, query: MessageQuery) -> list[Offer]:
    found = []
    if query.countries and query.type == INCOMING_TYPE:
        found.append(Offer(_("All countries"), question_url(path, query.but(countries=()))))
    if _is_pending_of_the_past(query):
        ahead = query.but(period=SCHEDULED, date_start=None, date_end=None)
        found.append(Offer(_("Show what is scheduled"), question_url(path, ahead)))
    elif usual_period(query) == LONG_PERIOD and query.fence is None:
        found += _further(path, query)
    return found


def _further(path: str, query: MessageQuery) -> Iterator[Offer]:
    """Where messages of one number, campaign or reference may be that the range does not hold."""
    number = one_number(query)
    if number and query.mask.is_open:
        yield Offer(_("Open the conversation"), conversation_path(number))
    dateless = query.but(date_start=None, date_end=None)
    longer, ahead = dateless.but(period=LONGER), dateless.but(period=SCHEDULED)
    if longer.span[0] < query.span[0]:
        yield Offer(str(PERIODS[LONGER].label), question_url(path, longer))
    if query.period != SCHEDULED and query.span[1] <= query.now.replace(tzinfo=None):
        yield Offer(_("Show what is scheduled"), question_url(path, ahead))


def _is_pending_of_the_past(query: MessageQuery) -> bool:
    return (
        bool(set(query.statuses) & set(PENDING))
        and query.period != SCHEDULED
        and (query.span[1] <= query.now.replace(tzinfo=None))
    )
