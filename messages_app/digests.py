"""Keyed digests of what may be compared but not read: numbers, texts, lines of the audit trail.

A key for each purpose is derived from `PRIVACY_KEY`, so that digests of one purpose say nothing in
another. A plain hash would hide nothing: all numbers of a country are hashed in minutes.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    derive = HKDF(hashes.SHA256(), length=32, salt=None, info=f"digest of {purpose}".encode())
    return derive.derive(secret.encode())


def digest(purpose: str, value: str) -> str:
    """HMAC-SHA256 of `value` under the purpose's key: 64 hexadecimal digits, the same each time."""
    key = _key(settings.PRIVACY_KEY, purpose)
    return hmac.new(key, value.encode(errors="replace"), sha256).hexdigest()


def is_digest(purpose: str, value: str, told: str) -> bool:
    """Say whether `told` is the digest of `value`."""
    return hmac.compare_digest(digest(purpose, value), told)
