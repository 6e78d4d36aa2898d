"""The table of messages, the strip of figures above it, and one message with all its fields."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.middleware import HtmxDetails

from messages_app import flags
from messages_app.access import Viewer, gate
from messages_app.analysis import shown
from messages_app.analysis.archived import Cursor, count_archived
from messages_app.analysis.conditions import is_wholly_pushed
from messages_app.analysis.listing import Listing
from messages_app.analysis.query import (
    DEFAULT_SORT,
    PER_PAGE_CHOICES,
    MessageQuery,
    last_page,
)
from messages_app.answers import ARCHIVE, listed, tallied
from messages_app.archive.keys import key_of
from messages_app.filters import MAX_PAGE, question_url, sealed_params
from messages_app.places import place
from messages_app.preferences import USUAL, Preferences
from messages_app.sealing import BrokenSeal, is_sealed, seal, unseal
from messages_app.views.asking import (
    asked,
    attempt,
    extras_of,
    must_wait,
    read,
    show,
)
from messages_app.views.columns import columns
from messages_app.views.exports import menu
from messages_app.views.figures import strip
from messages_app.views.nothing import nothing
from messages_app.views.preferences import columns_url, in_force
from messages_app.views.provenance import provenance
from messages_app.views.question_bar import bar, sentence
from messages_app.views.rows import table_rows
from messages_app.views.search import searched
from messages_app.views.trouble import Offer, Trouble


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HttpRequest) -> HttpResponse:
    """The list: one page of rows for the question in the URL.

    Where every row of the range is needed first, a browser has the frame at once, which asks again
    with `wait=1` for the rows; programs have them in the one answer.
    """
    viewer = gate(request, "see_messages")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    context = bar(request, question)
    if question.query:
        context |= _answer(request, question.query, viewer)
    return show(request, "messages", context)


def _answer(request: HttpRequest, query: MessageQuery, viewer: Viewer) -> dict[str, Any]:
    path, chosen = request.path, in_force(request, viewer)
    extras = [pair for pair in extras_of(request.GET) if pair[0] != "wait"]
    here = question_url(path, query, extras)
    context = {
        "query": query,
        "here": here,
        "refreshes": request.GET.get("refresh") == "1",
        "columns": columns(path, query, chosen.columns),
        "shown": chosen.columns,
        "is_wide": len(chosen.columns) > len(USUAL),
        "density": chosen.density,
        "columns_href": columns_url(here) if query.fence is None else "",
        "analytics_href": question_url(place("analytics", query), query.but(sort="-date")),
        "figures_href": question_url(place("messages_figures", query), query),
        "refresh_href": question_url(path, query, [("refresh", "1")]),
        "again_href": question_url(path, query, [("refresh", "1"), ("wait", "1")]),
        "still_href": question_url(path, query),
        "sentence": sentence(query, None),
        **(searched(request) if query.fence is None else {}),
    }
    if _is_browser(request) and not is_wholly_pushed(query) and must_wait(request, query):
        return context | {"waits_for": question_url(path, query, [*extras, ("wait", "1")])}
    answer = attempt(partial(listed, cursor=_cursor(request)), query, path)
    if isinstance(answer, Trouble):
        return context | {"trouble": _or_sorted_by_time(answer, path, query)}
    return context | provenance(answer) | _listed(path, query, answer.value, viewer, chosen)


def _cursor(request: HttpRequest) -> Cursor | None:
    """The row that the page comes after or before, where the link names one."""
    for name in ("after", "before"):
        text = request.GET.get(name, "")
        with suppress(BrokenSeal):
            text = unseal(name, text) if is_sealed(text) else text
        # Of longer digits Python makes no number at all.
        if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63:
            return Cursor(int(text), forward=name == "after")
    return None


def _or_sorted_by_time(trouble: Trouble, path: str, query: MessageQuery) -> Trouble:
    """A range too long to be sorted here can still be had in the provider's own order."""
    by_time = query.but(sort=DEFAULT_SORT)
    if trouble.kind != "refused" or is_wholly_pushed(query) or not is_wholly_pushed(by_time):
        return trouble
    offer = Offer(_("The same, sorted by time"), question_url(path, by_time))
    return replace(trouble, offers=(offer, *trouble.offers))


