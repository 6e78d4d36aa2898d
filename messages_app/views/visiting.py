"""The way in for people without a login: from a share link by a button to pages behind its fence.

    GET /s/<token>/   ─▶ the same page for every token: opens nothing, asks the database nothing
    POST              ─▶ cookie ─▶ /shared/…: the dashboard's own pages, each request within the fence

Whatever is wrong with a token or a cookie, the answer is one and the same.
"""

import hmac
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language

from messages_app import clock, sharing
from messages_app.analysis import shown
from messages_app.analysis.fence import fenced
from messages_app.analysis.query import MessageQuery
from messages_app.archive.starting import is_ours
from messages_app.filters import question_url
from messages_app.limits import Limit
from messages_app.made import ShareLink
from messages_app.privacy import Mask, asked_number, text, words
from messages_app.sources import fingerprint
from messages_app.views.question_bar import sentence

View = Callable[..., HttpResponse]

COOKIE = "shared" if settings.LOCAL_ONLY else "__Secure-shared"
COOKIE_PATH = "/shared/"
"""The cookie goes to visitors' pages alone."""

GUESSES, WHILE = 30, 600
"""Tokens that opened nothing, from one address in so many seconds: then none is looked at."""

GUESSING = Limit("guesses", GUESSES, WHILE)


def private(answer: HttpResponse) -> HttpResponse:
    """Nothing of a link in histories of other sites, caches or indexes."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


def nothing(request: HttpRequest, status: int = 404) -> HttpResponse:
    """What opens nothing, and what is not shared: one page, that tells nothing of why."""
    return private(render(request, "messages_app/shared_nothing.html", status=status))


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The address that was sent to somebody. A preview that fetches it opens nothing."""
    if request.method != "POST":
        return private(render(request, "messages_app/shared_open.html"))
    guesser = _guesser(request)
    if GUESSING.is_reached(guesser):
        return nothing(request, status=429)
    opened = sharing.open_link(token, clock.real_now())
    if opened is None:
        GUESSING.count(guesser)
        return nothing(request)
    link, secret = opened
    answer = redirect(first_page(link))
    answer.set_cookie(
        COOKIE, secret, max_age=int(sharing.VISIT.total_seconds()), path=COOKIE_PATH,
        secure=not settings.LOCAL_ONLY, httponly=True, samesite="Strict",
    )  # fmt: skip
    return private(answer)


def _guesser(request: HttpRequest) -> str:
    """Who guesses, told by a hash: no cache keeps addresses."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return hmac.new(settings.PRIVACY_KEY.encode(), address.encode(), sha256).hexdigest()


def first_page(link: ShareLink) -> str:
    """Where a visit begins, in the order that the link's question has."""
    name = "shared_messages" if link.shows_messages else "shared_analytics"
    fence = sharing.fence_of(link, clock.now())
    if fence is None:
        return reverse(name)
    with fenced(fence):
        asked = MessageQuery(
            now=fence.now, period=fence.period, date_start=fence.date_start,
            date_end=fence.date_end, sort=fence.sort, per_page=fence.per_page,
        )  # fmt: skip
        return question_url(reverse(name), asked)


def for_visitors(view: View) -> View:
    """`view` for who came by a share link: within its fence, under its mask, or not at all."""

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def visited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        link = sharing.visited(request.COOKIES.get(COOKIE, ""), clock.real_now())
        fence = sharing.fence_of(link, clock.now()) if link else None
        if link is None or fence is None or not is_ours(fingerprint()):
            return nothing(request)
        visitor = sharing.visitor_of(link, fence)
        request.visitor = visitor  # type: ignore[attr-defined]
        # What is recorded of this request is a visitor's, not of who is logged in beside.
        request.came_by = link.pk  # type: ignore[attr-defined]
        request.shared = words_of(link, fence, visitor.mask)  # type: ignore[attr-defined]
        try:
            with fenced(fence):
                return private(view(request, *args, **kwargs))
        except (Http404, PermissionDenied):
            return nothing(request)

    return cast(View, visited)


def words_of(link: ShareLink, fence: MessageQuery, mask: Mask) -> dict[str, str]:
    """What is shared and until when, in words; numbers and texts as they are seen."""
    seen = fence.but(
        destination=asked_number(fence.destination, mask), sender=asked_number(fence.sender, mask),
        message=text(fence.message, mask), reference=text(fence.reference, mask),
        details=tuple(words(one, mask) for one in fence.details),
    )  # fmt: skip
    until = link.expires_at.astimezone(fence.now.tzinfo)
    return {"words": sentence(seen, None), "until": shown.day_and_minute(until)}


@for_visitors
@require_http_methods(["POST"])
def language(request: HttpRequest) -> HttpResponse:
    """Another language for a visitor, who has no login to keep it for."""
    answer: HttpResponse = set_language(request)
    return answer
