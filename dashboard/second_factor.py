"""The second factor: its secrets are kept sealed, each code opens once, and who must have it keeps it."""

import base64
import re

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from messages_app.digests import digest
from messages_app.logins import demands_second_factor

REMEMBERED = 120
"""A code is good for a minute and a half; it is remembered a little longer, in seconds."""


def _box() -> Fernet:
    """Under PRIVACY_KEY, which never changes: with another key no second factor could be read."""
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(digest("key of second factors", ""))))


class SecondFactor(DefaultMFAAdapter):
    """allauth's second factor with sealed secrets."""

    error_messages = {  # noqa: RUF012 - allauth's own
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or was used before."),
        "cannot_delete_authenticator": _("Your role demands a second factor: it stays on."),
    }

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not demands_second_factor(authenticator.user)


class _Once:
    """A code of the app opens once: who looks over a shoulder comes too late."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        found: Authenticator = self.authenticator  # type: ignore[attr-defined]
        # allauth reads a code past blanks and hyphens.
        used = f"second-factor-{found.pk}-{re.sub('[^0-9]', '', code)}"
        if found.type == Authenticator.Type.TOTP and not cache.add(used, 1, REMEMBERED):
            self._emit_authentication_failed(found)  # type: ignore[attr-defined]
            raise SecondFactor().validation_error("incorrect_code")
        return code


class CodeForm(_Once, AuthenticateForm):
    """The code that ends a login."""


class FreshCodeForm(_Once, ReauthenticateForm):
    """The code that says once more who is there."""
