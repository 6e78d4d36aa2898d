"""The first fill of an empty archive, eight calls at once, from a provider that takes its time.

A part of what the account holds is filled: its seconds grow with its rows and nothing else.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from bench.provider import NOW, Recorder, Replay
from bench.report import Row, timed
from messages_app.archive.plan import kept_from
from messages_app.archive.sync import CountingReader, Result, Syncer, stride_for
from messages_app.archive.windows import Window
from sandbox import Sandbox
from sandbox.plan import DAYS_KEPT

ROWS = 100_000
"""Rows that are filled, about."""

AT_ONCE = 8
PAGE = 1000
API = "http://127.0.0.1:1"


def record(count: str, path: str) -> None:
    """Fill once without latency, and write down all answers."""
    reader = Recorder(_box(count))
    _fill(reader, int(count))
    reader.save(Path(path))


def rows(count: str, path: str, latency: str) -> Iterator[Row]:
    """`count`: rows of the account in six months; `latency`: seconds of a page."""
    seconds = float(latency)
    reader = Replay.load(Path(path), seconds, _box(count))
    found: list[Result] = []
    ours = timed(lambda: found.append(_fill(reader, int(count))))
    counts = found[0].counts
    least = counts.calls * seconds / AT_ONCE
    work = f"first fill, {counts.rows:,} rows at {seconds * 1000:.0f} ms a page"
    yield Row(
        work, f"{counts.calls} calls x latency / {AT_ONCE}", ours, least, 1.3,
        "parsing and storing on one processor takes longer than the calls",
    )  # fmt: skip
    pages = -(-counts.rows // PAGE) + 1
    yield Row(work, f"{pages} pages one after the other", ours, pages * seconds, None, gain=True)
    yield Row(
        "calls per 1,000 rows", "one", counts.calls * PAGE / counts.rows, 1, 3.0,
        "windows hold too few rows", unit="",
    )  # fmt: skip


def _box(count: str) -> Sandbox:
    return Sandbox(rows=int(count), seed=1, clock=NOW)


def _fill(reader: CountingReader, count: int) -> Result:
    a_day = count / DAYS_KEPT
    days = max(1, round(ROWS / a_day))
    now = NOW.astimezone(ZoneInfo(settings.SMSFACTOR_TIME_ZONE))
    end = now.replace(hour=0, tzinfo=None) - timedelta(days=10)
    window = Window(end - timedelta(days=days), end - timedelta(seconds=1))
    syncer = Syncer(
        reader, API, "bench", lambda: now, kept_from(now),
        at_once=AT_ONCE, stride=stride_for(a_day),
    )  # fmt: skip
    result = syncer.run("sync", [window], whole=window)
    assert result.outcome == "ok", result.reason
    return result
