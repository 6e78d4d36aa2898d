"""Who may enter: each account with its roles, its last login and whether it is guarded by a second factor."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from messages_app import clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.roles import shown_roles
from messages_app.views.asking import show
from messages_app.views.review_pages import review_pages

LISTED = 100
FACTORS = ("mfa", "Authenticator")


@dataclass(frozen=True, slots=True)
class Line:
    """An account in words; `href` is where it is changed, "" for who may not."""

    name: str
    mail: str
    roles: str
    login: str
    factor: str
    is_active: bool
    href: str


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """All accounts, those that may enter first, by name."""
    viewer = gate(request, "review")
    found = User.objects.order_by("-is_active", "username").prefetch_related("groups")
    page = Paginator(found, LISTED).get_page(request.GET.get("page"))
    users = list(page.object_list)
    guarded = _guarded(users)
    context = {
        "lines": [
            _line(user, guarded, may_change=_may_change(request.user, user)) for user in users
        ],
        "tells_factor": guarded is not None,
        "page": page,
        "total": shown.number(page.paginator.count),
        "review_pages": review_pages(request, viewer),
    }
    return show(request, "people", context)


def _may_change(viewer: User | AnonymousUser, user: User) -> bool:
    """As Django's admin has it: superusers are for superusers."""
    may = viewer.is_staff and viewer.has_perm("auth.change_user")
    return may and (viewer.is_superuser or not user.is_superuser)


def _guarded(users: list[User]) -> set[int] | None:
    """Those who have a second factor; None where there is none to have."""
    if not apps.is_installed("allauth.mfa"):
        return None
    factors = apps.get_model(*FACTORS)._default_manager.filter(user__in=users)
    return set(factors.exclude(type="recovery_codes").values_list("user_id", flat=True))


def _line(user: User, guarded: set[int] | None, *, may_change: bool) -> Line:
    roles = shown_roles(user.groups.all())
    return Line(
        user.get_username(), user.email,
        ", ".join(([_("superuser")] if user.is_superuser else []) + roles),
        _moment(user.last_login) if user.last_login else _("never"),
        "" if guarded is None else (_("on") if user.pk in guarded else _("off")),
        user.is_active,
        reverse("admin:auth_user_change", args=[user.pk]) if may_change else "",
    )  # fmt: skip


def _moment(moment: datetime) -> str:
    return shown.day_and_minute(moment.astimezone(clock.now().tzinfo))
