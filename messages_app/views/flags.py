"""Flags: on the page of a message, where it is flagged with a note, and the list of all of them."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from messages_app import audit, clock, flags
from messages_app.access import Viewer, gate
from messages_app.addresses import sealed_row
from messages_app.analysis import shown
from messages_app.analysis.query import MessageQuery
from messages_app.answers import at_hand, found
from messages_app.audit import Act
from messages_app.made import LONGEST_NOTE, Flag
from messages_app.provider import MAX_MESSAGE_ID, MessageRecord
from messages_app.sms.terms import MO, MT
from messages_app.views.asking import attempt, named, second_of, show
from messages_app.views.review_pages import review_pages
from messages_app.views.rows import Row, message_paths, table_rows
from messages_app.views.trouble import Trouble
from messages_app.visible import one_line

LISTED = 50
DONE = "done"


class NoteForm(forms.Form):
    """Why a message is flagged."""

    note = forms.CharField(
        label=gettext_lazy("What should be looked at?"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea,
        error_messages={"required": gettext_lazy("Say what should be looked at.")},
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A flag in words. `row` is its message, None where the archive has not got it."""

    flag: Flag
    note: str
    flagged: str
    done: str
    href: str = ""
    row: Row | None = None


def flags_of(
    message: MessageRecord, viewer: Viewer, form: NoteForm | None = None
) -> dict[str, Any]:
    """Template context of a message's flags; nothing for who does not see any."""
    if not flags.sees(viewer) or message.type not in (MT, MO):
        return {}
    return {
        "flags": [_line(one, viewer) for one in flags.of_message(message.type, message.message_id)],
        "flag_form": form or NoteForm(),
        "flag_action": _action(message, viewer) if "flag" in viewer.may else "",
        "longest_note": LONGEST_NOTE,
    }


def _action(message: MessageRecord, viewer: Viewer) -> str:
    """Where a message is flagged; it bears the second, and is sealed, as the message's own address is."""
    if not viewer.mask.is_open:
        return reverse("flag_row", args=[sealed_row(message.key, message.date)])
    path = reverse("flag_message", args=[message.type, message.message_id])
    return f"{path}?{urlencode({'at': f'{message.date:%Y-%m-%d %H:%M:%S}'})}"


def _line(flag: Flag, viewer: Viewer) -> Line:
    note = one_line(flag.note) if flags.reads_notes(viewer) else _("[note hidden]")
    done = _by(flag.done_by, flag.done_at) if flag.done_at else ""
    return Line(flag, note, _by(flag.flagged_by, flag.flagged_at), done)


def _by(user: Any, moment: datetime) -> str:
    name = user.get_username() if user else _("somebody whose account is gone")
    when = shown.day_and_minute(moment.astimezone(clock.now().tzinfo))
    return _("%(name)s, %(when)s") % {"name": name, "when": when}


@require_POST
def flag(request: HttpRequest, kind: str, message_id: int) -> HttpResponse:
    """Flag the message with a note; what is flagged must be there."""
    viewer = gate(request, "see_messages", "flag")
    return _flagged(request, viewer, (kind, message_id, request.GET.get("at", "")))


@require_POST
def flag_row(request: HttpRequest, row: str) -> HttpResponse:
    """The same under the sealed address that who sees numbers masked has of it."""
    viewer = gate(request, "see_messages", "flag")
    return _flagged(request, viewer, named(row))


def _flagged(request: HttpRequest, viewer: Viewer, name: tuple[str, int, str]) -> HttpResponse:
    query = MessageQuery(now=clock.now(), mask=viewer.mask)
    sought = _sought(request, name, query)
    form = NoteForm(request.POST)
    if form.is_valid():
        with transaction.atomic():
            flags.add(sought, form.cleaned_data["note"], viewer, clock.real_now())
            audit.record(Act.FLAGGED, request=request, about=sought.key)
        return _message_answer(request, sought, viewer)
    return _message_answer(request, sought, viewer, form)


def _sought(request: HttpRequest, name: tuple[str, int, str], query: MessageQuery) -> MessageRecord:
    """The message that is to be flagged. Raises Http404 where nobody shows it."""
    kind, message_id, second = name
    if kind not in (MT, MO) or message_id >= MAX_MESSAGE_ID:
        raise Http404(_("There is no such message."))
    at = second_of(second)
    sought = attempt(partial(found, f"{kind}:{message_id}", at), query, request.path)
    if isinstance(sought, Trouble):
        raise Http404(sought.text)
    if sought is None:
        raise Http404(_("There is no such message."))
    return sought


def _message_answer(
    request: HttpRequest, sought: MessageRecord, viewer: Viewer, form: NoteForm | None = None
) -> HttpResponse:
    """The message's flags for htmx; else its page, or the form with what is wrong in it."""
    if request.headers.get("HX-Request") or form:
        context = flags_of(sought, viewer, form)
        partial = "_" if request.headers.get("HX-Request") else ""
        return render(request, f"messages_app/{partial}flags_of.html", context)
    messages.success(request, _("The message is flagged."))
    return redirect(message_paths(MessageQuery(now=clock.now(), mask=viewer.mask))(sought))


@require_safe
def all_flags(request: HttpRequest) -> HttpResponse:
    """Flags that are open, or done, each with its message; for who flags and who reviews."""
    viewer = _enter(request)
    is_done = request.GET.get("state") == DONE
    page = Paginator(flags.all_of(is_done=is_done), LISTED).get_page(request.GET.get("page"))
    context = {
        "lines": _lines(list(page.object_list), viewer),
        "page": page,
        "total": shown.number(page.paginator.count),
        "is_done": is_done,
        "review_pages": review_pages(request, viewer),
    }
    return show(request, "flags", context)


def _enter(request: HttpRequest) -> Viewer:
    viewer = gate(request, "see_messages")
    if not flags.sees(viewer):
        raise PermissionDenied
    return viewer


def _lines(found: list[Flag], viewer: Viewer) -> list[Line]:
    """The flags with their messages, all of which are read at once."""
    query = MessageQuery(now=clock.now(), mask=viewer.mask)
    records = at_hand([flag.key for flag in found], viewer.mask)
    drawn = table_rows(tuple(records.values()), query, linked="see_personal" in viewer.may)
    rows = {row.key: row for row in drawn}
    lines = []
    for flag in found:
        line, row = _line(flag, viewer), rows.get(str(flag))
        href = row.href if row else _path(flag, viewer)
        lines.append(Line(flag, line.note, line.flagged, line.done, href, row))
    return lines


def _path(flag: Flag, viewer: Viewer) -> str:
    """The page of a message that is not at hand; sealed under a mask, as all links to messages are."""
    if not viewer.mask.is_open:
        return reverse("row", args=[sealed_row(str(flag), flag.date)])
    path = reverse("message", args=[flag.type, flag.message_id])
    return f"{path}?{urlencode({'at': f'{flag.date:%Y-%m-%d %H:%M:%S}'})}"


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a flag is done (`do=done`), or open it again; once more changes nothing."""
    viewer = _enter(request)
    flag = get_object_or_404(Flag, pk=pk)
    is_done = request.POST.get("do") == DONE
    with transaction.atomic():
        if flags.settle(flag, viewer, clock.real_now(), is_done=is_done):
            note = "" if is_done else "open again"
            audit.record(Act.FLAG_DONE, request=request, about=str(flag), note=note)
    told = _("The flag is done.") if is_done else _("The flag is open again.")
    messages.success(request, told)
    return redirect(reverse("flags") + ("" if is_done else f"?state={DONE}"))
