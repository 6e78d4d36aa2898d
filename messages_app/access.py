"""The one gate to rows and figures: who may do what. Pages ask it first, before they read anything.

It knows permissions, never the names of roles.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from messages_app.analysis import fence as fences
from messages_app.privacy import Mask, mask_of

if TYPE_CHECKING:
    from messages_app.analysis.query import MessageQuery

PERMISSIONS = (
    "see_messages", "see_personal", "see_figures", "review", "export", "share", "reveal", "flag",
)  # fmt: skip


NOBODY = 0
"""The number of no account."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who passed the gate, and what that one may.

    A visitor of a share link has NOBODY's `user_id`, but a `fence` around whatever is answered, and the mask
    `given` by the link.
    """

    user_id: int
    may: frozenset[str]
    fence: "MessageQuery | None" = None
    given: Mask | None = None

    @property
    def mask(self) -> Mask:
        """How much of numbers and texts is seen."""
        return self.given or mask_of(self.may)


def permissions_of(user: object) -> frozenset[str]:
    """The permissions of this app that a user has, by codename; read once for each request."""
    return frozenset(
        name
        for name in PERMISSIONS
        if user.has_perm(f"messages_app.{name}")  # type: ignore[attr-defined]
    )


def _person(request: HttpRequest) -> Viewer:
    user = request.user
    if not user.is_authenticated or user.pk is None:
        raise PermissionDenied
    return Viewer(user.pk, permissions_of(user))


def gate(request: HttpRequest, *needs: str) -> Viewer:
    """Let who has all of `needs` through: a person, or a visitor whose fence is up.

    Raises PermissionDenied, also for strangers.
    """
    viewer = getattr(request, "visitor", None) or _person(request)
    if viewer.fence is not fences.present():
        raise PermissionDenied
    if not viewer.may.issuperset(needs):
        raise PermissionDenied
    return viewer
