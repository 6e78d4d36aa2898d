"""Accounts in Django's admin, for administrators: people and their roles, and nothing above them.

The one gate is asked for it as for any page. No model with rows is registered: whatever shows a number
would need masks of its own.
"""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator

from messages_app.access import gate
from messages_app.logins import fresh_login


def may_enter(request: HttpRequest) -> bool:
    """Whether the admin opens at all: to staff who may review."""
    try:
        gate(request, "review")
    except PermissionDenied:
        return False
    return request.user.is_staff


admin.site.has_permission = may_enter  # type: ignore[method-assign]

# What allauth would show holds the keys of sessions and second factors.
admin.site.unregister([User, Group, Authenticator, EmailAddress, UserSession])


@method_decorator(fresh_login, name="changeform_view")
@method_decorator(fresh_login, name="delete_view")
class FreshAdmin(admin.ModelAdmin):
    """Whoever changes accounts or roles has just logged in, and does it one by one."""

    actions = None


@method_decorator(fresh_login, name="user_change_password")
@admin.register(User)
class PeopleAdmin(FreshAdmin, UserAdmin):
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


@admin.register(Group)
class RolesAdmin(FreshAdmin, GroupAdmin):
    """Roles and what they allow."""


@admin.register(Authenticator)
class SecondFactorAdmin(FreshAdmin):
    """Taking the second factor off an account whose owner lost it; its secret is not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = readonly_fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[Authenticator]:
        found: QuerySet[Authenticator] = super().get_queryset(request)
        return found if request.user.is_superuser else found.filter(user__is_superuser=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("auth.change_user"))

    has_change_permission = has_delete_permission = has_view_permission

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
