"""The way in for people without a login: from a share link by a button to pages behind its fence.

    GET /s/<token>/   ─▶ the same page for every token: opens nothing, asks the database nothing
    POST              ─▶ cookie ─▶ /shared/…: the dashboard's own pages, each request within the fence

Whatever is wrong with a token or a cookie, the answer is one and the same. A browser has one cookie, of
the link that it opened last: pages of an earlier one say so as soon as they ask for anything.
"""

import hmac
import json
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
from django_htmx.http import push_url, reswap, retarget

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

WHILE = 600
"""Seconds over which tries and requests are counted, from the first of them on."""

GUESSES = Limit("guesses", 30, WHILE)
"""Tokens that opened nothing, from one address: then none is looked at."""

OF_LINK = Limit("visits-of-link", 6_000, WHILE)
OF_ADDRESS = Limit("visits-from-address", 3_000, WHILE)
"""Requests for one link, and from one address for any: a page with all its parts takes about twenty."""

OPENINGS = Limit("openings", 300, WHILE)
"""Openings of one link."""

MARK = "X-Shared-View"
"""The header in which a page names the link that it is of, wherever it asks for more of itself."""


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
    address = _whose(request.META.get("REMOTE_ADDR", ""))
    if GUESSES.is_reached(address) or not OPENINGS.take(_whose(token)):
        return nothing(request, status=429)
    opened = sharing.open_link(token, clock.real_now())
    if opened is None:
        GUESSES.take(address)
        return nothing(request)
    link, secret = opened
    answer = redirect(first_page(link))
    answer.set_cookie(
        COOKIE, secret, max_age=int(sharing.VISIT.total_seconds()), path=COOKIE_PATH,
        secure=not settings.LOCAL_ONLY, httponly=True, samesite="Strict",
    )  # fmt: skip
    return private(answer)


def _whose(name: object) -> str:
    """Whom a limit counts for, told by a hash: no cache keeps addresses or tokens."""
    return hmac.new(settings.PRIVACY_KEY.encode(), str(name).encode(), sha256).hexdigest()


def too_many(request: HttpRequest) -> HttpResponse:
    """For who asks faster than people read."""
    answer = private(render(request, "messages_app/shared_too_many.html", status=429))
    answer.headers["Retry-After"] = str(WHILE)
    return answer


def replaced(request: HttpRequest) -> HttpResponse:
    """For a page whose browser has opened another link since: it gets none of that one's rows."""
    answer = private(render(request, "messages_app/shared_replaced.html"))
    return reswap(retarget(push_url(answer, False), "body"), "innerHTML")


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
        if not OF_ADDRESS.take(_whose(request.META.get("REMOTE_ADDR", ""))):
            return too_many(request)
        link = sharing.visited(request.COOKIES.get(COOKIE, ""), clock.real_now())
        fence = sharing.fence_of(link, clock.now()) if link else None
        if link is None or fence is None or not is_ours(fingerprint()):
            return nothing(request)
        if not OF_LINK.take(_whose(link.token_hash)):
            return too_many(request)
        if request.headers.get(MARK, mark_of(link)) != mark_of(link):
            return replaced(request)
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


def mark_of(link: ShareLink) -> str:
    """What tells a link's pages from those of others; it opens nothing."""
    return sharing.hash_of(f"mark of {link.token_hash}")[:16]


def words_of(link: ShareLink, fence: MessageQuery, mask: Mask) -> dict[str, str]:
    """What is shared and until when, in words, numbers and texts as they are seen; and the headers by
    which the page's own requests name its link."""
    seen = fence.but(
        destination=asked_number(fence.destination, mask), sender=asked_number(fence.sender, mask),
        message=text(fence.message, mask), reference=text(fence.reference, mask),
        details=tuple(words(one, mask) for one in fence.details),
    )  # fmt: skip
    until = link.expires_at.astimezone(fence.now.tzinfo)
    return {
        "words": sentence(seen, None),
        "until": shown.day_and_minute(until),
        "headers": json.dumps({MARK: mark_of(link)}),
    }


@for_visitors
@require_http_methods(["POST"])
def language(request: HttpRequest) -> HttpResponse:
    """Another language for a visitor, who has no login to keep it for."""
    answer: HttpResponse = set_language(request)
    return answer
