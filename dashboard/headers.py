"""Headers that every response bears, and the way to the login for htmx requests."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "microphone=(), payment=(), usb=()"
)


class PrivateHeaders:
    """Pages hold personal data: no cache may keep them, no search engine list them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers["Cache-Control"] = "no-store, private"
            patch_vary_headers(response, ("Cookie", "HX-Request"))
        return response


ENTRANCES = ("account_login", "account_reauthenticate", "mfa_activate_totp")
"""Pages that ask who is there."""


class LoginForHtmx:
    """Turns the redirect to the login, a fresh one too, into one of the whole page.

    Without it htmx would follow it silently and put the login form where the table stood.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.headers.get("Location", "")
        htmx = getattr(request, "htmx", None)
        entrance = target.partition("?")[0]
        if htmx and entrance in map(reverse, ENTRANCES):
            if htmx.boosted:
                return HttpResponse(headers={"HX-Redirect": target})
            # A part of a page is no place to come back to: its page is.
            here = htmx.current_url_abs_path
            back = f"?{urlencode({'next': here})}" if here else ""
            return HttpResponse(headers={"HX-Redirect": entrance + back})
        return response
