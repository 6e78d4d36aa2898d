"""People's logins: how long one lasts, how fresh it is, whose needs a second factor, where there are others.

Knows accounts and sessions; no message and no page.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial, wraps
from time import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from messages_app.archive.faults import FAILURES, hurried
from messages_app.audit import Act, record

View = Callable[..., HttpResponseBase]

BEGAN, SEEN, PROVEN = "began", "seen", "proven"
"""Where a session has the login, the last act and the last proof of who is there, in seconds since 1970."""

NOTED = 60
"""An act is written down so often, in seconds."""

FRESH = 10 * 60
"""What needs a fresh login needs one that is no older, in seconds."""

GRACE = 30 * 60
"""A form that was opened in time may be sent so many seconds later: nobody has to type it twice."""

BY_ITSELF = "by-itself"
"""A page that asks by itself says so: in a header `X-…` of its request, without scripts in the address."""

SUPERUSERS = "Administrator"
"""The role that counts for superusers, who need none."""

SAFE = ("GET", "HEAD")


@receiver(user_logged_in)
def begin(request: HttpRequest, **_rest: Any) -> None:
    """A login begins; name, password and second factor were proven just now."""
    now = int(time())
    request.session.update({BEGAN: now, SEEN: now, PROVEN: now})


@receiver(authentication_step_completed)
def prove(request: HttpRequest, *, reauthenticated: bool = False, **_rest: Any) -> None:
    """Somebody who is logged in said once more who that is."""
    if reauthenticated:
        request.session[PROVEN] = int(time())


def is_over(session: SessionBase) -> bool:
    """Whether a login lasted long enough, or nobody did anything for too long."""
    now = time()
    is_idle = now - session.get(SEEN, 0) > settings.SESSION_IDLE_MINUTES * 60
    return is_idle or now - session.get(BEGAN, 0) > settings.SESSION_HOURS * 3600


def note(request: HttpRequest) -> None:
    """Somebody does something: the login goes on from now. What a page asks by itself is nobody's act."""
    is_due = time() - request.session.get(SEEN, 0) >= NOTED
    if is_due and not is_by_itself(request) and request.user.is_authenticated:
        _write_down(request)


def _write_down(request: HttpRequest) -> None:
    """Where the database takes no note the page is shown all the same: the next one tries again."""
    session, was_modified = request.session, request.session.modified
    session[SEEN] = int(time())
    # Django saves a session after the answer, where a database that refuses it is an error.
    with suppress(UpdateError, *FAILURES), hurried():
        session.save()
        UserSession.objects.create_from_request(request)
    session.modified = was_modified


def is_by_itself(request: HttpRequest) -> bool:
    return f"X-{BY_ITSELF}" in request.headers or BY_ITSELF in request.GET


def is_fresh(request: HttpRequest, seconds: int = FRESH) -> bool:
    """Whether it was proven so many seconds ago at most who is there."""
    return time() - float(request.session.get(PROVEN, 0)) < seconds


def fresh_login(view: View, grace: int = GRACE) -> View:
    """`view` for who has just logged in, or does so again; it leads back to where that person was.

    A form that was opened in time may be sent `grace` seconds later, but no longer than a login lasts without
    an act. Later it is lost, which is said.
    """

    @wraps(view)
    def fresh(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_form = request.method not in SAFE
        longer = min(grace, settings.SESSION_IDLE_MINUTES * 60) if is_form else 0
        if is_fresh(request, FRESH + longer):
            return view(request, *args, **kwargs)
        if is_form:
            messages.info(request, _("Nothing was changed: fill in the form once more."))
        return prove_first(request)

    return fresh


strictly_fresh_login = partial(fresh_login, grace=0)
"""The same for a form that is a question: its answer is shown to nobody who did not prove it in time."""


def prove_first(request: HttpRequest) -> HttpResponseRedirect:
    """To the page that asks who is there, and back."""
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': _here(request)})}")


def _here(request: HttpRequest) -> str:
    """The page that somebody is on: the one that was asked for, or that a form was sent from."""
    if request.method in SAFE:
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return reverse("home")
    return f"{page.path}?{page.query}" if page.query else page.path


def demands_second_factor(user: User) -> bool:
    """Whether one of a person's roles demands a second factor."""
    roles = settings.REQUIRE_SECOND_FACTOR
    if not roles:
        return False
    if user.is_superuser and SUPERUSERS in roles:
        return True
    return user.groups.filter(name__in=roles).exists()


@register(Tags.database)
def known_roles(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """System check of `migrate` and `check --database`: a misspelt role would demand nothing of anybody."""
    wanted = settings.REQUIRE_SECOND_FACTOR if databases else ()
    try:
        known = set(Group.objects.filter(name__in=wanted).values_list("name", flat=True))
    except DatabaseError:  # before the first migration
        return []
    return [
        Warning(f"REQUIRE_SECOND_FACTOR names “{name}”, which is no role.", id="messages_app.W001")
        for name in wanted
        if name not in known
    ]


def has_second_factor(user: AbstractBaseUser | AnonymousUser) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


@receiver(post_save, sender=Authenticator)
def note_made(instance: Authenticator, *, created: bool, **_rest: Any) -> None:
    if created:
        _record_factor(instance, "made")


@receiver(post_delete, sender=Authenticator)
def note_removed(instance: Authenticator, **_rest: Any) -> None:
    _record_factor(instance, "removed")


def _record_factor(factor: Authenticator, what: str) -> None:
    """In the very transaction, whoever did it: the person, an administrator, a command."""
    about = f"account {factor.user.get_username()}"
    record(Act.SECOND_FACTOR, about=about, note=f"{factor.type} {what}")


@receiver([authenticator_added, authenticator_removed])
def leave_others(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Logins from before the second factor changed were proven otherwise: they end."""
    end_others(user, request.session.session_key)


def sessions_of(request: HttpRequest) -> list[UserSession]:
    """Where a person is logged in now, this place among them; the last used first."""
    UserSession.objects.create_from_request(request)
    found: list[UserSession] = UserSession.objects.purge_and_list(request.user)
    return sorted(found, key=lambda session: session.last_seen_at, reverse=True)


def end_others(user: User, but: str | None = None) -> int:
    """End a person's logins but the one with this session key; say how many."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    for session in others:
        session.end()
    return len(others)


def forget(now: datetime) -> None:
    """Let go of logins that are over, and of where they were."""
    live = Session.objects.filter(expire_date__gt=now).values("session_key")
    for over in (
        UserSession.objects.exclude(session_key__in=live),
        Session.objects.filter(expire_date__lt=now),
    ):
        # Asked first: on SQLite a DELETE takes the writers' turn, also where it finds nothing.
        if over.exists():
            over.delete()
