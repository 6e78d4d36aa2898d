"""Refuses an unsafe start, each case with a sentence. On this machine alone the demo rules hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from dashboard.private_files import is_open_to_others
from messages_app.archive.starting import NO_RETENTION

TAG = "safe-start"
LEAST_KEY = 40
LEAST_DISTINCT = 10
"""Different characters of a key; 40 random hexadecimal digits have about 15."""

Finding = tuple[str, str]


def _findings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield "E001", "DEBUG shows settings and data to visitors; switch it off for public hosts."
    if "*" in settings.ALLOWED_HOSTS:
        yield "E002", "ALLOWED_HOSTS names every host; list the ones that this service has."
    if not settings.ALLOWED_HOSTS:
        yield "E003", "ALLOWED_HOSTS is empty; list the hosts that this service has."
    yield from _keys()
    yield from _provider()
    yield from _files()
    if not settings.HAS_MANIFEST:
        yield "E010", "The static files are not collected; run `manage.py collectstatic`."


def _keys() -> Iterator[Finding]:
    if is_weak(settings.SECRET_KEY):
        yield "E004", f"SECRET_KEY must be random and at least {LEAST_KEY} characters long."
    if is_weak(settings.PRIVACY_KEY):
        yield "E005", f"PRIVACY_KEY must be random and at least {LEAST_KEY} characters long."
    if settings.PRIVACY_KEY in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield "E006", "PRIVACY_KEY must not be a SECRET_KEY: the one is kept, the other rotates."
    if any(is_weak(key) for key in settings.SECRET_KEY_FALLBACKS):
        yield "E011", f"SECRET_KEY_FALLBACKS must be random, {LEAST_KEY} characters or more each."


def is_weak(key: str) -> bool:
    """Say whether a key is too short, or plainly not random: few characters, one part repeated."""
    repeats = key in (key + key)[1:-1]
    few = len(set(key)) < LEAST_DISTINCT
    return len(key) < LEAST_KEY or few or repeats or key.startswith("django-insecure")


def _files() -> Iterator[Finding]:
    if is_open_to_others(settings.BASE_DIR / ".env"):
        yield "E012", ".env may hold secrets and others can read it; run `chmod 600 .env`."
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and is_open_to_others(Path(database["NAME"])):
        yield "E013", "Others can read the file of DATABASE_URL; run `chmod 600` on it."


def _provider() -> Iterator[Finding]:
    if settings.PROVIDER_IS_SANDBOX:
        yield (
            "E007",
            "SMSFACTOR_API_URL is a sandbox on this machine; public hosts show the account.",
        )
    if not settings.SMSFACTOR_API_TOKEN.reveal():
        yield "E008", "SMSFACTOR_API_TOKEN is missing."
    if settings.NOW:
        yield "E009", "NOW moves the clock and is for tests alone."


def _retention() -> Iterator[Finding]:
    """Numbers and texts of real people are not kept for ever by mere forgetfulness."""
    is_real = settings.SMSFACTOR_API_TOKEN.reveal() and not settings.PROVIDER_IS_SANDBOX
    if is_real and settings.RETENTION_MONTHS is None:
        yield "E014", NO_RETENTION


@register(TAG)
def safe_start(**_kwargs: Any) -> list[CheckMessage]:
    """System check: what makes a start with public hosts unsafe, or with a real account."""
    found = [*_retention()]
    if not (settings.LOCAL_ONLY and settings.ALLOWED_HOSTS):
        found += _findings()
    return [Error(sentence, id=f"dashboard.{number}") for number, sentence in found]


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with every finding; `wsgi` calls it, where no check would run."""
    found = run_checks(tags=[TAG])
    if found:
        raise ImproperlyConfigured(" ".join(one.msg for one in found))
