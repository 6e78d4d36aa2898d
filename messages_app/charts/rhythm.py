"""When messages are sent and how soon they arrive: hours of the week, times to delivery."""

from collections.abc import Iterator
from typing import Any

from babel.dates import get_day_names
from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.facets import Parts
from messages_app.analysis.metrics import Tally, ratio
from messages_app.analysis.sentence import delay_words
from messages_app.analysis.slots import DAYS, HOURS
from messages_app.analysis.statuses import OUTGOING, UNDATED
from messages_app.charts.marks import (
    Bar,
    Cell,
    Chart,
    Drawing,
    bars,
    compared_note,
    count_cell,
    heads,
    rate_cell,
)
from messages_app.sms.delays import EDGES, span_of
from messages_app.sms.terms import DELIVERED
from messages_app.status_lines import outgoing

BOUNDS = (0, 3, 6, 10, 20, 30, 60, 120, 300, 900, 3600, 6 * 3600, 24 * 3600, 72 * 3600)
"""About where the bars of the histogram begin, in seconds; each at the nearest edge of a bin."""


def slots(drawing: Drawing[Parts[str]]) -> Chart:
    """Outgoing and incoming messages by weekday and hour, as a table whose tint is the picture."""
    by = drawing.now.by
    most = max((tally.rows for tally in by.values()), default=0)
    body = []
    for weekday, day in enumerate(DAYS):
        names = [f"{day}-{hour:02}" for hour in range(HOURS)]
        cells = [_slot_cell(name, most, drawing) for name in names]
        whole = sum(by[name].rows for name in names if name in by)
        body.append([Cell(day_name(weekday), is_number=False), *cells, Cell(shown.number(whole))])
    head = heads("", *(f"{hour:02}" for hour in range(HOURS)), _("All"))
    return Chart(
        "slots", _("Weekday and hour"),
        _("all messages by the hour they bear; the stronger the tint, the more of them"),
        None, head, body, [], notes=compared_note(drawing), is_empty=not most,
    )  # fmt: skip


def day_name(weekday: int) -> str:
    """The name of a weekday in the language in force; 0 is Monday."""
    return str(get_day_names("abbreviated", locale=shown.locale())[weekday]).capitalize()


def _slot_cell(slot: str, most: int, drawing: Drawing[Parts[str]]) -> Cell:
    count = drawing.now.by.get(slot, Tally()).rows
    then = drawing.then
    before = shown.number(then.by.get(slot, Tally()).rows) if then else ""
    if not count:
        return Cell("·", value=0, before=before)
    heat = max(1, round(count / most * 9))
    return Cell(shown.number(count), drawing.link(slot=slot), heat=heat, value=count, before=before)


def delays(drawing: Drawing[Parts[None]]) -> Chart:
    """How soon delivered messages arrived, with median, p90 and p99."""
    totals, link = drawing.now.totals, drawing.link
    then = drawing.then.totals if drawing.then else None
    groups = list(delay_groups())
    whole = sum(totals.delay_bins.values())
    marks = []
    for bins in groups:
        count = _within(totals, bins)
        words = f"{shown.number(count)} ({shown.rate(ratio(count, whole))})"
        href = link(**outgoing(DELIVERED), delay=span_of(bins)) if count else ""
        before = None if then is None else _share_of(then, bins, whole)
        marks.append(
            Bar(delay_words(span_of(bins)), count, words, href, "delivered", before=before)
        )
    body = [
        [
            Cell(mark.label, mark.href, is_number=False),
            count_cell(int(mark.value or 0), mark.href),
            rate_cell(ratio(int(mark.value or 0), whole)),
            *(
                [rate_cell(ratio(_within(then, bins), sum(then.delay_bins.values())))]
                if then
                else []
            ),
        ]
        for mark, bins in zip(marks, groups, strict=True)
    ]
    if totals.delays_left_out:
        href = link(type=OUTGOING, kind=UNDATED)
        body.append(
            [Cell(_("Not known"), href, is_number=False), count_cell(totals.delays_left_out, href),
             Cell(shown.NOTHING), *([Cell(shown.NOTHING)] if then else [])]
        )  # fmt: skip
    head = (_("Time"), _("Messages"), _("Share"), *((_("Share before"),) if then else ()))
    spec = bars("columns", marks, "count", percentiles=_percentiles(totals, groups))
    return Chart(
        "delays", _("Time to delivery"), percentile_words(totals), spec, heads(*head), body, [],
        is_empty=not whole,
    )  # fmt: skip


def _share_of(then: Tally, bins: range, whole: int) -> float | None:
    """What the earlier share would be of as many messages as now."""
    share = ratio(_within(then, bins), sum(then.delay_bins.values()))
    return None if share is None else share * whole


def percentile_words(totals: Tally) -> str:
    """The percentiles in words."""
    return _("half within %(p50)s, 90 %% within %(p90)s, 99 %% within %(p99)s") % {
        f"p{share}": shown.duration(totals.delay(share / 100)) for share in (50, 90, 99)
    }


def delay_groups() -> Iterator[range]:
    """The bins of each bar, in order; every bin is in one of them."""
    edges = [min(EDGES, key=lambda edge: abs(edge - bound)) for bound in BOUNDS]
    starts = [EDGES.index(edge) for edge in edges]
    for start, stop in zip(starts, [*starts[1:], len(EDGES)], strict=True):
        yield range(start, stop)


def _within(totals: Tally, bins: range) -> int:
    return sum(totals.delay_bins[index] for index in bins)


def _percentiles(totals: Tally, groups: list[range]) -> list[dict[str, Any]]:
    """Which bar each percentile lies in, for the lines that mark them."""
    found = []
    for share, label in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99")):
        seconds = totals.delay(share)
        if seconds is not None:
            starts = [EDGES[bins.start] for bins in groups]
            index = max(i for i, start in enumerate(starts) if start <= seconds)
            words = f"{label} {shown.duration(seconds)}"
            found.append({"index": index, "label": words})
    return found
