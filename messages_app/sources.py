"""Wires the settings to the one provider client and live source of this process."""

from functools import lru_cache

from django.conf import settings
from django.core.signals import setting_changed

from messages_app.analysis.live import LiveSource
from messages_app.provider import ProviderClient


@lru_cache(maxsize=1)
def live_source() -> LiveSource:
    """The live source of the configured account; made at first use, kept for the process."""
    client = ProviderClient(
        settings.SMSFACTOR_API_URL,
        settings.SMSFACTOR_API_TOKEN,
        format="xml" if settings.SMSFACTOR_FORMAT == "xml" else "json",
        concurrency=settings.SMSFACTOR_CONCURRENCY,
        max_requests_per_second=settings.SMSFACTOR_MAX_REQUESTS_PER_SECOND,
    )
    return LiveSource(client, settings.SMSFACTOR_API_URL, at_once=settings.SMSFACTOR_CONCURRENCY)


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting.startswith("SMSFACTOR_"):
        live_source.cache_clear()


setting_changed.connect(_forget)
