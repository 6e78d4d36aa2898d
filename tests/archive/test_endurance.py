"""A worker that runs for months: nothing may grow but the archive."""

import gc
import logging
import os
import threading
import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.archive.sync import RUNS_KEPT
from messages_app.models import Claim, Look, Span, SyncRun
from tests.archive.test_sync import NOW, provider, work, worker
from tests.campaign import rounds

__all__ = ["provider"]

pytestmark = pytest.mark.django_db
CYCLES = rounds(sample=60, full=1000)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_many_cycles_leave_nothing_behind(provider):
    """F60: neither threads, files, memory, queries nor lines in the ledger."""
    one = worker(provider)
    work(provider, one)

    def live(cycles: int) -> tuple[int, int, int, int]:
        for _ in range(cycles):
            provider.moment += timedelta(minutes=3)
            provider.times.clear()
            provider.asked.clear()
            one.cycle()
        gc.collect()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            provider.moment += timedelta(minutes=3)
            one.cycle()
        return (
            threading.active_count(),
            open_files(),
            len(queries),
            tracemalloc.get_traced_memory()[0],
        )

    # What a test's log keeps of every line would be taken for a leak.
    logging.disable(logging.CRITICAL)
    tracemalloc.start()
    try:
        live(20)
        threads, files, queries, memory = live(20)
        later = live(CYCLES)
    finally:
        tracemalloc.stop()
        logging.disable(logging.NOTSET)
    assert later[0] <= threads
    assert later[1] <= files
    assert later[2] <= queries + 10
    assert later[3] - memory < 400_000
    days = (provider.moment - NOW) / timedelta(days=1) + 200 + 366
    assert Span.objects.count() < 20 + 10 * days / 31 + 40 * days / 200
    assert Claim.objects.count() <= days + 31


def test_old_runs_and_looks_are_forgotten(provider):
    """F60."""
    long_ago = NOW - RUNS_KEPT - timedelta(days=1)
    SyncRun.objects.create(
        kind="gap", owner="a", start=NOW.replace(tzinfo=None), end=NOW.replace(tzinfo=None),
        began_at=long_ago, ended_at=long_ago, outcome="ok",
    )  # fmt: skip
    wall = NOW.replace(tzinfo=None)
    Look.objects.create(start=wall, end=wall, began_at=long_ago, seen_at=long_ago)
    worker(provider).cycle()
    assert not SyncRun.objects.filter(ended_at=long_ago).exists()
    assert not Look.objects.exists()
