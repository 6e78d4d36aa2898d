"""Lets the audit trail know whose request is answered; without its line, or its count, there is no answer."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

from messages_app import audit

log = logging.getLogger("messages_app.limits")


class Recorded:
    """What should have been recorded and could not be is refused in a sentence: nobody looks unseen.

    So is what should have been counted: without its limit nothing is opened, revealed or tried.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.during(request):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, audit.NotRecorded):
            return render(request, "messages_app/not_recorded.html", status=503)
        if isinstance(error, RedisError):
            log.error("Redis does not answer, so nothing is counted: %s", type(error).__name__)
            return render(request, "messages_app/not_counted.html", status=503)
        return None
