"""A person's columns and density: chosen in a panel above the table, or on a page without scripts."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods

from messages_app.access import Viewer, gate
from messages_app.preferences import DENSITIES, Preferences, keep, kept
from messages_app.views.asking import show
from messages_app.views.columns import choices

STEPS = {"up": -1, "down": 1}

OF_VIEW = "columns_of_view"
"""Where a session has the columns that an opened view brings, until others are chosen."""


def bring(request: HttpRequest, names: Sequence[str] | None) -> None:
    """Show the list with a view's columns from now on; None: with the person's own again."""
    if names:
        request.session[OF_VIEW] = list(names)
    else:
        request.session.pop(OF_VIEW, None)


def in_force(request: HttpRequest, viewer: Viewer) -> Preferences:
    """The columns of the list as they are now: a view's, or else the person's; density is the person's."""
    if viewer.fence is not None:
        return Preferences()
    own = kept(viewer.user_id)
    names = request.session.get(OF_VIEW)
    return Preferences.of(names, own.density) if names else own


@require_http_methods(["GET", "HEAD", "POST"])
def column_preferences(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen and lead back to the table; a moved column leads to the page of the choice,
    since there are mostly more to move."""
    viewer = gate(request, "see_messages")
    back = _back(request)
    if request.method != "POST":
        context = {"back_href": back, **_choosing(in_force(request, viewer))}
        return show(request, "columns", context)
    keep(viewer.user_id, _chosen(request.POST))
    bring(request, None)
    if "move" in request.POST:
        return redirect(columns_url(back))
    return redirect(back)


def columns_url(back: str) -> str:
    """Where columns are chosen; `back` is the table that the choice leads back to."""
    return f"{reverse('column_preferences')}?{urlencode({'next': back})}"


def _choosing(chosen: Preferences) -> dict[str, Any]:
    return {"column_choices": choices(chosen), "density": chosen.density}


def _chosen(sent: QueryDict) -> Preferences:
    """What a form chose; nothing in it is refused, since all that is unknown is left out."""
    if "reset" in sent:
        return Preferences()
    found = Preferences.of(sent.getlist("column"), sent.get("density", DENSITIES[0]))
    name, _colon, way = sent.get("move", "").partition(":")
    return found.moved(name, STEPS.get(way, 0))


def _back(request: HttpRequest) -> str:
    """Where to go on: an address of ours, never another site's."""
    sent = request.POST if request.method == "POST" else request.GET
    address = sent.get("next", "")
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts=None
    )
    return address if is_ours else reverse("messages")
