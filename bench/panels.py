"""The analysis page, panel by panel over twelve months: each by the request that a browser makes.

The whole view, login and all, answered as HTML. It is asked as of the archive's end, so that the
present day and month are in it. On SQLite, which works in this process, the processor's time counts:
that is the server's own, whatever else the machine does meanwhile.
"""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter, process_time
from unittest.mock import patch
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.asking import asked_of_all, twelve_months
from bench.people import administrator
from bench.report import Row, timed
from messages_app import clock
from messages_app.analysis.query import MessageQuery
from messages_app.views.panels import PANELS

LIMIT = 0.1
"""Seconds that a panel may take on SQLite."""

WHY = {"campaigns": "hundreds of them are told from single sends, day by day"}
USUAL = "many parts are counted and drawn"
COUNTED = {"watch": b"looked at", "changed": b"looked at", "tiles": b"data-figure"}
"""What stands in an answer that holds figures; in one of a panel its chart."""

WARM, ROUNDS = 2, 15

Given = dict[str, str]


def rows() -> Iterator[Row]:
    """One row per panel, list and the tiles."""
    client, question = administrator(), asked_of_all()
    end = question.span[1].replace(tzinfo=question.zone)
    reach = 1.0 if connection.vendor == "sqlite" else None
    with patch.object(clock, "now", lambda: end):
        for name, address in _addresses(question):
            work = partial(_ask, client, name, address)
            yield Row(
                f"panel {name}, 12 months", "100 ms", _seconds(work), LIMIT, reach,
                WHY.get(name, USUAL),
            )  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    watch = process_time if connection.vendor == "sqlite" else perf_counter
    for _ in range(WARM):
        work()
    return median(timed(work, watch) for _ in range(ROUNDS))


def _addresses(question: MessageQuery) -> Iterator[tuple[str, str]]:
    given = twelve_months(question)
    yield "tiles", _address("analytics", given)
    yield "watch", _address("worth_a_look", given)
    # With itself: that reads as much as twelve months more would.
    start, end = given["date_start"], given["date_end"]
    beside = {"compare": "free", "compare_start": start, "compare_end": end}
    yield "changed", _address("changed", given | beside)
    for name in PANELS:
        yield name, _address("panel", given, name)


def _address(view: str, given: Given, *args: str) -> str:
    return f"{reverse(view, args=args)}?{urlencode(given)}"


def _ask(client: Client, name: str, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    assert COUNTED.get(name, b"<table") in answer.content, name
