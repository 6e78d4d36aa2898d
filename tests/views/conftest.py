"""The dashboard before a sandbox over real HTTP, at a fixed second."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from messages_app.provider import Token
from messages_app.sources import live_source
from sandbox import Faults, Sandbox

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=ZoneInfo("Europe/Paris"))
WALL = NOW.replace(tzinfo=None)


@pytest.fixture(scope="session")
def box():
    return Sandbox(rows=60_000, seed=7, token="sandbox-token", clock=WALL)


@pytest.fixture
def account(box, settings, monkeypatch, db):
    """A sandbox account behind the configured address; its faults are gone afterwards."""
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)
    box.faults = Faults()
    with box.serve() as url:
        settings.SMSFACTOR_API_URL = url
        settings.SMSFACTOR_API_TOKEN = Token(box.token)
        settings.SMSFACTOR_MAX_REQUESTS_PER_SECOND = 10_000
        yield box
        live_source().client.close()
    live_source.cache_clear()
