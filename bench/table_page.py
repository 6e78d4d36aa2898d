"""The table page, its body from templates against its body from joined escaped strings.

The whole view both times, login and all, the provider's answer replayed from memory.
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from html import escape
from typing import Any
from unittest.mock import patch

from django.http import HttpRequest, HttpResponse
from django.test import Client

from bench.people import administrator
from bench.report import Row, paired
from messages_app.archive.traits import TRAIT, known_bounds
from messages_app.models import ProviderTrait
from messages_app.provider import Page, PageRequest
from messages_app.provider.wire import parse_json
from messages_app.sources import live_source
from messages_app.views.rows import Row as TableRow
from sandbox import Sandbox

SIZES = (50, 200)
REACH = 2.0


class Replay:
    """Gives the same answer to the same request, from memory, parsed anew as from the wire."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.bodies: dict[tuple[Any, ...], bytes] = {}

    def page(self, request: PageRequest, *, budget: float | None = None) -> Page:
        params = request.params()
        key = tuple(value for name, value in params.items() if not name.startswith("date"))
        if key not in self.bodies:
            self.bodies[key] = self.box.answer(params).body
        found = parse_json(self.bodies[key])
        return Page(
            found.records, found.bad_rows, found.total_records, found.total_display_records,
            datetime.now(UTC),
        )  # fmt: skip


def rows() -> Iterator[Row]:
    """Measure a page of each size, asked live."""
    source = live_source()
    source.client = Replay(Sandbox(rows=60_000, seed=1))  # type: ignore[assignment]
    ProviderTrait.objects.create(api_url=source.api_url, name=TRAIT, value="included,included")
    assert known_bounds(source.api_url)
    client = administrator()
    for size in SIZES:
        address = f"/messages/?period=last_month&per_page={size}"
        yield against_strings(client, address, f"{size} rows", rounds=60)


def against_strings(client: Client, address: str, name: str, *, rounds: int = 9) -> Row:
    """One page as it is against the same view with a body of plain strings."""

    def ours() -> None:
        assert client.get(address).status_code == 200

    frame = client.get(address).content.decode()
    head, rest = frame.split("<tbody", 1)
    tail = rest.split("</tbody>", 1)[1]

    def joined(request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
        body = "".join(_joined_row(row) for row in context["rows"])
        return HttpResponse(f"{head}<tbody>{body}</tbody>{tail}")

    def theirs() -> None:
        with patch("messages_app.views.messages.show", joined):
            assert client.get(address).status_code == 200

    mine, yardstick = paired(ours, theirs, rounds, warm=2)
    return Row(
        f"table page, {name}", "the same view with its body joined as strings",
        mine, yardstick, REACH, "templates take more than the rest of the view",
    )  # fmt: skip


def _joined_row(row: TableRow) -> str:
    values = {field.name: escape(str(getattr(row, field.name))) for field in fields(row)}
    return (
        '<tr data-key="{key}"><td class="time"><a class="row-link" href="{href}" '
        'hx-get="{href}" title="{ago}">'
        '<time datetime="{iso}">{time}</time></a></td><td class="direction">→</td>'
        '<td class="route"><bdi class="route-from">{sender}</bdi> → <span class="flag">{flag}</span> '
        '<bdi class="route-to">{destination}</bdi> <span class="country"><span '
        'class="country-code">{code}</span><span class="country-name">{country}</span></span></td>'
        '<td><div class="cell-text" dir="auto">{text}</div></td><td class="status">'
        '<span class="badge tone-{tone}"><span class="badge-shape">{shape}</span>{status}</span>'
        ' <span class="muted">{delay}</span><div class="badge-reason">{reason}</div></td>'
        '<td class="num" title="{encoding}">{parts}</td><td class="num">{cost}</td></tr>'
    ).format_map(values)
