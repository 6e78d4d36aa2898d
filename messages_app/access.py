"""The one gate to rows and figures: who may do what. Pages ask it first, before they read anything.

It knows permissions, never the names of roles.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from messages_app.privacy import Mask, mask_of

PERMISSIONS = (
    "see_messages", "see_personal", "see_figures", "review", "export", "share", "reveal",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who passed the gate, and what that person may."""

    user_id: int
    may: frozenset[str]

    @property
    def mask(self) -> Mask:
        """How much of numbers and texts this person sees."""
        return mask_of(self.may)


def permissions_of(user: object) -> frozenset[str]:
    """The permissions of this app that a user has, by codename; read once for each request."""
    return frozenset(
        name
        for name in PERMISSIONS
        if user.has_perm(f"messages_app.{name}")  # type: ignore[attr-defined]
    )


def gate(request: HttpRequest, *needs: str) -> Viewer:
    """Let a person with all of `needs` through. Raises PermissionDenied, also for strangers."""
    user = request.user
    if not user.is_authenticated or user.pk is None:
        raise PermissionDenied
    viewer = Viewer(user.pk, permissions_of(user))
    if not viewer.may.issuperset(needs):
        raise PermissionDenied
    return viewer
