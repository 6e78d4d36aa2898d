"""The one search box of the frame: a line is read, and leads to the page that answers it.

A line that cannot be read leads nowhere: it stays in the box with its mistakes marked, and so does
the page below. A line with several readings leads to the likeliest; the others are offered there.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url
from django_htmx.middleware import HtmxDetails

from messages_app import clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.operators import DAY
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import clauses
from messages_app.answers import count_at_hand
from messages_app.audit_questions import record_search_box
from messages_app.filters import PERSONAL, SEARCHED, question_url
from messages_app.privacy import holds_number, mask_of
from messages_app.sealing import BrokenSeal, is_sealed, seal, unseal
from messages_app.searches import LONGEST, Mistake, Reading, Search, understood
from messages_app.views.asking import FORM, opened_form
from messages_app.views.question_bar import sentence
from messages_app.views.rows import message_paths
from messages_app.views.search_help import search_help

LINE = "q"
"""The box's name in its form."""

ALL = "-"
"""Stands in an address where no reading is shown yet."""


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Answer a line that was sent; show the readings of one in the address; else what can be asked."""
    viewer = gate(request, "see_messages")
    kept = opened_form(request.GET.get(FORM, ""))
    sent = request.POST if request.method == "POST" else kept
    if sent is not None:
        found = understood(sent.get(LINE, ""), clock.now(), viewer.may)
        if kept is not None:
            found = _seen(ALL, found, viewer.may)
        record_search_box(request, found)
        is_shown = found.mistakes or (_must_choose(found) and _tells(ALL, found, viewer.may))
        return _shown(request, found) if is_shown else _led(request, _target(found, viewer.may))
    if LINE in request.GET:
        # Typed into the address: it must not stay in histories as it is.
        return redirect(_typed(request.GET[LINE][:LONGEST], viewer.may))
    if SEARCHED not in request.GET:
        return _shown(request, Search(""))
    found = _opened(request, viewer.may)[1]
    record_search_box(request, found)
    return _shown(request, found)


@require_safe
def readings(request: HttpRequest) -> HttpResponse:
    """The other readings of the search that led to a page; loads by itself on it."""
    viewer = gate(request, "see_messages")
    field, found = _opened(request, viewer.may)
    record_search_box(request, found)
    listed = _offers(found, viewer.may, but=field)
    offers = [offer for offer in listed if offer.count != "0"]
    if not found.line:
        return HttpResponse()
    context = {"offers": offers, "line": found.line}
    return render(request, "messages_app/_readings.html", context)


def searched(request: HttpRequest) -> dict[str, str]:
    """Template context of a page that a search led to: where its other readings are."""
    value = request.GET.get(SEARCHED, "")
    if not is_sealed(value):
        return {}
    params = urlencode({SEARCHED: value})
    return {
        "readings_href": f"{reverse('readings')}?{params}",
        "search_href": f"{reverse('search')}?{params}",
    }


@dataclass(frozen=True, slots=True)
class ReadingOffer:
    """A reading to choose: words, address, how many rows as far as that is cheap to tell."""

    words: str
    href: str
    count: str = ""


def _shown(request: HttpRequest, found: Search) -> HttpResponse:
    """The box with its line, alone for htmx, else on a page with what can be asked."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    context: dict[str, Any] = {"search": found}
    if htmx and not htmx.history_restore_request:
        return push_url(render(request, "_search.html", context), False)
    offers = _offers(found, gate(request).may)
    context |= {"offers": offers, "back_href": _way_back(request), "help": search_help()}
    return render(request, "messages_app/search.html", context)


def _led(request: HttpRequest, address: str) -> HttpResponse:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(address) if htmx else redirect(address)


def _must_choose(found: Search) -> bool:
    """Whether two messages bear the number that was searched for."""
    return bool(found.readings) and len(found.readings[0].records) > 1


def _target(found: Search, may: frozenset[str]) -> str:
    """The address of a line's answer."""
    if found.is_empty:
        return reverse("messages")
    return _page_of(found.line) if _must_choose(found) else _address(found.readings[0], found, may)


