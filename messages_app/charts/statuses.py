"""Charts by status: how many messages, and what they cost."""

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.facets import Parts
from messages_app.analysis.metrics import Tally, ratio
from messages_app.analysis.statuses import OTHER, TONES, UNPRICED
from messages_app.charts.costs import cost_sub
from messages_app.charts.marks import (
    Bar,
    Cell,
    Chart,
    Drawing,
    Link,
    bars,
    change_of,
    count_cell,
    credits_cell,
    heads,
    rate_cell,
)
from messages_app.sms.terms import ATTEMPTED, WITHDRAWN
from messages_app.status_lines import OUTGOING_LINES, Line, lines_in, unknown_names

ByStatus = Drawing[Parts[None]]


def messages_by_status(drawing: ByStatus) -> Chart:
    """How many messages have each status."""
    totals, then = drawing.now.totals, drawing.then.totals if drawing.then else None
    lines = lines_in(totals)
    marks = [
        Bar(
            line.label, line.count(totals), _named(line, shown.number(line.count(totals)), totals),
            line_link(line, drawing.link), line.status.tone,
            before=line.count(then) if then else None,
            before_href=line_link(line, drawing.then_link),
        )
        for line in lines
    ]  # fmt: skip
    body = [
        [
            status_cell(line, drawing.link),
            count_cell(line.count(totals), line_link(line, drawing.link)),
            rate_cell(ratio(line.count(totals), totals.rows)),
            *_before_count(line, totals, then, drawing.then_link),
        ]
        for line in lines
    ]
    head = (_("Status"), _("Messages"), _("Share"), *_compared(then))
    unknown = unknown_names(totals)
    return Chart(
        "messages_by_status", _("Messages by status"),
        _("%s messages in all") % shown.number(totals.rows),
        bars("bars", marks, "count"), heads(*head), body, [],
        notes=(unknown,) if unknown else (), is_empty=not marks,
    )  # fmt: skip


def cost_by_status(drawing: ByStatus) -> Chart:
    """Credits by status: what was paid for messages that arrived, failed, or nobody knows."""
    totals, then = drawing.now.totals, drawing.then.totals if drawing.then else None
    link = drawing.link
    lines = [line for line in lines_in(totals, OUTGOING_LINES) if line.status.name != WITHDRAWN]
    marks = [
        Bar(
            line.label, float(line.cost(totals)),
            _named(line, _("%s credits") % shown.credits(line.cost(totals)), totals),
            line_link(line, link), line.status.tone,
            before=float(line.cost(then)) if then else None,
            before_href=line_link(line, drawing.then_link),
        )
        for line in lines
    ]  # fmt: skip
    places = shown.places(line.cost(totals) for line in lines)
    body = [
        [
            status_cell(line, link),
            count_cell(line.count(totals), line_link(line, link)),
            credits_cell(line.cost(totals), places, line_link(line, link)),
            _unpriced(line, totals, link),
            *_before_cost(line, totals, then, places),
        ]
        for line in lines
    ]
    head = (_("Status"), _("Messages"), _("Credits"), _("Unpriced"), *_compared(then))
    unknown = unknown_names(totals)
    return Chart(
        "cost_by_status", _("Cost by status"), cost_sub(totals, drawing.query),
        bars("bars", marks, "credits"), heads(*head), body, [],
        notes=(unknown,) if unknown else (), is_empty=not marks,
    )  # fmt: skip


def _compared(then: Tally | None) -> tuple[str, ...]:
    return (_("Before"), _("Change")) if then else ()


def _before_count(line: Line, now: Tally, then: Tally | None, link: Link) -> list[Cell]:
    if then is None:
        return []
    count = line.count(then)
    return [count_cell(count, line_link(line, link)), Cell(change_of(line.count(now), count))]


def _before_cost(line: Line, now: Tally, then: Tally | None, places: int) -> list[Cell]:
    if then is None:
        return []
    cost = line.cost(then)
    return [credits_cell(cost, places), Cell(change_of(line.cost(now), cost))]


def _unpriced(line: Line, totals: Tally, link: Link) -> Cell:
    count = totals.unpriced_by.get(line.status.name, 0)
    listed = line.status.name in ATTEMPTED and line.rows is not None
    return count_cell(count, link(**line.rows, kind=UNPRICED) if listed else "")  # type: ignore[arg-type]


def _named(line: Line, words: str, totals: Tally) -> str:
    """A mark's words; behind "other" the names that the provider wrote."""
    return f"{words} ({unknown_names(totals)})" if line.status.name == OTHER else words


def line_link(line: Line, link: Link) -> str:
    return "" if line.rows is None else link(**line.rows)


def status_cell(line: Line, link: Link) -> Cell:
    """The name of a line with its shape, and the way to its rows."""
    return Cell(
        str(line.status.label), line_link(line, link), is_number=False,
        tone=line.status.tone, shape=TONES[line.status.tone].shape,
    )  # fmt: skip
