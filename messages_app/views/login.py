"""Who is not logged in goes to the login, who lacks a second factor that a role demands to setting it up.

A question that was sent as a form comes back after the login.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from messages_app import logins
from messages_app.archive.faults import FAILURES, hurried
from messages_app.views.asking import form_address

QUESTIONS = ("analytics", "messages", "review", "search")
"""Addresses whose forms are questions: to ask again what they asked changes nothing."""


class LoginKeepsQuestion(LoginRequiredMiddleware):
    """Django's own, but a filter that was set when the session had ended is not lost."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        match = request.resolver_match
        if request.method == "POST" and match and match.url_name in QUESTIONS:
            return redirect_to_login(form_address(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


class LoginLasts:
    """Ends a login that lasted long enough; the pages behind it lead to the next one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Looked at without asking for the person: many requests have none.
        if SESSION_KEY in request.session:
            if logins.is_over(request.session):
                _end(request)
            else:
                logins.note(request)
        return self.get_response(request)


def _end(request: HttpRequest) -> None:
    """End the login, here at least where the database takes nothing: it is over there just as well."""
    session = request.session
    try:
        with hurried():
            logout(request)
    except FAILURES:
        # It may be the trail alone that was refused.
        with suppress(*FAILURES), hurried():
            session.delete()
        request.session = SessionStore()
        request.user = AnonymousUser()
    else:
        messages.info(request, _("Your login had ended. Log in again to go on."))


SETTING_UP = ("mfa_activate_totp", "account_reauthenticate")
"""What is left to a person whose second factor is to be set up."""


class SecondFactorFirst:
    """Leads who lacks a second factor that a role demands to setting it up, whatever was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        needs_login = getattr(view, "login_required", True)
        if not (settings.REQUIRE_SECOND_FACTOR and needs_login and request.user.is_authenticated):
            return None
        if not logins.demands_second_factor(request.user) or logins.has_second_factor(request.user):
            return None
        request.lacks_second_factor = True  # type: ignore[attr-defined]
        match = request.resolver_match
        if match and match.url_name in SETTING_UP:
            return None
        return redirect("mfa_activate_totp")
