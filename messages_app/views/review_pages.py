"""The pages of the review, as each of them links to the others: what waits there, counted."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from messages_app import clock, flags, sharing
from messages_app.access import Viewer
from messages_app.analysis import shown


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of the review; `count` of what is on it, "" where that says nothing."""

    label: str
    href: str
    count: str
    is_here: bool


def review_pages(request: HttpRequest, viewer: Viewer) -> list[ReviewPage]:
    """All pages of the review, for who reviews; nothing for others, who have one page of it."""
    if "review" not in viewer.may:
        return []
    return [
        ReviewPage(label, path, count, _is_here(request, path))
        for label, path, count in (
            (_("Traffic"), reverse("review"), ""),
            (_("Flags"), reverse("flags"), shown.number(flags.open_count())),
            (_("Archive"), reverse("review_archive"), ""),
            (
                _("People"),
                reverse("people"),
                shown.number(User.objects.count()),
            ),
            *_links(viewer),
            (_("Audit trail"), reverse("audit"), ""),
            *_person(viewer),
        )
    ]


def _is_here(request: HttpRequest, path: str) -> bool:
    """Whether the request is for this page, or for something under it."""
    path, _question, _rest = path.partition("?")
    return request.path == path or (path != reverse("review") and request.path.startswith(path))


def _links(viewer: Viewer) -> list[tuple[str, str, str]]:
    """The share links that are open now; their list is for who may share."""
    if "share" not in viewer.may:
        return []
    count = shown.number(sharing.open_count(clock.real_now()))
    return [(_("Shared links"), f"{reverse('shares')}?all=1", count)]


def _person(viewer: Viewer) -> list[tuple[str, str, str]]:
    """What is held of a person, for who sees numbers."""
    if "see_personal" not in viewer.may:
        return []
    return [(_("A person’s data"), reverse("rights"), "")]
