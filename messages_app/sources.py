"""Wires the settings to the one provider client and live source of this process."""

import hmac
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.core.signals import setting_changed

from messages_app import clock
from messages_app.analysis.live import LiveSource
from messages_app.archive.pace import Pace
from messages_app.archive.starting import NO_RETENTION, SANDBOX, Refused, prepare
from messages_app.provider import PageRequest, ProviderClient

SANDBOX_TOKEN = "sandbox-"  # noqa: S105 - how the tokens of invented traffic begin
log = logging.getLogger("messages_app.archive")


@lru_cache(maxsize=1)
def live_source() -> LiveSource:
    """The live source of the configured account; made at first use, kept for the process."""
    client = _client(for_pages=True)
    return LiveSource(client, settings.SMSFACTOR_API_URL, at_once=settings.SMSFACTOR_CONCURRENCY)


@dataclass(frozen=True, slots=True)
class Account:
    """The configured provider account, open for reading."""

    reader: ProviderClient
    api_url: str
    at_once: int


def fingerprint() -> str:
    """What tells the configured account from another: a keyed digest, which betrays no token.

    The demo's sandbox has another port and token at each start: what it invents stands in the token.
    """
    host = urlsplit(settings.SMSFACTOR_API_URL).hostname or ""
    token = settings.SMSFACTOR_API_TOKEN.reveal()
    # A proxy to the real account may listen on this machine too: the demo's own token must be there.
    if settings.PROVIDER_IS_SANDBOX and token.startswith(SANDBOX_TOKEN):
        return f"{SANDBOX}{token.split('-')[1]}"
    told = hmac.new(settings.PRIVACY_KEY.encode(), f"{host} {token}".encode(), sha256).hexdigest()
    return told[:32]


@contextmanager
def account(*, same_account: bool = False) -> Iterator[Account]:
    """The provider account for a command that reads into the archive; closed behind it.

    Raises ConfigurationFault, and Refused where archive and account do not belong together; other
    ProviderErrors where the archive would make room for an account that does not answer.
    """
    # Plain http is for this machine alone.
    is_real = (
        settings.SMSFACTOR_API_TOKEN.reveal()
        and urlsplit(settings.SMSFACTOR_API_URL).scheme != "http"
    )
    if is_real and settings.RETENTION_MONTHS is None:
        raise Refused(NO_RETENTION)
    zone, now = settings.SMSFACTOR_TIME_ZONE, clock.real_now()
    prepared = prepare(
        fingerprint(), zone, now, same_account=same_account, is_accepted=_ask_for_nothing
    )
    for sentence in prepared:
        log.warning("%s", sentence)
    with _client(for_pages=False) as client:
        yield Account(client, settings.SMSFACTOR_API_URL, settings.SMSFACTOR_CONCURRENCY)


def _ask_for_nothing() -> None:
    """One call, to hear whether the provider takes the token. Raises ProviderError."""
    wall = clock.real_now().replace(tzinfo=None, microsecond=0)
    with _client(for_pages=False) as client:
        client.page(PageRequest(date_start=wall, date_end=wall, length=1))


def _client(*, for_pages: bool) -> ProviderClient:
    at_once, rate = settings.SMSFACTOR_CONCURRENCY, settings.SMSFACTOR_MAX_REQUESTS_PER_SECOND
    return ProviderClient(
        settings.SMSFACTOR_API_URL,
        settings.SMSFACTOR_API_TOKEN,
        format="xml" if settings.SMSFACTOR_FORMAT == "xml" else "json",
        concurrency=at_once,
        max_requests_per_second=rate,
        pace=Pace(at_once, rate, for_pages=for_pages) if settings.SMSFACTOR_SHARED_PACE else None,
    )


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting.startswith("SMSFACTOR_"):
        live_source.cache_clear()


setting_changed.connect(_forget)
