"""What the frame of every page shows: which data, who is there, what that person may open."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from messages_app.access import permissions_of
from messages_app.analysis.countries import choices

THEMES = ("light", "dark")

PAGES: tuple[tuple[str, str, str | Promise], ...] = (
    ("see_messages", "messages", _("Messages")),
    ("see_figures", "analytics", _("Analytics")),
    ("review", "review", _("Review")),
)
"""Permission, address and name of each page in the main navigation."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link of the main navigation."""

    label: str | Promise
    href: str
    is_here: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template context of `base.html`."""
    user = getattr(request, "user", None)
    may = permissions_of(user) if user and user.is_authenticated else frozenset()
    theme = request.COOKIES.get("theme", "")
    return {
        "is_sandbox": settings.PROVIDER_IS_SANDBOX,
        "zone": settings.SMSFACTOR_TIME_ZONE,
        "may": may,
        "pages": [_link(request, *page[1:]) for page in PAGES if page[0] in may],
        "theme": theme if theme in THEMES else "",
        "can_reset_password": bool(settings.EMAIL_URL),
        "countries": _country_names(get_language() or "en") if may else "",
    }


def _link(request: HttpRequest, name: str, label: str | Promise) -> PageLink:
    href = reverse(name)
    return PageLink(label, href, request.path.startswith(href))


@lru_cache(maxsize=4)
def _country_names(_language: str) -> SafeString:
    """The names that a country field offers, once for each page and rendered once for each language."""
    options = format_html_join("", '<option value="{}">', ((name,) for name in choices().values()))
    return format_html('<datalist id="countries">{}</datalist>', options)
