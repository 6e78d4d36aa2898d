"""Charts by country: delivery, cost, and country × status."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.countries import country_name
from messages_app.analysis.facets import Parts
from messages_app.analysis.metrics import SMALL_SAMPLE, Tally
from messages_app.analysis.statuses import TONES
from messages_app.charts.costs import cost_columns, cost_sub, credit_words
from messages_app.charts.marks import (
    Cell,
    Chart,
    Drawing,
    Link,
    Row,
    change_of,
    change_of_rate,
    compared_note,
    count_cell,
    rate_cell,
)
from messages_app.charts.ranked import Column, Ranking, ranked
from messages_app.sms.terms import ATTEMPTED, DELIVERED, FAILED, SENT
from messages_app.status_lines import OUTGOING_LINES, Line, lines_in, outgoing, unknown_names

ByCountry = Drawing[Parts[str]]


def rows_of(code: str, *statuses: str) -> Row:
    return {**outgoing(*statuses), "countries": (code,)}


def _name(code: str, _tally: Tally, link: Link) -> Cell:
    return Cell(country_name(code), link(**rows_of(code)), is_number=False)


def delivery_by_country(drawing: ByCountry) -> Chart:
    """Delivery rate of each country with its 95 % interval, most traffic first."""

    def counted(head: str, name: str, *statuses: str) -> Column[str]:
        def cell(code: str, tally: Tally, link: Link) -> Cell:
            return count_cell(getattr(tally, name), link(**rows_of(code, *statuses)))

        return Column(head, cell)

    columns: tuple[Column[str], ...] = (
        Column(_("Country"), _name),
        counted(_("Attempted"), "attempted", *ATTEMPTED),
        counted(_("Delivered"), "delivered", DELIVERED),
        counted(_("Failed"), "failed", *FAILED),
        counted(_("No receipt"), "no_receipt", SENT),
        Column(_("Delivery rate"), lambda _c, t, _l: rate_cell(t.delivery_rate)),
        Column(_("95 % interval"), lambda _c, t, _l: Cell(interval_words(t))),
        Column(_("Receipt coverage"), lambda _c, t, _l: rate_cell(t.receipt_coverage)),
    )
    kind = Ranking(
        "delivery_by_country", _("Delivery rate by country"),
        _("delivered ÷ attempted, most traffic first; the line is the 95 % interval"), "percent",
        country_name, lambda code: rows_of(code, *ATTEMPTED), columns, lambda t: t.outgoing,
        drawing.now.totals.outgoing,
        lambda t: t.delivery_rate, rate_words, change_of_rate,
        counts=lambda _code, t: t.outgoing > 0, tone=lambda _code: "delivered",
        is_faint=is_small, interval=lambda t: t.interval, most=1,
        notes=small_note(drawing.now.by.values()),
    )  # fmt: skip
    return ranked(kind, drawing)


def is_small(tally: Tally) -> bool:
    return tally.attempted < SMALL_SAMPLE


def small_note(parts: Iterable[Tally]) -> tuple[str, ...]:
    """Why some bars are grey."""
    if not any(0 < tally.attempted < SMALL_SAMPLE for tally in parts):
        return ()
    return (_("Grey: fewer than %s attempts, which say little.") % SMALL_SAMPLE,)


def rate_words(tally: Tally) -> str:
    """ "96.1 % (961 ÷ 1,000)"."""
    formula = f"{shown.number(tally.delivered)} ÷ {shown.number(tally.attempted)}"
    return f"{shown.rate(tally.delivery_rate)} ({formula})"


def interval_words(tally: Tally) -> str:
    interval = tally.interval
    return f"{shown.rate(interval[0])} – {shown.rate(interval[1])}" if interval else shown.NOTHING


def cost_by_country(drawing: ByCountry) -> Chart:
    """Credits of each country, dearest first, and what of them failed."""
    parts = drawing.now
    kind = Ranking(
        "cost_by_country", _("Cost by country"), cost_sub(parts.totals, parts.query), "credits",
        country_name, rows_of,
        (Column(_("Country"), _name), *cost_columns(rows_of, parts.by.values(), parts.query)),
        lambda t: t.cost, parts.totals.cost, lambda t: float(t.cost), credit_words,
        lambda now, then: change_of(now.cost, then.cost), counts=lambda _code, t: t.outgoing > 0,
        part=lambda t: float(t.wasted_cost), part_label=_("Wasted"),
        part_rows=lambda code: rows_of(code, *FAILED),
    )  # fmt: skip
    return ranked(kind, drawing)


def country_status(drawing: ByCountry) -> Chart:
    """Every country by every status that occurs among outgoing messages; cells link to their rows."""
    totals, link = drawing.now.totals, drawing.link
    lines = lines_in(totals, OUTGOING_LINES)
    sent = [(code, tally) for code, tally in drawing.now.by.items() if tally.outgoing]
    ranks = sorted(sent, key=lambda one: -one[1].outgoing)
    head = (Cell(_("Country"), is_number=False), *map(_status_head, lines), Cell(_("All")))
    body = [
        [
            _name(code, tally, link),
            *(_matrix_cell(code, line, tally, drawing) for line in lines),
            replace(
                count_cell(tally.outgoing, link(**rows_of(code))),
                before=_before(drawing, code, lambda t: t.outgoing),
            ),
        ]
        for code, tally in ranks
    ]
    unknown = unknown_names(totals)
    return Chart(
        "country_status", _("Country × status"),
        _("outgoing messages; the stronger the tint, the larger its share of the country"),
        None, head, body, [], notes=(*compared_note(drawing), *([unknown] if unknown else [])),
        is_empty=not body,
    )  # fmt: skip


def _status_head(line: Line) -> Cell:
    tone = TONES[line.status.tone]
    return Cell(str(line.status.label), tone=tone.name, shape=tone.shape)


def _matrix_cell(code: str, line: Line, row: Tally, drawing: ByCountry) -> Cell:
    count, before = line.count(row), _before(drawing, code, line.count)
    if not count:
        return Cell("·", value=0, before=before)
    return Cell(
        shown.number(count), drawing.link(**{"countries": (code,), **(line.rows or {})}),
        heat=max(1, round(count / row.outgoing * 9)), value=count, before=before,
    )  # fmt: skip


def _before(drawing: ByCountry, code: str, count: Callable[[Tally], int]) -> str:
    """What the range compared with had of a country, in words; "" without one."""
    if drawing.then is None:
        return ""
    return shown.number(count(drawing.then.by.get(code, Tally())))
