"""Saved views: the list of them, saving and changing one, and the page that a person begins with."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messages_app import clock, saved
from messages_app.access import Viewer, gate
from messages_app.filters import read_question
from messages_app.made import LONGEST_NAME, SavedView
from messages_app.saved import Full, Named
from messages_app.views.columns import COLUMN_NAMES
from messages_app.views.comparing import aside_of
from messages_app.views.keeping import Kept, kept
from messages_app.views.preferences import bring
from messages_app.views.question_bar import sentence
from messages_app.visible import one_line

NUMBER = re.compile(r"(?:\d[\s.()\-/]*){9}")
"""So many digits in a row are a telephone number, whatever stands between them."""

TITLES = {"messages": gettext_lazy("Messages"), "analytics": gettext_lazy("Analytics")}
STEPS = {"up": -1, "down": 1}


def bare_name(text: str) -> str:
    """A name on one line, hidden characters made visible. Raises ValidationError for a number in it."""
    name = one_line(text)
    if NUMBER.search(name):
        raise ValidationError(
            _("A name stands in menus and in the database as it is: leave the number out of it.")
        )
    return name


class NameForm(forms.Form):
    """The name of a view, and whose it is."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        error_messages={"required": gettext_lazy("Give the view a name.")},
    )
    is_shared = forms.BooleanField(label=gettext_lazy("For the whole team"), required=False)

    def __init__(
        self, data: QueryDict | None, viewer: Viewer, view: SavedView | None = None
    ) -> None:
        super().__init__(
            data, initial={"name": view.name, "is_shared": view.is_shared} if view else None
        )
        self.viewer, self.view = viewer, view

    def clean_name(self) -> str:
        return bare_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        but = self.view.pk if self.view else None
        shared = found.get("is_shared", False)
        if "name" in found and saved.is_taken(
            found["name"], self.viewer, is_shared=shared, but=but
        ):
            self.add_error("name", _("There is a view of this name already."))
        return found

    def say_full(self) -> None:
        text = _("There are %s views already, which is the most. Delete one first.") % saved.MOST
        self.add_error(None, text)


@dataclass(frozen=True, slots=True)
class Line:
    """One view in the list of them, as this person may deal with it."""

    view: SavedView
    page: str
    words: str
    may_change: bool
    is_start: bool
    is_first: bool
    is_last: bool


def _enter(request: HttpRequest) -> Viewer:
    """Whoever may open a page that has views. Raises PermissionDenied."""
    viewer = gate(request)
    if not saved.pages_of(viewer):
        raise PermissionDenied
    return viewer


@contextmanager
def _while_there() -> Iterator[None]:
    """Http404 for a view that somebody deletes before it is changed."""
    try:
        yield
    except SavedView.DoesNotExist:
        raise _gone() from None


def _gone() -> Http404:
    return Http404(_("There is no such view (any more)."))


