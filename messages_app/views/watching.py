"""What changed beyond chance, in words: the last day against the usual, or one range against another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.changes import Change
from messages_app.analysis.countries import country_name
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words
from messages_app.around import Compared, compared, watched
from messages_app.charts.countries import rows_of
from messages_app.charts.marks import Link
from messages_app.filters import question_url
from messages_app.sms.terms import ATTEMPTED
from messages_app.views.asking import asked, attempt
from messages_app.views.comparing import Aside, aside
from messages_app.views.narrowing import links
from messages_app.views.trouble import Trouble

SHOWN = 8
"""Changes that are listed; the others are told by their number."""


@dataclass(frozen=True, slots=True)
class Told:
    """One change for people: what it is of, its words, and the way to its rows."""

    label: str
    words: str
    href: str
    is_fall: bool


def told(change: Change, link: Link) -> Told:
    """ "Senegal: delivery 91 % → 64 % (−27 points, 1,204 attempts)"."""
    pair = change.pair
    words = _("delivery %(then)s → %(now)s (%(points)s, %(attempts)s attempts, beyond chance)") % {
        "then": shown.rate(pair.then.delivery_rate), "now": shown.rate(pair.now.delivery_rate),
        "points": shown.points(change.points), "attempts": shown.number(pair.now.attempted),
    }  # fmt: skip
    href = link(**rows_of(pair.key, *ATTEMPTED))
    return Told(country_name(pair.key), words, href, change.points < 0)


def _listed(query: MessageQuery, changes: Sequence[Change], looked_at: int) -> dict[str, Any]:
    link = links(query)
    more = len(changes) - SHOWN
    return {
        "changes": [told(change, link) for change in changes[:SHOWN]],
        "more": _("and %s more") % shown.number(more) if more > 0 else "",
        "looked_at": _(
            "Countries looked at: %s; listed is what chance does not explain (p < 0.01, Holm)."
        )
        % shown.number(looked_at),
    }


def watched_context(query: MessageQuery) -> dict[str, Any]:
    """Template context of "worth a look"."""
    found = watched(query)
    context: dict[str, Any] = {
        "name": "watch",
        "title": _("Worth a look"),
        "sub": _("the last 24 hours against the same hours of the 4 weeks before"),
        "href": question_url(reverse("worth_a_look"), query),
        "nothing": _("Nothing out of the ordinary in the last 24 hours."),
    }
    if found is None:
        reason = _(
            "This needs the last 24 hours and at least 3 weeks before them in the archive, which is not "
            "there yet."
        )
        return context | {"missing": reason}
    return context | _listed(found.query, found.changes, found.looked_at)


def changed_context(query: MessageQuery, beside: Aside) -> dict[str, Any]:
    """Template context of what changed most between the question's range and the one compared with."""
    other = beside.other(query)
    context: dict[str, Any] = {
        "name": "changed",
        "title": _("What changed most"),
        "href": question_url(reverse("changed"), query, beside.params),
        "nothing": _("No delivery rate changed beyond chance."),
    }
    if other is None:
        return context | {"missing": _("There is no range to compare with.")}
    words = _("%(now)s against %(then)s") % {"now": range_words(query), "then": range_words(other)}
    found = attempt(partial(compared, other=other), query, reverse("analytics"))
    if isinstance(found, Trouble):
        return context | {"sub": words, "missing": found.text}
    if not isinstance(found, Compared):
        reason = _("One of the two ranges is not all fetched, so nothing is compared yet.")
        return context | {"sub": words, "missing": reason}
    return context | {"sub": words} | _listed(found.query, found.changes, found.looked_at)


@require_safe
def worth_a_look(request: HttpRequest) -> HttpResponse:
    """The list alone, as the page fetches it."""
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    if question.query is None:
        return HttpResponse(status=400)
    context = {"list": watched_context(question.query)}
    return render(request, "messages_app/_changes.html", context)


@require_safe
def changed(request: HttpRequest) -> HttpResponse:
    """The list alone, as the page fetches it."""
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    question, beside = aside(request, question)
    if question.query is None:
        return HttpResponse(status=400)
    context = {"list": changed_context(question.query, beside)}
    return render(request, "messages_app/_changes.html", context)
