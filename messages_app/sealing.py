"""Seals personal values (numbers, senders, texts) for URLs, so that histories and proxy logs hold none.

Deterministic authenticated encryption (AES-SIV, RFC 5297): the same question always has the same
URL, and nothing is stored. Knows nothing of queries or views.
"""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PREFIX = "~1."
"""Marks a sealed value; the digit is the format's version. No number or sender can look like it."""


class BrokenSeal(ValueError):
    """A sealed value that was cut, altered, moved to another field, or made under a lost key."""


@lru_cache(maxsize=8)
def _cipher(secret: str) -> AESSIV:
    key = HKDF(hashes.SHA512(), length=64, salt=None, info=b"sealed url values").derive(
        secret.encode()
    )
    return AESSIV(key)


def is_sealed(text: str) -> bool:
    return text.startswith(PREFIX)


def seal(field: str, value: str) -> str:
    """Return `value` sealed for `field`: URL-safe text; a value sealed for one field opens in no other."""
    box = _cipher(settings.SECRET_KEY).encrypt(_padded(value.encode()), [field.encode()])
    return PREFIX + base64.urlsafe_b64encode(box).decode().rstrip("=")


def unseal(field: str, text: str) -> str:
    """Open what `seal` made, under the present key or one of its fallbacks.

    Raises BrokenSeal.
    """
    box = _decoded(text.removeprefix(PREFIX))
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _unpadded(_cipher(secret).decrypt(box, [field.encode()]))
        except (InvalidTag, ValueError):
            continue
    raise BrokenSeal(field)


def _padded(value: bytes) -> bytes:
    # Length says much about a short value; 16-byte steps tell a number from a number no more.
    return value + b"\x00" * (-len(value) % 16 or 16)


def _unpadded(value: bytes) -> str:
    return value.rstrip(b"\x00").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrokenSeal from error
