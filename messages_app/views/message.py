"""One message with all its fields, under its plain or its sealed address; masked, or revealed this once."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_app import clock
from messages_app.access import Viewer, gate
from messages_app.analysis.query import MessageQuery
from messages_app.answers import found, looks
from messages_app.neighbours import neighbours
from messages_app.places import place
from messages_app.privacy import OPEN, Mask
from messages_app.provider import MAX_MESSAGE_ID
from messages_app.sms.terms import MO, MT
from messages_app.views.asking import attempt, named, second_of, show
from messages_app.views.detail import detail
from messages_app.views.flags import flags_of
from messages_app.views.revealing import RevealForm, kept, revealer
from messages_app.views.search import searched
from messages_app.views.trouble import Offer, Trouble


@require_safe
def message(request: HttpRequest, kind: str, message_id: int) -> HttpResponse:
    """One message with every field; `?at=` says in which second to look for it."""
    viewer = gate(request, "see_messages")
    context = about(request, viewer, (kind, message_id, request.GET.get("at", "")))
    return show(request, "message", context)


@require_safe
def row(request: HttpRequest, row: str) -> HttpResponse:
    """The same under the sealed address that who sees numbers masked has of it."""
    viewer = gate(request, "see_messages")
    return show(request, "message", about(request, viewer, named(row)))


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, row: str) -> HttpResponse:
    """The message in full, in this one answer, to who says why; the trail keeps both.

    A browser that loads the address again is led to the message as it is masked.
    """
    viewer = gate(request, "see_messages", "reveal")
    if request.method != "POST":
        return redirect("row", row)
    form = RevealForm(request.POST, viewer)
    context = about(request, viewer, named(row), OPEN if form.is_valid() else None)
    if "record" not in context:
        return show(request, "message", context)
    if not form.is_valid():
        return show(request, "message", context | revealer(context["record"], viewer, form))
    kept(request, context["record"], form)
    return show(request, "message", context | {"is_revealed": True, "reveal": None})


def about(
    request: HttpRequest, viewer: Viewer, name: tuple[str, int, str], seen: Mask | None = None
) -> dict[str, Any]:
    """Template context of a message: by its type, number and second, under the viewer's mask or as `seen`.

    Raises Http404 where there is none.
    """
    kind, message_id, second = name
    if kind not in (MT, MO):
        raise Http404(_("There are outgoing (sms_mt) and incoming (sms_mo) messages."))
    if (
        message_id >= MAX_MESSAGE_ID
    ):  # no row bears it, and its key would be too long for a database
        raise Http404(_("No message has so large a number."))
    query, mask = MessageQuery(now=clock.now(), mask=viewer.mask), seen or viewer.mask
    at, key = second_of(second), f"{kind}:{message_id}"
    record = attempt(partial(found, key, at), query.but(mask=mask), request.path)
    context: dict[str, Any] = {"key": key, "at": at, "back": _way_back(request, query)}
    context |= searched(request) if query.fence is None else {}
    if isinstance(record, Trouble):
        return context | {"trouble": record}
    if record is None and at is None:
        raise Http404(_("This link does not say when the message was sent (at=…)."))
    if record is None:
        raise Http404(_("The provider shows no such message at that time."))
    context |= detail(record, query, looks(key, mask), neighbours(record, viewer.mask))
    return context | revealer(record, viewer) | flags_of(record, viewer)


def _way_back(request: HttpRequest, query: MessageQuery) -> Offer:
    """The list or conversation that a link led here from; the browser tells no address of other sites."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    path = place("messages", query)
    is_ours = came_from.netloc == request.get_host()
    asked = f"?{came_from.query}" if came_from.query else ""
    if is_ours and came_from.path.startswith(reverse("conversation", args=["-"])[:-2]):
        return Offer(_("Back to the conversation"), f"{came_from.path}{asked}")
    is_list = is_ours and came_from.path == path
    return Offer(_("Back to the list"), f"{path}{asked}" if is_list else path)
