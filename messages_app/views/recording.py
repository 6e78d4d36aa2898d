"""Lets the audit trail know whose request is answered; without its line there is no answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from messages_app import audit


class Recorded:
    """What should have been recorded and could not be is refused in a sentence: nobody looks unseen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.during(request):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, audit.NotRecorded):
            return render(request, "messages_app/not_recorded.html", status=503)
        return None
