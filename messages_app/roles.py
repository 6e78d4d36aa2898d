"""The roles' names as people read them. What one may is a matter of permissions; nothing asks for a name."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.utils.translation import gettext, gettext_noop

OURS = (
    gettext_noop("Support"), gettext_noop("Analyst"), gettext_noop("Manager"),
    gettext_noop("Administrator"),
)  # fmt: skip
"""Those that migrations make. Others bear the names that administrators gave them."""


def shown_role(role: Group) -> str:
    """A role's name in the reader's language, where it is one of ours."""
    return gettext(role.name) if role.name in OURS else role.name


def shown_roles(roles: Iterable[Group]) -> list[str]:
    return sorted(map(shown_role, roles))
