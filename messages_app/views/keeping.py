"""What can be done with the question on a page: copy its link, keep it under a name.

Makes the template's context of these menus, and reads the address back that one of them sends.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from messages_app import clock
from messages_app.access import Viewer, gate
from messages_app.analysis.periods import CUSTOM
from messages_app.analysis.query import MessageQuery, Params
from messages_app.analysis.sentence import range_words, span_words
from messages_app.filters import SEARCHED, question_url, read_question
from messages_app.saved import NEEDS
from messages_app.views.asking import extras_of
from messages_app.views.comparing import Aside, aside_of

PASSING = ("wait", "refresh", "seen", SEARCHED)
"""Extras that belong to one look at a page, or to what one person typed: no colleague should see them."""

LONGEST = 6000
"""Characters of a question's address; more than the form can ask for."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A link to copy, and what becomes of its dates."""

    label: str
    href: str


def keeping(request: HttpRequest, query: MessageQuery, beside: Params) -> dict[str, Any]:
    """Template context: the links to copy, and the address that a saved view is made from."""
    path, page = request.path, _page_of(request.path)
    extras = [one for one in extras_of(request.GET) if one[0] not in PASSING]
    fixed = query.within(*query.span).but(page=query.page)
    relative = Copied(
        _("Keep “%s”: the dates move on") % range_words(query), question_url(path, query, extras)
    )
    as_now = Copied(_("Fix these dates: %s") % span_words(query), question_url(path, fixed, extras))
    return {
        "copies": [as_now] if query.period == CUSTOM else [relative, as_now],
        "keeps": question_url(path, query.but(page=1), beside) if page else "",
        "share_href": _share_href(request, page, query),
    }


def _share_href(request: HttpRequest, page: str, query: MessageQuery) -> str:
    """Where the question is shared with people without a login, for who may."""
    if not page or "share" not in gate(request).may:
        return ""
    return question_url(reverse("new_share"), query.but(page=1), [("at", page)])


def _page_of(path: str) -> str:
    """The name of the page with this path, "" where its questions are not kept."""
    return next((page for page in NEEDS if reverse(page) == path), "")


@dataclass(frozen=True, slots=True)
class Kept:
    """A question as it is kept: its page, the question, and its query string in canonical form."""

    page: str
    query: MessageQuery
    beside: Aside
    params: str


def kept(address: str, viewer: Viewer) -> Kept | None:
    """The question of an address that a page made; None where this person cannot ask it."""
    if len(address) > LONGEST:
        return None
    try:
        found = urlsplit(address)
    except ValueError:
        return None
    page, params = _page_of(found.path), QueryDict(found.query)
    if not page or found.netloc or not viewer.may >= NEEDS[page]:
        return None
    question, beside = aside_of(params, read_question(params, clock.now(), viewer.mask))
    if question.query is None:
        return None
    query = question.query.but(page=1)
    extras = beside.params if page == "analytics" else []
    return Kept(page, query, beside, question_url("", query, extras).removeprefix("?"))