def _address(reading: Reading, found: Search, may: frozenset[str]) -> str:
    """Where a reading is answered; with the search, where it has other readings."""
    has_others = len(found.readings) > 1 and not _tells(reading.field, found, may)
    extra = [(SEARCHED, _sealed(found.line, reading.field))] if has_others else []
    if reading.query:
        return question_url(reverse("messages"), reading.query, extra)
    (record,) = reading.records
    href = message_paths(MessageQuery(now=clock.now(), mask=mask_of(may)))(record)
    return f"{href}{'&' if '?' in href else '?'}{urlencode(extra)}" if extra else href


def _offers(found: Search, may: frozenset[str], but: str = ALL) -> list[ReadingOffer]:
    offers = []
    for reading in found.readings:
        if reading.field == but:
            continue
        for record in reading.records:
            one = Reading(reading.field, records=(record,))
            words = _("message %s") % record.key
            offers.append(ReadingOffer(words, _address(one, found, may)))
        if reading.query:
            href = _address(reading, found, may)
            offers.append(ReadingOffer(_words(reading), href, _count(reading)))
    return offers


def _words(reading: Reading) -> str:
    """What a reading takes the line for."""
    assert reading.query
    if not reading.field:
        return sentence(reading.query, None)
    words = clauses(reading.query)
    return words["period" if reading.field == DAY else reading.field]


def _count(reading: Reading) -> str:
    """Rows of a reading where the archive tells them at once, else ""."""
    counted = count_at_hand(reading.query) if reading.query else None
    if counted is None:
        return ""
    total, is_known = counted
    return shown.number(total) if is_known else _("more than %s") % shown.number(total)


def _opened(request: HttpRequest, may: frozenset[str]) -> tuple[str, Search]:
    """The reading that is shown and the search, out of an address."""
    value = request.GET.get(SEARCHED, "")
    try:
        field, _blank, line = (
            unseal(SEARCHED, value).partition(" ") if is_sealed(value) else ("",) * 3
        )
    except BrokenSeal:
        sentence = _("This link was cut off or altered, or its key is gone. Type the value again.")
        return ALL, Search("", mistakes=(Mistake(sentence, 0, 0),))
    return field, _seen(field, understood(line, clock.now(), may), may)


def _seen(field: str, found: Search, may: frozenset[str]) -> Search:
    """A search out of an address, which a colleague may have made: without its line where that tells
    what this viewer may not see."""
    if not _tells(field, found, may):
        return found
    sentence = _(
        "Your role does not show numbers, texts and references in full, so they cannot be searched for."
    )
    return Search("", mistakes=(Mistake(sentence, 0, 0),))


def _tells(field: str, found: Search, may: frozenset[str]) -> bool:
    """Whether a line may tell of a number or text that is masked; `field` is what it was taken for.

    Of a line that cannot be read nobody knows what stands in it. What tells is not sealed for the
    viewer either: a colleague's link would be guessed by what a line becomes.
    """
    if "see_personal" in may:
        return False
    return field in PERSONAL or bool(found.mistakes) or holds_number(found.line)


def _typed(line: str, may: frozenset[str]) -> str:
    """The address of a line that was typed into one."""
    found = understood(line, clock.now(), may)
    return reverse("search") if _tells(ALL, found, may) else _page_of(line)


def _sealed(line: str, field: str = ALL) -> str:
    return seal(SEARCHED, f"{field} {line}")


def _page_of(line: str) -> str:
    return f"{reverse('search')}?{urlencode({SEARCHED: _sealed(line)})}"


def _way_back(request: HttpRequest) -> str:
    """The page that was searched from, without scripts; the list where that is not known."""
    came_from = request.headers.get("Referer", "")
    path = urlsplit(came_from).path
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    is_page = is_ours and path and not path.startswith(reverse("search"))
    return came_from if is_page else reverse("messages")
