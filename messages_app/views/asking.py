"""What every page with a question shares: read it, send typed values to their sealed address, answer.

request ─▶ asked() ─▶ redirect (a form was sent, or the URL spells personal values)
               └────▶ Question ─▶ attempt(work) ─▶ the answer, or a Trouble to show
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from messages_app import clock
from messages_app.access import gate
from messages_app.addresses import opened_row
from messages_app.analysis.query import MessageQuery
from messages_app.answers import is_at_hand
from messages_app.archive.faults import SLOW, kind_of
from messages_app.archive.windows import TooMuch
from messages_app.audit_questions import record_search
from messages_app.fields import WallTimeField
from messages_app.filters import (
    ASKS_FOR_PERSONAL,
    EXTRAS,
    FORM_ONLY,
    PERSONAL,
    WITHHELD,
    Question,
    question_url,
    read_question,
)
from messages_app.privacy import Mask
from messages_app.provider import ProviderError
from messages_app.sealing import BrokenSeal, is_sealed, seal, unseal
from messages_app.views.trouble import Trouble, failed, too_much, too_slow

T = TypeVar("T")

FORM = "form"
"""The parameter that holds a whole form, sealed, on its way through the login."""


class AskedRequest(HttpRequest):
    """A request that the htmx middleware has seen."""

    htmx: HtmxDetails


def asked(request: HttpRequest) -> Question | HttpResponse:
    """The question of this request, or the redirect to its own address. Raises PermissionDenied."""
    question = read(request)
    params, is_form = _given(request)
    if question.query and (is_form or question.outspoken):
        return redirect(question_url(request.path, question.query, extras_of(params)))
    hidden = sealed(request.GET, gate(request).mask)
    if hidden != request.GET:
        # This address has no answer, but it must not stay in histories as it is.
        return redirect(f"{request.path}?{hidden.urlencode()}")
    return question


def read(request: HttpRequest) -> Question:
    """Read the question of a request; every page with a question comes by here.

    Counts are answers too: under a mask nobody may ask how many rows hold a number or a text, and who
    asks for a number is recorded first. Raises PermissionDenied and NotRecorded.
    """
    params, is_form = _given(request)
    return _read(request, given(request) if is_form else params, typed=is_form)


def read_address(request: HttpRequest) -> Question:
    """The question in the address, also where a form is sent to it. Raises PermissionDenied."""
    return _read(request, request.GET)


def _read(request: HttpRequest, params: QueryDict, *, typed: bool = False) -> Question:
    question = read_question(params, clock.now(), gate(request).mask, typed=typed)
    if question.query:
        record_search(request, question.query)
    return question


def _given(request: HttpRequest) -> tuple[QueryDict, bool]:
    """The parameters of a request, and whether they are a form's: one sent, or kept through a login."""
    if request.method == "POST":
        return request.POST, True
    kept = opened_form(request.GET.get(FORM, ""))
    return (request.GET, False) if kept is None else (kept, True)


def form_address(request: HttpRequest) -> str:
    """The address that asks again what a form asked, for a person who has to log in before."""
    typed = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    # Strangers come here too: with the salt nobody learns how a value of theirs would be sealed.
    closed = seal(FORM, f"{secrets.token_urlsafe(12)} {typed.urlencode()}")
    return f"{request.path}?{urlencode({FORM: closed})}"


def opened_form(text: str) -> QueryDict | None:
    """The parameters that `form_address` put in; None for what it did not make."""
    try:
        return QueryDict(unseal(FORM, text).partition(" ")[2]) if is_sealed(text) else None
    except BrokenSeal:
        return None


def given(request: HttpRequest) -> QueryDict:
    """The parameters of a request with every personal value sealed."""
    params, is_form = _given(request)
    return sealed(params, gate(request).mask, typed=is_form)


def sealed(params: QueryDict, mask: Mask, *, typed: bool = False) -> QueryDict:
    """`params` with every personal value sealed; what is `typed` is plain, whatever it looks like.

    Under a mask nothing is sealed that may not be asked for: a colleague's sealed link would be
    guessed by what typed numbers become.
    """
    found = params.copy()
    for name in PERSONAL:
        if name in params:
            values = params.getlist(name)
            found.setlist(name, [_sealed(name, value, mask, typed) for value in values])
    return found


def _sealed(name: str, value: str, mask: Mask, typed: bool) -> str:
    if not value or (is_sealed(value) and not typed):
        return value
    may_ask = mask.is_open or not ASKS_FOR_PERSONAL[name](value)
    return seal(name, value) if may_ask else WITHHELD


def extras_of(params: QueryDict) -> list[tuple[str, str]]:
    """The page's own parameters that are no part of the question, to keep them on the way."""
    kept = EXTRAS - FORM_ONLY
    return [(name, str(params[name])) for name in sorted(kept) if params.get(name)]


def named(row: str) -> tuple[str, int, str]:
    """Type, number and second of the message in a sealed address. Raises Http404."""
    try:
        return opened_row(row)
    except BrokenSeal:
        raise Http404(_("This link was cut off or altered, or its key is gone.")) from None


def second_of(text: str) -> datetime | None:
    """The second that a link to a message bears (`at=…`); None for what is none."""
    try:
        return WallTimeField(skipped=True).clean(text)
    except ValidationError:
        return None


def attempt(work: Callable[[MessageQuery], T], query: MessageQuery, path: str) -> T | Trouble:
    """Do the work, or say in words why it cannot be done and what to try."""
    try:
        return work(query)
    except TooMuch as limit:
        return too_much(limit, query, path)
    except ProviderError as error:
        return failed(error, query, path)
    except OperationalError as error:
        if kind_of(error) != SLOW:
            raise
        return too_slow(query, path)


def must_wait(request: HttpRequest, query: MessageQuery) -> bool:
    """Say whether the rows would take seconds, so that the frame should come first.

    `wait=1` asks for them all the same; where the provider cannot be asked at all that is told at once.
    """
    try:
        return request.GET.get("wait") != "1" and not is_at_hand(query)
    except ProviderError:
        return False


def show(request: HttpRequest, page: str, context: dict[str, object]) -> HttpResponse:
    """Render a page, or its content alone for htmx: one URL, two bodies.

    A history restore gets the whole page, since the browser shows it as one.
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    partial = bool(htmx) and not htmx.history_restore_request
    return render(request, f"messages_app/{'_' if partial else ''}{page}.html", context)
