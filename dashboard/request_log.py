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
    """Says what was asked of which page, how it ended and how long it took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        response = self.get_response(request)
        milliseconds = (perf_counter() - start) * 1000
        status = response.status_code
        log.info("%s %s %s %.0fms", request.method, route_of(request), status, milliseconds)
        return response
