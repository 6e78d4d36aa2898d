"""Records what happens to accounts and roles, wherever it is done: logins, and every change of who may what.

Django tells of it by signals. A change is recorded just before it is made: without its line it is not made.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from allauth.mfa.signals import authentication_failed
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connection
from django.db.models import Model, Q
from django.db.models.signals import m2m_changed, pre_delete, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from messages_app.audit import Act, NotRecorded, record

WATCHED = ("username", "email", "is_active", "is_staff", "is_superuser")
"""Fields of an account that say who somebody is and what that one may."""


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, user: User, **_: Any) -> None:
    try:
        record(Act.LOGIN, request=request, who=user)
    except NotRecorded:
        request.session.flush()  # which the login has begun already
        request.user = AnonymousUser()
        raise


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user:
        with suppress(NotRecorded):  # whoever wants to leave may
            record(Act.LOGOUT, request=request, who=user)


@receiver(user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Names the account that was tried; of anything else nothing: people type passwords there."""
    typed = str(credentials.get("username") or credentials.get("email") or "").replace("\x00", "")
    found = (
        User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)) if typed else None
    )
    tried = found.first() if found else None
    record(Act.LOGIN_FAILED, request=request, who=tried)


@receiver(authentication_failed)
def _code_failed(request: HttpRequest, user: User, **_: Any) -> None:
    """Whoever tries codes knows the password already."""
    record(Act.LOGIN_FAILED, request=request, who=user, note="second factor")


@receiver(pre_save, sender=User)
def _changed(instance: User, raw: bool, update_fields: Iterable[str] | None, **_: Any) -> None:
    """A login writes its time, and nothing that is watched: then nothing is asked."""
    if raw or (update_fields is not None and not set(WATCHED) & set(update_fields)):
        return
    about = f"account {instance.get_username()}"
    known = None if instance._state.adding else _held(instance)
    if known is None:
        record(Act.ROLE_CHANGED, about=about, note=_words_of_new(instance))
        return
    changes = [
        f"{name}: {getattr(known, name)} → {getattr(instance, name)}"
        for name in WATCHED
        if getattr(known, name) != getattr(instance, name)
    ]
    if changes:
        record(Act.ROLE_CHANGED, about=about, note=", ".join(changes))
    if known.password != instance.password:
        record(Act.PASSWORD_CHANGED, about=about)


def _held(account: User) -> User | None:
    """The account as it stands, which others now wait for until the transaction ends.

    Before the trail is: whoever asks for a file or flags a message holds both in this order, and two that
    hold one each would wait for each other for ever.
    """
    found = User.objects.filter(pk=account.pk)
    return (found.select_for_update() if connection.in_atomic_block else found).first()


def _words_of_new(account: User) -> str:
    may = [name for name in ("is_staff", "is_superuser") if getattr(account, name)]
    return ", ".join(["made", *may])


@receiver(pre_delete, sender=User)
def _deleted(instance: User, **_: Any) -> None:
    _held(instance)
    record(Act.ROLE_CHANGED, about=f"account {instance.get_username()}", note="deleted")


@receiver(pre_save, sender=Group)
def _role_changed(instance: Group, raw: bool, **_: Any) -> None:
    known = Group.objects.filter(pk=instance.pk).first()
    if raw or (known and known.name == instance.name):
        return
    note = f"was {known.name}" if known else "made"
    record(Act.ROLE_CHANGED, about=f"role {instance.name}", note=note)


@receiver(pre_delete, sender=Group)
def _role_deleted(instance: Group, **_: Any) -> None:
    record(Act.ROLE_CHANGED, about=f"role {instance.name}", note="deleted")


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def _linked(
    instance: Model, action: str, model: type[Model], pk_set: set[int] | None, **_: Any
) -> None:
    """Somebody is put into a role or out of it, or a role or person is given a permission, or loses it."""
    sign = {"pre_add": "+", "pre_remove": "−", "pre_clear": "−"}.get(action)
    if sign is None or pk_set == set():
        return
    names = [_name(one) for one in model._default_manager.filter(pk__in=pk_set or ())]
    note = ", ".join(f"{sign}{name}" for name in sorted(names)) or "−all"
    kind = "account" if isinstance(instance, User) else "role"
    record(Act.ROLE_CHANGED, about=f"{kind} {_name(instance)}", note=note)


def _name(one: Model) -> str:
    """A person's, role's or permission's own name."""
    if isinstance(one, Permission):
        return one.codename
    return one.get_username() if isinstance(one, User) else str(one)