def _view(pk: int, viewer: Viewer, *, to_change: bool = False) -> SavedView:
    """The view, if this person sees it; else Http404. Raises PermissionDenied `to_change` another's."""
    view = saved.visible(pk, viewer)
    if view is None:
        raise _gone()
    if to_change and not saved.may_change(view, viewer):
        raise PermissionDenied
    return view


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The page that a person begins with: the chosen view, else the list."""
    viewer = gate(request)
    view = saved.start_page(viewer)
    pages = saved.pages_of(viewer) or ["messages"]
    if view is None:
        return redirect(reverse(pages[0]))
    bring(request, view.columns)
    return redirect(saved.address(view))


@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """All views that this person sees, in their order; `?moved=` names the one to come back to."""
    viewer = _enter(request)
    found = saved.visible_to(viewer)
    start = saved.start_page(viewer)
    shelves = [
        (title, _lines([one for one in found if one.is_shared == is_shared], viewer, start))
        for title, is_shared in ((_("Yours"), False), (_("The team’s"), True))
    ]
    context = {"shelves": shelves, "is_empty": not found, "moved": request.GET.get("moved", "")}
    return render(request, "messages_app/views.html", context)


def _lines(found: list[SavedView], viewer: Viewer, start: SavedView | None) -> list[Line]:
    return [
        Line(
            view, str(TITLES[view.page]), _words(view, viewer), saved.may_change(view, viewer),
            view == start, view == found[0], view == found[-1],
        )
        for view in found
    ]  # fmt: skip


def _words(view: SavedView, viewer: Viewer) -> str:
    """What a view asks, in words; of one that cannot be read any more, that."""
    params = QueryDict(view.question)
    question, _beside = aside_of(params, read_question(params, clock.now(), viewer.mask))
    if question.query is None:
        return _("This question cannot be read as it stands. Open the view to correct it.")
    return sentence(question.query, None)


@require_safe
def view(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a view: on to its own address, with its columns."""
    found = _view(pk, _enter(request))
    bring(request, found.columns)
    return redirect(saved.address(found))


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the question of the address that is sent, as a new view or in place of what one asked."""
    viewer = _enter(request)
    asked = kept(request.POST.get("address", ""), viewer)
    if asked is None:
        return render(request, "messages_app/view_not_kept.html", status=400)
    if request.POST.get("do") == "replace":
        return _replaced(request, asked, viewer)
    form = NameForm(request.POST, viewer)
    if form.is_valid():
        wanted = _named(request, asked, **form.cleaned_data)
        try:
            saved.add(wanted, viewer, clock.real_now())
        except Full:
            form.say_full()
        else:
            messages.success(request, _("Saved as “%s”.") % wanted.name)
            return redirect(_address(asked))
    context = {
        "form": form, "address": _address(asked), "words": sentence(asked.query, None),
        "chosen_columns": request.POST.getlist("columns"),
    }  # fmt: skip
    return render(request, "messages_app/view_form.html", context)


def _replaced(request: HttpRequest, asked: Kept, viewer: Viewer) -> HttpResponse:
    text = request.POST.get("view", "")
    pk = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    view = _view(pk, viewer, to_change=True)
    wanted = _named(request, asked, name=view.name, is_shared=view.is_shared)
    with _while_there():
        saved.replace(view, wanted, clock.real_now())
    messages.success(request, _("“%s” asks this now.") % view.name)
    return redirect(_address(asked))


def _named(request: HttpRequest, asked: Kept, *, name: str, is_shared: bool) -> Named:
    columns = [one for one in request.POST.getlist("columns") if one in COLUMN_NAMES]
    return Named(name, asked.page, asked.params, is_shared, columns or None)


def _address(asked: Kept) -> str:
    return reverse(asked.page) + (f"?{asked.params}" if asked.params else "")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name for a view, or another shelf."""
    viewer = _enter(request)
    view = _view(pk, viewer, to_change=True)
    form = NameForm(request.POST if request.method == "POST" else None, viewer, view)
    if form.is_valid():
        try:
            with _while_there():
                saved.rename(view, viewer=viewer, now=clock.real_now(), **form.cleaned_data)
        except Full:
            form.say_full()
        else:
            return redirect("views")
    context = {"form": form, "view": view, "words": _words(view, viewer)}
    return render(request, "messages_app/view_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a view is to go; POST lets it."""
    viewer = _enter(request)
    view = _view(pk, viewer, to_change=True)
    if request.method == "POST":
        view.delete()
        messages.success(request, _("“%s” is deleted.") % view.name)
        return redirect("views")
    context = {"view": view, "words": _words(view, viewer)}
    return render(request, "messages_app/view_delete.html", context)


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down; the page comes back with the focus where it was."""
    viewer = _enter(request)
    view = _view(pk, viewer, to_change=True)
    way = request.POST.get("do", "")
    if way not in STEPS:
        return HttpResponse(status=400)
    with _while_there():
        saved.move(view, viewer, STEPS[way])
    return redirect(f"{reverse('views')}?moved={pk}-{way}")


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin with this view from now on, or with the list again."""
    viewer = _enter(request)
    view = _view(pk, viewer)
    saved.begin_with(view if request.POST.get("do") == "set" else None, viewer)
    return redirect(f"{reverse('views')}?moved={pk}-start")
