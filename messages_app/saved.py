"""Saved views as people use them: which ones somebody sees, may change, orders and begins with.

Knows addresses and permissions; it reads no message and draws nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q
from django.http import QueryDict
from django.urls import reverse

from messages_app import clock
from messages_app.access import Viewer
from messages_app.filters import read_question
from messages_app.made import SavedView, StartPage

MOST = 60
"""Views on one shelf: a person's own, or the team's. More are no help to find anything."""

NEEDS = {
    "messages": frozenset({"see_messages"}),
    "analytics": frozenset({"see_figures"}),
}
"""The pages that a view can be of, and what each asks of a person."""


@dataclass(frozen=True, slots=True)
class Named:
    """A view as it is to be kept. `question` is a query string in canonical form, sealed."""

    name: str
    page: str
    question: str
    is_shared: bool
    columns: Sequence[str] | None = None


class Full(Exception):
    """The shelf holds MOST views."""


def pages_of(viewer: Viewer) -> list[str]:
    """The pages whose views a person may open."""
    return [page for page, needs in NEEDS.items() if viewer.may >= needs]


def visible_to(viewer: Viewer) -> list[SavedView]:
    """A person's own views and the team's that this person may open, each shelf in its order."""
    found = SavedView.objects.filter(Q(owner=viewer.user_id) | Q(is_shared=True))
    return [view for view in found.select_related("owner") if is_open_to(view, viewer)]


def visible(pk: int, viewer: Viewer) -> SavedView | None:
    """The view with this number, if this person sees it."""
    return next((view for view in visible_to(viewer) if view.pk == pk), None)


def is_open_to(view: SavedView, viewer: Viewer) -> bool:
    """Whether the view's page would answer this person, who has it before the eyes already."""
    needs = NEEDS.get(view.page)
    if needs is None or not viewer.may >= needs:
        return False
    if viewer.mask.is_open:
        return True
    return not read_question(QueryDict(view.question), clock.now(), viewer.mask).masked


def may_change(view: SavedView, viewer: Viewer) -> bool:
    """One's own; of the team's those that one made, and all for who reviews."""
    return view.owner_id == viewer.user_id or (view.is_shared and "review" in viewer.may)


def address(view: SavedView) -> str:
    """Where the view leads: its page with its question, as it was kept."""
    path = reverse(view.page)
    return f"{path}?{view.question}" if view.question else path


def shelf(viewer: Viewer, *, is_shared: bool) -> list[SavedView]:
    """All views that stand together in one order."""
    found = SavedView.objects.filter(is_shared=is_shared)
    return list(found if is_shared else found.filter(owner=viewer.user_id))


def is_taken(name: str, viewer: Viewer, *, is_shared: bool, but: int | None = None) -> bool:
    """Whether a view of this shelf, other than `but`, is called so; case makes no other name."""
    others = (view for view in shelf(viewer, is_shared=is_shared) if view.pk != but)
    return any(view.name.casefold() == name.casefold() for view in others)


def add(wanted: Named, viewer: Viewer, now: datetime) -> SavedView:
    """Keep a new view, last on its shelf. Raises Full."""
    with transaction.atomic():
        return SavedView.objects.create(
            owner_id=viewer.user_id, name=wanted.name, page=wanted.page, question=wanted.question,
            columns=wanted.columns, is_shared=wanted.is_shared, made_at=now, changed_at=now,
            place=_last(viewer, is_shared=wanted.is_shared),
        )  # fmt: skip


def _last(viewer: Viewer, *, is_shared: bool) -> int:
    """The place behind all others of a shelf. Raises Full."""
    found = SavedView.objects.filter(is_shared=is_shared)
    there = found if is_shared else found.filter(owner=viewer.user_id)
    if there.count() >= MOST:
        raise Full
    return (there.aggregate(last=Max("place"))["last"] or 0) + 1


def _present(view: SavedView) -> SavedView:
    """The view as it is now, for this transaction alone. Raises SavedView.DoesNotExist."""
    return SavedView.objects.select_for_update().get(pk=view.pk)


def replace(view: SavedView, wanted: Named, now: datetime) -> None:
    """Let the view ask something else; its name and place stay.

    Raises SavedView.DoesNotExist for one that somebody deleted in the meantime.
    """
    with transaction.atomic():
        view = _present(view)
        view.page, view.question, view.columns = wanted.page, wanted.question, wanted.columns
        view.changed_at = now
        view.save(update_fields=["page", "question", "columns", "changed_at"])


def rename(view: SavedView, name: str, viewer: Viewer, now: datetime, *, is_shared: bool) -> None:
    """Give the view another name, or move it between its owner's shelf and the team's. Raises Full.

    A view that an administrator takes back from the team becomes its owner's again, if it has one.
    Raises SavedView.DoesNotExist as `replace`.
    """
    with transaction.atomic():
        view = _present(view)
        if view.is_shared != is_shared:
            view.owner_id = view.owner_id or viewer.user_id
            keeper = viewer if is_shared else Viewer(view.owner_id, frozenset())
            view.place = _last(keeper, is_shared=is_shared)
        view.name, view.is_shared, view.changed_at = name, is_shared, now
        view.save(update_fields=["name", "is_shared", "changed_at", "owner", "place"])


def move(view: SavedView, viewer: Viewer, steps: int) -> None:
    """One place up (-1) or down (1) among what this person sees of the shelf; at its end nothing.

    Raises SavedView.DoesNotExist where it is not on its shelf any more.
    """
    with transaction.atomic():
        rows = SavedView.objects.select_for_update().filter(is_shared=view.is_shared)
        there = list(rows if view.is_shared else rows.filter(owner=view.owner_id))
        seen = [one.pk for one in there if is_open_to(one, viewer)]
        if view.pk not in seen:
            raise SavedView.DoesNotExist
        target = seen.index(view.pk) + steps
        if not 0 <= target < len(seen):
            return
        order = [one.pk for one in there]
        order.remove(view.pk)
        order.insert(order.index(seen[target]) + (steps > 0), view.pk)
        for one in there:
            one.place = order.index(one.pk) + 1
        SavedView.objects.bulk_update(there, ["place"])


def start_page(viewer: Viewer) -> SavedView | None:
    """The view that this person begins with; None where it is gone or not open any more."""
    chosen = StartPage.objects.filter(user=viewer.user_id).select_related("view").first()
    if chosen is None:
        return None
    view = chosen.view
    is_seen = view.is_shared or view.owner_id == viewer.user_id
    return view if is_seen and is_open_to(view, viewer) else None


def begin_with(view: SavedView | None, viewer: Viewer) -> None:
    """Choose the start page; None: the list, as for everybody."""
    if view is None:
        StartPage.objects.filter(user=viewer.user_id).delete()
    else:
        StartPage.objects.update_or_create(user_id=viewer.user_id, defaults={"view": view})
