"""What the frame of every page shows: which data, who is there, what that person may open."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from messages_app.access import permissions_of

THEMES = ("light", "dark")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template context of `base.html`."""
    user = getattr(request, "user", None)
    theme = request.COOKIES.get("theme", "")
    return {
        "is_sandbox": settings.PROVIDER_IS_SANDBOX,
        "may": permissions_of(user) if user and user.is_authenticated else frozenset(),
        "theme": theme if theme in THEMES else "",
        "can_reset_password": bool(settings.EMAIL_URL),
    }
