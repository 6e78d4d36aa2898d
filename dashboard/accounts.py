"""Accounts are made by administrators: nobody signs up. How passwords and mailed links are judged."""

import logging
from threading import Thread
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import base36_to_int

from messages_app.logins import is_fresh

log = logging.getLogger(__name__)

FORGOTTEN = 3600
"""How long the link for a forgotten password is good, in seconds; an invitation: PASSWORD_RESET_TIMEOUT."""

MAIL = "mail"
"""The name of a thread that sends one."""


class OneCheck(AuthenticationBackend):
    """One password is checked at each try, whether there is an account or not: time tells nothing.

    By user name, else by mail address, as long as one account alone has it.
    """

    def authenticate(
        self, request: HttpRequest | None, **credentials: Any
    ) -> AbstractBaseUser | None:
        password = credentials.get("password") or ""
        person = _person(credentials.get("username") or credentials.get("email") or "")
        if person is None:
            User().set_password(password)
        elif person.check_password(password) and self.user_can_authenticate(person):
            return person
        return None


def _person(login: str) -> User | None:
    by_name: User | None = get_user_by_username(login)
    if by_name:
        return by_name
    by_mail: list[User] = list(filter_users_by_email(login, for_login=True))
    return by_mail[0] if len(by_mail) == 1 else None


class ClosedAdapter(DefaultAccountAdapter):
    """allauth with its sign-up closed, its fresh logins ours, and mails that take no page's time."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **_rest: Any) -> bool:
        return not is_fresh(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The second factor where there is one: a password may have been given away."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        second = [way for way in found if way["id"] == "mfa_reauthenticate"]
        return second or found

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail beside the answer: how long it takes, or that it fails, would tell of an account."""
        written = self.render_mail(template_prefix, email, {"request": self.request, **context})
        Thread(target=_send, args=[written], name=MAIL).start()

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted for an account; allauth adds the address's host and port, of which
        whoever guesses can give thousands.
        """
        login = credentials.get("email", credentials.get("username", ""))
        return str(login).lower()


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except OSError as error:
        # smtplib's errors are OSErrors; their texts may hold the address.
        log.error("A mail could not be sent: %s.", type(error).__name__)


class LinkTokens(PasswordResetTokenGenerator):
    """Of a link that sets a password: good once, a week for who is invited, an hour for who forgot."""

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not user or not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).partition("-")[0])
        age = self._num_seconds(self._now()) - made
        return not user.has_usable_password() or age <= FORGOTTEN
