"""Charts as data: a Python dict that `charts.js` draws as it is, and the table that says the same.

No figure is computed here but from a Breakdown, and no colour is chosen: bars carry a tone's name.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messages_app.analysis import shown
from messages_app.analysis.breakdowns import Breakdown
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.metrics import SMALL_SAMPLE, Tally
from messages_app.analysis.series import Bucket
from messages_app.analysis.statuses import MT_STATUSES, OUTGOING, STATUSES, TONES, Status, status_of

TOP = 15
"""Bars of a ranked chart; its table holds them all."""

SHADES = (100, 68, 42)

SETTLED_SHARE = 0.01
"""A bucket with a larger share of unsettled rows is drawn as still settling."""

Link = Callable[..., str]
"""Makes the address of the rows behind a mark, from the conditions that narrow to it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: its text, and the address of the rows behind it."""

    text: str
    href: str = ""
    is_number: bool = True
    heat: int = 0
    tone: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart card: `spec` is drawn, `head` and `body` stand below as its table."""

    name: str
    title: str
    sub: str
    spec: dict[str, Any]
    head: tuple[str, ...]
    body: list[list[Cell]]
    left_out: str = ""
    wide: bool = False
    is_empty: bool = False

    @property
    def json(self) -> str:
        return json.dumps(self.spec, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Country × status as a table whose cells are shaded by their share of the row."""

    head: tuple[Cell, ...]
    body: list[list[Cell]]
    left_out: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One mark: label, value, the value in words, its tone, and where a click goes."""

    label: str
    value: float | None
    words: str
    href: str = ""
    tone: str = "accent"
    is_faint: bool = False


def charts(found: Breakdown, link: Link) -> list[Chart]:
    """The charts of a question, in reading order."""
    return [
        volume(found, link),
        delivery_by_country(found, link),
        cost_by_country(found, link),
        messages_by_status(found, link),
        cost_by_status(found, link),
    ]


@dataclass(frozen=True, slots=True)
class Stack:
    """One layer of a stacked chart: a status, its tone in percent of `shade`, its counts."""

    label: str
    tone: str
    shade: int
    values: list[int]


def volume(found: Breakdown, link: Link) -> Chart:
    """Messages over time, stacked by status; a click on a bar opens its bucket."""
    stacks = _stacks(found.series)
    labels = [bucket_label(bucket, found) for bucket in found.series]
    links = [_bucket_link(bucket, link) for bucket in found.series]
    settling = [(bucket.tally.provisional or 0) > SETTLED_SHARE for bucket in found.series]
    body = [
        [
            Cell(labels[index], links[index], is_number=False),
            *(Cell(shown.number(stack.values[index])) for stack in stacks),
            Cell(shown.rate(bucket.tally.delivery_rate)),
        ]
        for index, bucket in enumerate(found.series)
    ]
    return Chart(
        name="volume",
        title=_("Messages over time"),
        sub=_("by %s") % str(found.bucket.label).lower(),
        spec={
            "kind": "stack", "unit": "count", "labels": labels, "links": links,
            "stacks": [asdict(stack) for stack in stacks],
            "settling": settling, "settlingLabel": _("still settling"),
        },
        head=(_("From"), *(stack.label for stack in stacks), _("Delivery rate")),
        body=body,
        left_out=_settling_note(settling),
        wide=True,
        is_empty=not found.totals.rows,
    )  # fmt: skip


def _stacks(buckets: Sequence[Bucket]) -> list[Stack]:
    """A layer for each status that occurs, in the order of every legend; unknown ones together."""
    layers = [
        Stack(_status_label(s.name), s.tone, _shade(s), [_count(b.tally, s.name) for b in buckets])
        for s in STATUSES.values()
    ]
    other, others = TONES["other"], [bucket.tally.other for bucket in buckets]
    layers.append(Stack(f"{other.shape} {other.label}", other.name, SHADES[0], others))
    return [layer for layer in layers if any(layer.values)]


def _shade(status: Status) -> int:
    """How much of its tone a status bears, so that statuses of one tone are told apart in a stack."""
    family = [name for name, one in STATUSES.items() if one.tone == status.tone]
    return SHADES[family.index(status.name)]


def _settling_note(settling: Sequence[bool]) -> str:
    if not any(settling):
        return ""
    return _("Hatched: still settling, receipts may yet arrive for up to 72 hours.")


def _count(found: Tally, name: str) -> int:
    return found.statuses[name] if name in MT_STATUSES else found.incoming


def _bucket_link(bucket: Bucket, link: Link) -> str:
    return link(period="custom", date_start=bucket.start, date_end=bucket.end)


def bucket_label(bucket: Bucket, found: Breakdown) -> str:
    """A bucket's beginning, as finely as the bucket; the repeated hour says that it is double."""
    start = bucket.start
    size = found.bucket.seconds
    if size >= 86400:
        return shown.day(start.date().toordinal(), with_year=size > 7 * 86400)
    day = shown.day(start.date().toordinal(), with_year=False)
    double = f" ({_('double hour')})" if bucket.is_double else ""
    return f"{day} {start:%H:%M}{double}"


def _ranked(by_country: dict[str, Tally]) -> list[tuple[str, Tally]]:
    sent = [(code, tally) for code, tally in by_country.items() if tally.outgoing]
    return sorted(sent, key=lambda one: (-one[1].outgoing, one[0]))


def _country_label(code: str) -> str:
    return f"{flag(code)} {country_name(code)}".strip()


def delivery_by_country(found: Breakdown, link: Link) -> Chart:
    """Delivery rate of each country with its 95 % interval, most traffic first."""
    ranked = _ranked(dict(found.by_country))
    rated = [(code, tally) for code, tally in ranked if tally.attempted]
    bars = [_rate_bar(code, tally, link) for code, tally in rated[:TOP]]
    intervals = [tally.interval for _code, tally in rated[:TOP]]
    head = (
        _("Country"), _("Attempted"), _("Delivered"), _("Failed"), _("No receipt"),
        _("Delivery rate"), _("95 % interval"), _("Receipt coverage"),
    )  # fmt: skip
    body = [_delivery_row(code, tally, link) for code, tally in ranked]
    spec = _bars_spec(bars, "percent") | {"intervals": intervals, "max": 1}
    return Chart(
        "delivery_by_country", _("Delivery rate by country"),
        _("delivered ÷ attempted, most traffic first; the line is the 95 % interval"),
        spec, head, body, left_out=_others(rated, found.totals.attempted, lambda t: t.attempted),
        is_empty=not bars,
    )  # fmt: skip


def _rate_bar(code: str, tally: Tally, link: Link) -> Bar:
    formula = f"{shown.number(tally.delivered)} ÷ {shown.number(tally.attempted)}"
    words = f"{shown.rate(tally.delivery_rate)} ({formula})"
    return Bar(
        _country_label(code), tally.delivery_rate, words, _country_link(code, link),
        tone="delivered", is_faint=tally.attempted < SMALL_SAMPLE,
    )  # fmt: skip


def _country_link(code: str, link: Link, **more: Any) -> str:
    # A row without a country cannot be asked for: neither the provider nor a person has a word for it.
    return link(countries=(code,), type=OUTGOING, **more) if code else ""


def _delivery_row(code: str, tally: Tally, link: Link) -> list[Cell]:
    interval = tally.interval
    bounds = f"{shown.rate(interval[0])} – {shown.rate(interval[1])}" if interval else shown.NOTHING
    return [
        Cell(_country_label(code), _country_link(code, link), is_number=False),
        Cell(shown.number(tally.attempted)),
        Cell(shown.number(tally.delivered), _country_link(code, link, statuses=("delivered",))),
        Cell(shown.number(tally.failed),
             _country_link(code, link, statuses=("denied", "not_sent", "undelivered"))),
        Cell(shown.number(tally.no_receipt), _country_link(code, link, statuses=("sent",))),
        Cell(shown.rate(tally.delivery_rate)),
        Cell(bounds),
        Cell(shown.rate(tally.receipt_coverage)),
    ]  # fmt: skip


def cost_by_country(found: Breakdown, link: Link) -> Chart:
    """Credits of each country, dearest first, and what of them failed."""
    ranked = sorted(_ranked(dict(found.by_country)), key=lambda one: (-one[1].cost, one[0]))
    bars = [
        Bar(_country_label(code), float(t.cost), _credits(t.cost), _country_link(code, link))
        for code, t in ranked[:TOP]
    ]
    head = (
        _("Country"),
        _("Messages"),
        _("Credits"),
        _("Wasted"),
        _("Credits per delivered"),
        _("Unpriced"),
    )
    body = [
        [
            Cell(_country_label(code), _country_link(code, link), is_number=False),
            Cell(shown.number(t.outgoing)),
            Cell(shown.credits(t.cost)),
            Cell(shown.credits(t.wasted_cost)),
            Cell(shown.number(t.cost_per_delivered)),
            Cell(shown.number(t.unpriced)),
        ]
        for code, t in ranked
    ]
    return Chart(
        "cost_by_country", _("Cost by country"), _cost_sub(found.totals),
        _bars_spec(bars, "credits"), head, body,
        left_out=_others(ranked, found.totals.cost, lambda t: t.cost),
        is_empty=not bars,
    )  # fmt: skip


def _cost_sub(totals: Tally) -> str:
    text = _("credits of outgoing messages; %s in all") % shown.credits(totals.cost)
    if totals.unpriced:
        text += "; " + _("%(n)s of %(m)s not priced yet") % {
            "n": shown.number(totals.unpriced), "m": shown.number(totals.attempted)
        }  # fmt: skip
    return text


def _credits(value: Decimal) -> str:
    return _("%s credits") % shown.credits(value)


def _by_status(found: Breakdown) -> list[tuple[str, Tally]]:
    known = [name for name in STATUSES if name in found.by_status]
    unknown = sorted(name for name in found.by_status if name not in STATUSES)
    return [(name, found.by_status[name]) for name in (*known, *unknown)]


def _status_link(name: str, link: Link) -> str:
    if name in MT_STATUSES:
        return link(statuses=(name,))
    return link(type="messages-in") if name in STATUSES else link(statuses=("other",))


def messages_by_status(found: Breakdown, link: Link) -> Chart:
    """How many messages have each status."""
    rows = _by_status(found)
    bars = [
        Bar(_status_label(name), tally.rows, shown.number(tally.rows), _status_link(name, link),
            status_of(name).tone)
        for name, tally in rows
    ]  # fmt: skip
    body = [
        [_status_cell(name, link), Cell(shown.number(tally.rows)),
         Cell(shown.rate(tally.rows / found.totals.rows))]
        for name, tally in rows
    ]  # fmt: skip
    return Chart(
        "messages_by_status", _("Messages by status"),
        _("%s messages in all") % shown.number(found.totals.rows),
        _bars_spec(bars, "count"), (_("Status"), _("Messages"), _("Share")), body,
        is_empty=not bars,
    )  # fmt: skip


def cost_by_status(found: Breakdown, link: Link) -> Chart:
    """Credits by status: what was paid for messages that arrived, failed, or nobody knows."""
    rows = [(name, tally) for name, tally in _by_status(found) if tally.outgoing]
    bars = [
        Bar(_status_label(name), float(tally.cost), _credits(tally.cost), _status_link(name, link),
            status_of(name).tone)
        for name, tally in rows
    ]  # fmt: skip
    body = [
        [_status_cell(name, link), Cell(shown.number(tally.outgoing)), Cell(shown.credits(tally.cost)),
         Cell(shown.number(tally.unpriced))]
        for name, tally in rows
    ]  # fmt: skip
    return Chart(
        "cost_by_status", _("Cost by status"), _cost_sub(found.totals),
        _bars_spec(bars, "credits"), (_("Status"), _("Messages"), _("Credits"), _("Unpriced")), body,
        is_empty=not bars,
    )  # fmt: skip


def _status_label(name: str) -> str:
    return f"{TONES[status_of(name).tone].shape} {status_of(name).label}"


def _status_cell(name: str, link: Link) -> Cell:
    status = status_of(name)
    return Cell(
        str(status.label), _status_link(name, link), is_number=False,
        tone=status.tone, shape=TONES[status.tone].shape,
    )  # fmt: skip


def country_status(found: Breakdown, link: Link) -> Matrix:
    """Every country by every status that occurs among outgoing messages; cells link to their rows."""
    names = [name for name, tally in _by_status(found) if tally.outgoing]
    ranked = _ranked(dict(found.by_country))
    head = (
        Cell(_("Country"), is_number=False),
        *(_status_cell(n, link) for n in names),
        Cell(_("All")),
    )
    body = [
        [
            Cell(_country_label(code), _country_link(code, link), is_number=False),
            *(_matrix_cell(found, code, name, tally, link) for name in names),
            Cell(shown.number(tally.outgoing), _country_link(code, link)),
        ]
        for code, tally in ranked
    ]
    return Matrix(head, body, "")


def _matrix_cell(found: Breakdown, code: str, name: str, row: Tally, link: Link) -> Cell:
    tally = found.by_country_status.get((code, name))
    count = tally.outgoing if tally else 0
    if not count:
        return Cell("·")
    status = name if name in MT_STATUSES else "other"
    return Cell(
        shown.number(count), _country_link(code, link, statuses=(status,)),
        heat=max(1, round(count / row.outgoing * 9)),
    )  # fmt: skip


def _bars_spec(bars: Iterable[Bar], unit: str) -> dict[str, Any]:
    bars = list(bars)
    return {
        "kind": "bars", "unit": unit,
        "labels": [bar.label for bar in bars], "values": [bar.value for bar in bars],
        "words": [bar.words for bar in bars], "links": [bar.href for bar in bars],
        "tones": [bar.tone for bar in bars], "faint": [bar.is_faint for bar in bars],
    }  # fmt: skip


def _others(
    ranked: Sequence[tuple[str, Tally]],
    whole: int | Decimal,
    weight: Callable[[Tally], int | Decimal],
) -> str:
    """ "and 12 more, 4 % of the whole", where a chart does not show everything."""
    rest = ranked[TOP:]
    if not rest:
        return ""
    share = float(sum(weight(tally) for _code, tally in rest)) / float(whole) if whole else 0
    text = ngettext(
        "and %(n)s more, %(share)s of the whole",
        "and %(n)s more, %(share)s of the whole",
        len(rest),
    )
    return text % {"n": len(rest), "share": shown.rate(share)}