def _is_browser(request: HttpRequest) -> bool:
    """Say whether a browser shows the answer as a page, or htmx in one."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) or request.headers.get("Sec-Fetch-Dest") == "document"


def _listed(
    path: str, query: MessageQuery, listing: Listing, viewer: Viewer, chosen: Preferences
) -> dict[str, Any]:
    first = query.offset + 1
    last = query.offset + len(listing.rows) + listing.unreadable
    return {
        "listing": listing,
        "rows": table_rows(
            listing.rows,
            query,
            linked="see_personal" in viewer.may,
            flagged=flags.flagged(listing.rows) if flags.sees(viewer) and listing.rows else (),
        ),
        "sentence": sentence(query, listing.total, known=listing.is_total_known),
        "first": shown.number(first),
        "last": shown.number(last),
        "total": shown.number(listing.total),
        "older_href": _step(path, query, listing, 1) if listing.has_next else "",
        "per_page_links": _per_page_links(path, query),
        "count_href": _count_href(query, listing),
        "export_links": menu(query, chosen.columns) if listing.rows else [],
        **_pages(path, query, listing),
    }


def _pages(path: str, query: MessageQuery, listing: Listing) -> dict[str, Any]:
    """Where the other pages are, as far as their number is known."""
    total = listing.total if listing.is_total_known else None
    last = None if total is None else last_page(query, total)
    # Behind the end the previous page is as empty as this one, where it is known where that is.
    has_newer = query.page > 1 and (last is None or query.page <= last)
    return {
        "page_count": "" if last is None else shown.number(last),
        "has_pages": query.page > 1 or listing.has_next,
        "page_params": sealed_params(query.but(page=1)),
        "first_href": question_url(path, query.but(page=1)) if query.page > 1 else "",
        "newer_href": _step(path, query, listing, -1) if has_newer else "",
        "last_href": _last_href(path, query, last),
        "nothing": nothing(path, query, last),
    }


def _last_href(path: str, query: MessageQuery, last: int | None) -> str:
    """The address of the page `last`; "" where nobody knows it, it is this one, or too far to ask for."""
    if last is None or last == query.page or last > MAX_PAGE:
        return ""
    return question_url(path, query.but(page=last))


def _count_href(query: MessageQuery, listing: Listing) -> str:
    """Where a total that takes long to count is to be had; "" where it is known, or cannot be."""
    if listing.is_total_known or listing.source != ARCHIVE:
        return ""
    return question_url(place("messages_count", query), query)


def _step(path: str, query: MessageQuery, listing: Listing, pages: int) -> str:
    """The next or previous page; in the archive by the row that it begins beside, so that no row is
    passed over or shown twice while others arrive."""
    extra = []
    if listing.source == ARCHIVE and listing.rows:
        name, row = ("after", listing.rows[-1]) if pages > 0 else ("before", listing.rows[0])
        key = str(key_of(row.type, row.message_id))
        extra = [(name, key if query.mask.is_open else seal(name, key))]
    return question_url(path, query.but(page=query.page + pages), extra)


def _per_page_links(path: str, query: MessageQuery) -> list[tuple[int, str, bool]]:
    return [
        (size, question_url(path, query.but(per_page=size)), size == query.per_page)
        for size in PER_PAGE_CHOICES
    ]


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """The exact number of a long list's rows; loads by itself while the page is there already."""
    gate(request, "see_messages")
    query = read(request).query
    if query is None:
        return HttpResponse(status=400)
    total = count_archived(query)
    last = last_page(query, total)
    context = {
        "sentence": sentence(query, total),
        "total": shown.number(total),
        "page_count": shown.number(last),
        "last_href": _last_href(place("messages", query), query, last),
    }
    return render(request, "messages_app/_count.html", context)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The strip of figures of a question; loads by itself above the table."""
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    context: dict[str, Any] = {"query": question.query}
    if question.query:
        answer = attempt(tallied, question.query, place("messages", question.query))
        if isinstance(answer, Trouble):
            context["trouble"] = answer
        else:
            context |= strip(answer)
    return render(request, "messages_app/_figures.html", context)
