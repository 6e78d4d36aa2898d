"""Who is not logged in goes to the login; a question that was sent as a form comes back after it."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect

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
