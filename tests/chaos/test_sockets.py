"""Seeds over real sockets, through the client of production: lines break, and the archive is exact."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from messages_app.archive.checking import Compared, compare
from messages_app.archive.plan import gaps, kept_from
from messages_app.archive.rollups import differences
from messages_app.archive.store import spans_in
from messages_app.archive.sync import Syncer
from messages_app.archive.windows import Window
from messages_app.models import SyncRun
from messages_app.provider import ClientLimits, ProviderClient, Token
from sandbox import Composed, Faults, campaign, scattered
from tests.campaign import rounds
from tests.chaos.line import TOKEN

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 18, 14, tzinfo=PARIS)
WINDOW = Window(datetime(2026, 11, 15), datetime(2026, 11, 18, 13))
LINE = (
    "down", "silence", "drip_body", "drip_headers", "reset", "cut_length", "cut_chunked",
    "cut_close", "hang_up", "bad_gzip", "html", "empty_body", "cut_json", "http_error",
)  # fmt: skip
IMPATIENT = ClientLimits(
    connect=1.0, read=0.8, total=1.5, backoff_base=0.001, backoff_cap=0.002, breaker_failures=10**6
)
"""Seconds: a call that hangs is over soon. The breaker's minute would outlast the test."""

pytestmark = pytest.mark.django_db


def until_whole(syncer: Syncer) -> int:
    """Read what is missing until nothing is; how many runs it takes."""
    for number in range(40):
        missing = gaps(WINDOW, spans_in(WINDOW), NOW)
        if not missing:
            return number
        syncer.run("sync", missing, whole=WINDOW)
    raise AssertionError("never whole")


@pytest.mark.parametrize("seed", range(rounds(sample=3, full=30)))
def test_broken_lines_tear_no_window(seed):
    """F1, F3, F4, F5, F6, F7, F10, F12, F14, F21, I1, I6: over HTTP, four calls at a time."""
    rng = Random(f"{seed}/sockets")
    noon = datetime(2026, 11, 16, 12)
    rows = [
        *scattered(1, WINDOW.start, WINDOW.end, 400, seed=seed),
        *campaign(10_000, noon, rng.randrange(900, 1100)),
        *campaign(20_000, noon + timedelta(seconds=1), 50),
    ]
    box = Composed(rows, seed=seed, clock=NOW)
    with box.serve() as url:
        client = ProviderClient(url, Token(TOKEN), max_requests_per_second=1000.0, limits=IMPATIENT)
        with client:
            syncer = Syncer(client, url, "a", lambda: NOW, kept_from(NOW))
            names = rng.sample(LINE, 3)
            schedules: dict[str, Any] = {name: f"every:{rng.randrange(5, 12)}" for name in names}
            box.faults = Faults(drip_pause=0.05, **schedules)
            runs = until_whole(syncer)
            box.faults = Faults()
            assert list(compare(client, url, WINDOW, NOW, Compared())) == []
    assert list(differences()) == []
    assert SyncRun.objects.exclude(outcome="").count() == runs
