"""The code that an authenticator app shows, by RFC 6238; and accounts that have one."""

import base64
import hmac
import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User

SECRET = base64.b32encode(b"twenty bytes to test").decode()


def code_of(secret: str = SECRET, steps: int = 0) -> str:
    """The six digits of now, or of so many half minutes later."""
    count = int(time.time()) // 30 + steps
    told = hmac.digest(base64.b32decode(secret), count.to_bytes(8), "sha1")
    start = told[-1] & 15
    return f"{(int.from_bytes(told[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def with_second_factor(user: User) -> list[str]:
    """Switch it on, with SECRET; return the recovery codes."""
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).get_unused_codes()
