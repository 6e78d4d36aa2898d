"""One log line for each request: the route's name, never its path or query.

Paths and queries may name messages and bear numbers or words that somebody searched for.
"""

import logging
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse

from dashboard.crashes import route_of

log = logging.getLogger("dashboard.requests")


class RouteLog:
    """Says what was asked of which page by whom, how it ended and how long it took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        response = self.get_response(request)
        milliseconds = (perf_counter() - start) * 1000
        status = response.status_code
        told = {
            "method": request.method,
            "route": route_of(request),
            "status": status,
            "ms": round(milliseconds),
            "user": _who(request),
        }
        log.info("%(method)s %(route)s %(status)s %(ms)sms", told, extra=told)
        return response


def _who(request: HttpRequest) -> int | None:
    """The number of who asked, where the page looked: the log itself opens no session for it."""
    user = getattr(request, "_cached_user", None)
    return user.pk if user else None
