"""One's own account: what it may, its second factor, where it is logged in; and inviting others."""

from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messages_app import clock, logins
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.audit import Act, record
from messages_app.models import Access
from messages_app.roles import shown_role, shown_roles

BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
"""What a browser calls itself, by a piece of it; the first that is found counts: most name others too."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is logged in, in words."""

    number: int
    device: str
    address: str
    since: str
    seen: str
    is_here: bool


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What one's account is and may, and the ways to change it."""
    viewer, user = gate(request), _person(request)
    names = dict(Access._meta.permissions)
    context = {
        "roles": shown_roles(user.groups.all()),
        "allowed": [label for name, label in names.items() if name in viewer.may],
        "has_second_factor": logins.has_second_factor(user),
        "is_demanded": logins.demands_second_factor(user),
        "codes_left": _codes_left(user),
        "places": len(logins.sessions_of(request)),
        "may_invite": _may_invite(user),
    }
    return render(request, "account/account.html", context)


def _person(request: HttpRequest) -> User:
    """Whoever is logged in. Raises PermissionDenied, also where a visitor of a link stands."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _codes_left(user: User) -> int:
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(codes.wrap().get_unused_codes()) if codes else 0


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is logged in; each can be ended, and all."""
    here = request.session.session_key
    places = [_place(one, is_here=one.session_key == here) for one in logins.sessions_of(request)]
    return render(request, "account/sessions.html", {"places": places})


def _place(session: UserSession, *, is_here: bool) -> Place:
    return Place(
        session.pk, device_of(session.user_agent), session.ip, _moment(session.created_at),
        _moment(session.last_seen_at), is_here,
    )  # fmt: skip


def _moment(moment: Any) -> str:
    return shown.day_and_minute(moment.astimezone(clock.now().tzinfo))


def device_of(agent: str) -> str:
    """“Firefox on Linux”, as far as a browser says so."""
    browser = next((name for piece, name in BROWSERS if piece in agent), "")
    system = next((name for piece, name in SYSTEMS if piece in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An unknown browser")


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Log out at one place, this one too."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    is_here = session.session_key == request.session.session_key
    with transaction.atomic():
        session.end()
        record(Act.SESSION_ENDED, about=f"account {_person(request).get_username()}")
    if is_here:
        logout(request)
        return redirect("home")
    messages.success(request, _("That place is logged out."))
    return redirect("account_sessions")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out everywhere, here too."""
    user = _person(request)
    with transaction.atomic():
        ended = logins.end_others(user)
        record(Act.SESSION_ENDED, about=f"account {user.get_username()}", note=f"all {ended}")
    logout(request)
    messages.success(request, _("You are logged out everywhere."))
    return redirect("home")


class RolesField(forms.ModelMultipleChoiceField):
    """Roles under the names that people read."""

    def label_from_instance(self, obj: Group) -> str:
        return shown_role(obj)


class InviteForm(forms.ModelForm):
    """Whom to invite, and as what."""

    groups = RolesField(
        label=gettext_lazy("Roles"),
        queryset=Group.objects.order_by("name"),
        error_messages={"required": gettext_lazy("Choose a role.")},
    )

    class Meta:
        model = User
        fields = ("username", "email", "groups")
        labels = {  # noqa: RUF012 - Django's own form of it
            "username": gettext_lazy("User name"),
            "email": gettext_lazy("Mail address"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=address).exists():
            raise forms.ValidationError(_("There is an account with this address."))
        return address


def _may_invite(user: User) -> bool:
    """Who may make accounts and give them roles in the admin may do it by a mail."""
    return user.has_perms(("messages_app.review", "auth.add_user", "auth.change_user"))


@logins.fresh_login
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account without a password, and mail a link that sets one."""
    gate(request, "review")
    if not _may_invite(_person(request)):
        raise PermissionDenied
    form = InviteForm(request.POST if request.method == "POST" else None)
    if settings.EMAIL_URL and form.is_valid():
        user = _invited(form)
        if _mailed(request, user):
            messages.success(request, _("A mail is on its way to %s.") % user.email)
            return redirect("account_invite")
        return render(request, "account/invite.html", {"form": form, "unsent": user})
    return render(request, "account/invite.html", {"form": form, "sends": settings.EMAIL_URL})


def _invited(form: InviteForm) -> User:
    with transaction.atomic():
        user = form.save(commit=False)
        user.set_unusable_password()
        roles = form.cleaned_data["groups"]
        # The admin is where accounts are changed: it opens to who may.
        user.is_staff = roles.filter(permissions__codename="change_user").exists()
        user.save()
        user.groups.set(roles)
        names = ", ".join(sorted(role.name for role in roles))
        record(Act.INVITED, about=f"account {user.get_username()}", note=names)
    return user


def _mailed(request: HttpRequest, user: User) -> bool:
    """Whether the mail server took the invitation."""
    key = f"{user_pk_to_url_str(user)}-{app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"
    context = {
        "user": user,
        "inviter": request.user,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
        "address": get_adapter().get_reset_password_from_key_url(key),
        "host": request.get_host(),
    }
    mail = get_adapter().render_mail("account/email/invitation", user.email, context)
    try:
        return bool(mail.send())
    except (OSError, SMTPException):
        return False
