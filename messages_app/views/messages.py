"""The table of messages, the strip of figures above it, and one message with all its fields."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_app import clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.listing import Listing, list_messages
from messages_app.analysis.query import PER_PAGE_CHOICES, MessageQuery
from messages_app.analysis.statuses import MO, MT
from messages_app.fields import WallTimeField
from messages_app.filters import question_url
from messages_app.sources import live_source
from messages_app.views.asking import Trouble, asked, attempt, extras_of, live_rows, show
from messages_app.views.columns import columns
from messages_app.views.detail import detail
from messages_app.views.figures import strip
from messages_app.views.question_bar import bar, sentence
from messages_app.views.rows import table_rows


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HttpRequest) -> HttpResponse:
    """The list: one page of rows for the question in the URL."""
    gate(request, "see_messages", "see_personal")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    context = bar(request, question)
    if question.query:
        context |= _answer(request, question.query)
    return show(request, "messages", context)


def _answer(request: HttpRequest, query: MessageQuery) -> dict[str, Any]:
    path = request.path
    answer = attempt(lambda q: list_messages(q, live_source()), query, path)
    here = question_url(path, query, extras_of(request.GET))
    context = {
        "query": query,
        "here": here,
        "refreshes": request.GET.get("refresh") == "1",
        "columns": columns(path, query),
        "analytics_href": question_url(reverse("analytics"), query.but(sort="-date")),
        "figures_href": question_url(reverse("messages_figures"), query),
        "refresh_href": question_url(path, query, [("refresh", "1")]),
        "still_href": question_url(path, query),
    }
    if isinstance(answer, Trouble):
        return context | {"trouble": answer, "sentence": sentence(query, None)}
    return context | _listed(path, query, answer)


def _listed(path: str, query: MessageQuery, listing: Listing) -> dict[str, Any]:
    first = query.offset + 1
    last = query.offset + len(listing.rows) + listing.unreadable
    return {
        "listing": listing,
        "rows": table_rows(listing.rows, query),
        "sentence": sentence(query, listing.total, known=listing.is_total_known),
        "as_of": shown.clock(listing.as_of),
        "first": shown.number(first),
        "last": shown.number(last),
        "total": shown.number(listing.total),
        "newer_href": question_url(path, query.but(page=query.page - 1)) if query.page > 1 else "",
        "older_href": question_url(path, query.but(page=query.page + 1))
        if listing.has_next
        else "",
        "first_href": question_url(path, query.but(page=1)),
        "per_page_links": _per_page_links(path, query),
    }


def _per_page_links(path: str, query: MessageQuery) -> list[tuple[int, str, bool]]:
    return [
        (size, question_url(path, query.but(per_page=size)), size == query.per_page)
        for size in PER_PAGE_CHOICES
    ]


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The strip of figures of a question; loads by itself above the table."""
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    context: dict[str, Any] = {"query": question.query}
    if question.query:
        answer = attempt(live_rows, question.query, reverse("messages"))
        if isinstance(answer, Trouble):
            context["trouble"] = answer
        else:
            context |= strip(answer)
    return render(request, "messages_app/_figures.html", context)


@require_safe
def message(request: HttpRequest, kind: str, message_id: int) -> HttpResponse:
    """One message with every field; `?at=` says in which second to look for it."""
    gate(request, "see_messages", "see_personal")
    if kind not in (MT, MO):
        raise Http404(_("There are outgoing (sms_mt) and incoming (sms_mo) messages."))
    now = clock.now()
    query = MessageQuery(now=now)
    at = _second(request.GET.get("at", ""))
    if at is None:
        raise Http404(_("This link does not say when the message was sent (at=…)."))
    key = f"{kind}:{message_id}"
    found = attempt(lambda _query: live_source().find(key, at), query, request.path)
    context: dict[str, Any] = {"key": key, "at": at}
    if isinstance(found, Trouble):
        context["trouble"] = found
    elif found is None:
        raise Http404(_("The provider shows no such message at that time."))
    else:
        context |= detail(found, query)
    return show(request, "message", context)


def _second(text: str) -> datetime | None:
    try:
        return WallTimeField().clean(text)
    except ValidationError:
        return None
