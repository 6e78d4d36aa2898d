"""The first fill of an empty archive, eight calls at once, from a provider that takes its time.

A part of what the account holds is filled: its seconds grow with its rows and nothing else.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
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
    box = _box(count)
    _plan_days(box, int(count))
    reader = Replay.load(Path(path), seconds, box)
    found: list[Result] = []
    ours = timed(lambda: found.append(_fill(reader, int(count))))
    counts = found[0].counts
    least = counts.calls * seconds / AT_ONCE
    work = f"first fill, {counts.rows:,} rows at {seconds * 1000:.0f} ms a page"
    yield Row(
        work, f"{counts.calls} calls x latency / {AT_ONCE}", ours, least, 1.3,
        "parsing and storing on one processor takes longer than the calls",
    )  # fmt: skip
    yield Row(
        "the same pages parsed, nothing stored", f"{counts.calls} calls x latency / {AT_ONCE}",
        timed(reader.parse_again), least, None,
    )  # fmt: skip
    pages = -(-counts.rows // PAGE) + 1
    yield Row(work, f"{pages} pages one after the other", ours, pages * seconds, None, gain=True)
    yield Row(
        "calls per 1,000 rows", "one", counts.calls * PAGE / counts.rows, 1, 3.0,
        "windows hold too few rows", unit="",
    )  # fmt: skip


def _box(count: str) -> Sandbox:
    return Sandbox(rows=int(count), seed=1, clock=NOW)


def _plan_days(box: Sandbox, count: int) -> None:
    """Let it do beforehand what it does once for each day."""
    window = _window(count)
    for day in window.split(window.seconds // 86_400):
        second = str(day.start)
        box.answer({"date_start": second, "date_end": second, "destination": "33639980000"})


def _window(count: int) -> Window:
    days = max(1, round(ROWS / (count / DAYS_KEPT)))
    end = _now().replace(hour=0, tzinfo=None) - timedelta(days=10)
    return Window(end - timedelta(days=days), end - timedelta(seconds=1))


def _now() -> datetime:
    return NOW.astimezone(ZoneInfo(settings.SMSFACTOR_TIME_ZONE))


def _fill(reader: CountingReader, count: int) -> Result:
    now, window = _now(), _window(count)
    syncer = Syncer(
        reader, API, "bench", lambda: now, kept_from(now),
        at_once=AT_ONCE, stride=stride_for(count / DAYS_KEPT),
    )  # fmt: skip
    result = syncer.run("sync", [window], whole=window)
    assert result.outcome == "ok", result.reason
    return result
