"""Accounts in Django's admin, for administrators: people and their roles, and nothing above them.

The one gate is asked for it as for any page. No model with rows is registered: whatever shows a number
would need masks of its own.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from messages_app.access import gate

admin.site.unregister(User)


def may_enter(request: HttpRequest) -> bool:
    """Whether the admin opens at all: to staff who may review."""
    try:
        gate(request, "review")
    except PermissionDenied:
        return False
    return request.user.is_staff


admin.site.has_permission = may_enter  # type: ignore[method-assign]


@admin.register(User)
class PeopleAdmin(UserAdmin):
    """Django's user admin without a ladder: only a superuser sees or makes superusers.

    Otherwise whoever may edit accounts could make one that may do everything.
    """

    list_display = ("username", "email", "is_active", "is_staff", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        return people if request.user.is_superuser else people.filter(is_superuser=False)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fields
        return (*fields, "is_superuser", "user_permissions")
