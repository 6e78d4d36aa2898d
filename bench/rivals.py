"""The same questions on the same SQLite file: Datasette, Django admin's changelist, and our pages.

All in this process and without sockets, HTML against HTML and JSON against JSON. Datasette has its
best settings: an immutable file, no suggested facets, no time limit.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db import connection
from django.test import Client

from bench.asking import asked_of_all, canonical, twelve_months
from bench.people import administrator
from bench.report import Row, paired
from messages_app.analysis.query import MessageQuery
from messages_app.archive.columns import wall_seconds
from messages_app.models import Message

PER_PAGE = 50
TABLE = Message._meta.db_table
SHOWN = ("date", "type", "sender", "destination", "message", "status", "country", "parts", "cost")
WORD = "xylophone"
"""A word that no text holds: whoever has no index reads all of them."""

LISTS: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "newest first": ({}, {}, {}),
    "one country": ({"country": "BE"}, {"country__exact": "BE"}, {"country": "BE"}),
    "one status": ({"status": "undelivered"}, {"state__exact": "undelivered"},
                   {"state": "undelivered"}),
    "one sender": ({"sender": "Tavelune"}, {"sender__exact": "Tavelune"}, {"sender": "Tavelune"}),
    "a word of no text": ({"message": WORD}, {"folded__contains": WORD},
                          {"folded__contains": WORD}),
}  # fmt: skip
"""Our parameters, Datasette's and the changelist's."""

REASON = "ours draws more than the rows, which counts where these are few"


class Changelist(admin.ModelAdmin):
    """The changelist at its best: no second count, the same columns, our order by its index."""

    list_display = SHOWN
    list_per_page = PER_PAGE
    show_full_result_count = False
    ordering = ("-date", "-key")

    def lookup_allowed(self, *_: Any, **__: Any) -> bool:
        return True


def rows() -> Iterator[Row]:
    """Needs an archive on SQLite."""
    from datasette.app import Datasette  # type: ignore[import-untyped]

    admin.site.register(Message, Changelist)
    question = asked_of_all()
    path = str(connection.settings_dict["NAME"])
    settings = {
        "suggest_facets": False, "default_page_size": PER_PAGE, "sql_time_limit_ms": 600_000,
        "facet_time_limit_ms": 600_000,
    }  # fmt: skip
    loop = asyncio.new_event_loop()
    rival = Datasette(files=[], immutables=[path], settings=settings)
    loop.run_until_complete(rival.invoke_startup())
    name = path.rpartition("/")[2].removesuffix(".sqlite3")

    def ask(address: str) -> bytes:
        with redirect_stderr(StringIO()):  # It complains of the text index, which has no rows.
            answer = loop.run_until_complete(rival.client.get(f"/{name}{address}"))
        assert answer.status_code == 200, answer.text[:300]
        return bytes(answer.content)

    client = administrator()
    yield from _lists(client, ask, question)
    yield _counts(client, ask, question)
    loop.close()


def _lists(client: Client, ask: Callable[[str], bytes], question: MessageQuery) -> Iterator[Row]:
    first, last = (wall_seconds(wall) for wall in question.span)
    for name, (ours, theirs, changes) in LISTS.items():
        given = {**twelve_months(question), "per_page": str(PER_PAGE), **ours}
        mine = canonical(client, f"/messages/?{urlencode(given)}")
        between = {"date__gte": str(first), "date__lte": str(last)}
        datasette = f"/{TABLE}?{urlencode({'_sort_desc': 'date', **between, **theirs})}"
        changelist = f"/admin/messages_app/message/?{urlencode({**between, **changes})}"
        for rival, other in (
            ("Datasette", partial(ask, datasette)),
            ("Django admin", partial(_page, client, changelist)),
        ):
            seconds = paired(partial(_page, client, mine), other, rounds=5, warm=1)
            yield Row(f"list as HTML, {name}", rival, *seconds, 1.0, REASON, gain=True)


def _counts(client: Client, ask: Callable[[str], bytes], question: MessageQuery) -> Row:
    first, last = (wall_seconds(wall) for wall in question.span)
    sql = (
        f"SELECT country, state, COUNT(*) AS rows, SUM(cost) AS cost FROM {TABLE}"
        f" WHERE date BETWEEN {first} AND {last} GROUP BY country, state"
    )
    theirs = f".json?{urlencode({'sql': sql, '_shape': 'array'})}"
    ours = f"/analytics/data.json?{urlencode(twelve_months(question))}"
    assert len(json.loads(ask(theirs))) > 1
    seconds = paired(lambda: _page(client, ours), lambda: ask(theirs), rounds=3, warm=1)
    return Row(
        "all figures as JSON", "Datasette, rows by country and status alone", *seconds, 1.0, REASON,
        gain=True,
    )  # fmt: skip


def _page(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content
