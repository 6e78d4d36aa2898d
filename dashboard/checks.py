"""Refuses an unsafe start, each case with a sentence. On this machine alone the demo rules hold."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

TAG = "safe-start"
LEAST_KEY = 40

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
    if not settings.HAS_MANIFEST:
        yield "E010", "The static files are not collected; run `manage.py collectstatic`."


def _keys() -> Iterator[Finding]:
    if len(settings.SECRET_KEY) < LEAST_KEY or settings.SECRET_KEY.startswith("django-insecure"):
        yield "E004", f"SECRET_KEY must be random and at least {LEAST_KEY} characters long."
    if len(settings.PRIVACY_KEY) < LEAST_KEY:
        yield "E005", f"PRIVACY_KEY must be random and at least {LEAST_KEY} characters long."
    if settings.PRIVACY_KEY and settings.PRIVACY_KEY == settings.SECRET_KEY:
        yield "E006", "PRIVACY_KEY must not be the SECRET_KEY: the one is kept, the other rotates."


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


@register(TAG)
def safe_start(**_kwargs: Any) -> list[CheckMessage]:
    """System check: what makes a start with public hosts unsafe."""
    if settings.LOCAL_ONLY and settings.ALLOWED_HOSTS:
        return []
    return [Error(sentence, id=f"dashboard.{number}") for number, sentence in _findings()]


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with every finding; `wsgi` calls it, where no check would run."""
    found = run_checks(tags=[TAG])
    if found:
        raise ImproperlyConfigured(" ".join(one.msg for one in found))
