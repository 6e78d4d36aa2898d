"""What the frame of every page shows: which data, who is there, what that person may open."""

from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from messages_app import saved
from messages_app.access import Viewer, permissions_of
from messages_app.analysis.countries import choices
from messages_app.analysis.query import DEFAULT_SORT, MessageQuery
from messages_app.filters import question_url
from messages_app.made import SavedView
from messages_app.places import SHARED
from messages_app.searches import LONGEST, Search

THEMES = ("light", "dark")

PAGES: tuple[tuple[str, str, str | Promise], ...] = (
    ("see_messages", "messages", _("Messages")),
    ("see_figures", "analytics", _("Analytics")),
    ("review", "review", _("Review")),
    ("flag", "flags", _("Flags")),
)
"""Permission, address and name of each page in the main navigation."""

NOT_ASKED: dict[str, dict[str, Any]] = {"review": {"type": "", "statuses": ()}}
"""What a page has no filter for, and so leaves out of the question that it is handed."""

ASKS_NOTHING = ("flags",)
"""Pages that answer no question."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link of the main navigation."""

    label: str | Promise
    href: str
    is_here: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template context of `base.html`."""
    user, may = getattr(request, "user", None), _may(request)
    is_visitor = hasattr(request, "visitor")
    theme = request.COOKIES.get("theme", "")
    return {
        "is_sandbox": settings.PROVIDER_IS_SANDBOX,
        "zone": settings.SMSFACTOR_TIME_ZONE,
        "may": may,
        "pages": page_links(request),
        "theme": theme if theme in THEMES else "",
        "keys_off": request.COOKIES.get("keys") == "off",
        "can_reset_password": bool(settings.EMAIL_URL),
        "saved_views": cache(partial(_menu, user.pk, may))
        if user and may and not is_visitor
        else None,
        "shared": getattr(request, "shared", None),
        "search": Search(""),
        "longest_search": LONGEST,
        "countries": _country_names(get_language() or "en") if may else "",
    }


@dataclass(frozen=True, slots=True)
class Menu:
    """The saved views of the frame: a person's own and the team's, as far as that person may open them."""

    own: list[SavedView]
    team: list[SavedView]
    changeable: list[SavedView]


def _menu(user_id: int, may: frozenset[str]) -> Menu | None:
    """Read once, and only where a template asks for it: a part of a page has no frame.

    None: no page of this person has views.
    """
    viewer = Viewer(user_id, may)
    if not saved.pages_of(viewer):
        return None
    found = saved.visible_to(viewer)
    return Menu(
        [view for view in found if not view.is_shared],
        [view for view in found if view.is_shared],
        [view for view in found if saved.may_change(view, viewer)],
    )


def page_links(request: HttpRequest, query: MessageQuery | None = None) -> list[PageLink]:
    """The pages that this person may open, each with the present question but its order and page."""
    may = _may(request)
    prefix = SHARED if hasattr(request, "visitor") else ""
    # Who reviews finds the flags there.
    left_out = {"flag"} if "review" in may or "see_messages" not in may else set()
    return [
        _link(request, prefix + name, label, query)
        for need, name, label in PAGES
        if need in may - left_out
    ]


def _may(request: HttpRequest) -> frozenset[str]:
    """What the asker may: a visitor no more than the link, whoever is logged in beside it."""
    if hasattr(request, "visitor"):
        found: frozenset[str] = request.visitor.may
        return found
    user = getattr(request, "user", None)
    return permissions_of(user) if user and user.is_authenticated else frozenset()


def _link(
    request: HttpRequest, name: str, label: str | Promise, query: MessageQuery | None
) -> PageLink:
    path = reverse(name)
    href = path
    if query and name not in ASKS_NOTHING:
        href = question_url(path, query.but(sort=DEFAULT_SORT, **NOT_ASKED.get(name, {})))
    return PageLink(label, href, request.path.startswith(path))


@lru_cache(maxsize=4)
def _country_names(_language: str) -> SafeString:
    """The names that a country field offers, once for each page and rendered once for each language."""
    options = format_html_join("", '<option value="{}">', ((name,) for name in choices().values()))
    return format_html('<datalist id="countries">{}</datalist>', options)
