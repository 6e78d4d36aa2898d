"""Gives each request an id, which stands in its log lines and in the answer: `X-Request-ID`.

A trusted proxy's own is kept, so that both logs tell of the same request; that of anybody else is
dropped before (`proxies`).
"""

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from messages_app import occasion

HEADER = "X-Request-ID"
FIT = re.compile(r"[0-9A-Za-z_-]{8,64}")


class RequestIds:
    """Puts the id where log lines find it. It stays until the thread's next request: an answer that
    is streamed is made after this.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        name = given if FIT.fullmatch(given) else secrets.token_hex(16)
        occasion.request_id.set(name)
        response = self.get_response(request)
        response.headers[HEADER] = name
        return response
