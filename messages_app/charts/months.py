"""Credits by month, and what the present month will come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.facets import Parts, month_of
from messages_app.analysis.forecast import Forecast
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery
from messages_app.charts.costs import cost_columns, cost_sub, credit_words, money_words
from messages_app.charts.marks import (
    Bar,
    Beside,
    Cell,
    Chart,
    Drawing,
    Link,
    Row,
    bars,
    change_of,
    heads,
)
from messages_app.charts.ranked import Column
from messages_app.sms.zones import SECOND
from messages_app.status_lines import bearing_cost, outgoing


@dataclass(frozen=True, slots=True)
class Months:
    """The figures of each month of a range, and the forecast of the present one, if it is in it."""

    parts: Parts[datetime]
    forecast: Forecast | None


def months(drawing: Drawing[Months]) -> Chart:
    """Credits of each month of the range; the present one with its forecast."""
    parts, ahead = drawing.now.parts, drawing.now.forecast
    link = drawing.link

    def rows(month: datetime, *statuses: str) -> Row:
        return {**outgoing(*statuses), **within(parts.query, month)}

    columns: tuple[Column[datetime], ...] = cost_columns(rows, parts.by.values(), parts.query)
    compared: Mapping[datetime, Beside | None] | None = drawing.then
    earlier = compared or {}
    marks = [
        Bar(
            month_label(month), float(t.cost), credit_words(t), link(**rows(month)),
            before=float(then.tally.cost) if (then := earlier.get(month)) else None,
            before_href=drawing.then_link(**then.rows, **outgoing()) if then else "",
        )
        for month, t in parts.by.items()
    ]  # fmt: skip
    body = [
        [
            Cell(month_label(month), link(**rows(month)), is_number=False),
            *(column.cell(month, tally, link) for column in columns),
            *(_compared(tally, earlier.get(month), drawing.then_link) if compared else ()),
        ]
        for month, tally in parts.by.items()
    ]
    further = (_("Before"), _("Change")) if compared else ()
    spec = bars("columns", marks, "credits")
    # On top of a part of the month its rest would say too little.
    if ahead and ahead.month in parts.by and parts.query.span[0] <= ahead.month:
        spec |= _more(list(parts.by), ahead, parts.by[ahead.month].cost)
    return Chart(
        "months", _("Cost by month"), cost_sub(parts.totals, parts.query), spec,
        heads(_("Month"), *(column.head for column in columns), *further), body, [],
        notes=_notes(ahead, parts.query), is_empty=not body,
    )  # fmt: skip


def _compared(now: Tally, then: Beside | None, link: Link) -> list[Cell]:
    if then is None:
        return [Cell(shown.NOTHING), Cell(shown.NOTHING)]
    href = link(**then.rows, **bearing_cost(then.tally)) if then.tally.rows else ""
    return [
        Cell(credit_words(then.tally), href, value=then.tally.cost),
        Cell(change_of(now.cost, then.tally.cost)),
    ]


def within(query: MessageQuery, month: datetime) -> Row:
    """The seconds of a month that lie in the range."""
    start, end = query.span
    last = month_of(month + timedelta(days=32)) - SECOND
    return {"period": "custom", "date_start": max(month, start), "date_end": min(last, end)}


def month_label(month: datetime) -> str:
    return str(format_date(month, "MMM y", locale=shown.locale()))


def _more(months: list[datetime], ahead: Forecast, cost: Decimal) -> dict[str, Any]:
    """What is still expected of the present month, on top of its bar."""
    left = max(0.0, float(ahead.expected - cost))
    more = [left if month == ahead.month else None for month in months]
    words = _("forecast: %s credits in all") % shown.credits(ahead.expected.quantize(Decimal(1)))
    return {"more": more, "moreLabel": words}


def _notes(ahead: Forecast | None, query: MessageQuery) -> tuple[str, ...]:
    if ahead is None:
        return ()
    text = _(
        "Forecast of %(month)s: %(expected)s, from %(days)s whole days of %(of)s: what weekdays "
        "and weekends cost so far, for the days that are left. Spent so far: %(so_far)s."
    ) % {
        "month": month_label(ahead.month), "expected": _expected(ahead, query),
        "days": ahead.days, "of": ahead.of, "so_far": shown.credits(ahead.so_far),
    }  # fmt: skip
    return (text,)


def _expected(ahead: Forecast, query: MessageQuery) -> str:
    words = _("%s credits") % shown.credits(ahead.expected.quantize(Decimal(1)))
    price = query.prices.at(query.now.replace(tzinfo=None))
    return words if price is None else f"{words} ({money_words(ahead.expected * price)})"
