"""Messages over time: stacked by status, the delivery rate as a line, what is usual behind them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.metrics import Tally, together
from messages_app.analysis.periods import Span
from messages_app.analysis.series import Bucket, BucketSize
from messages_app.analysis.usual import Band
from messages_app.charts.marks import (
    Beside,
    Cell,
    Chart,
    Drawing,
    Link,
    count_cell,
    heads,
    rate_cell,
)
from messages_app.status_lines import LINES, Line, lines_in

SHADES = (100, 68, 42)

SETTLED_SHARE = 0.01
"""A bucket with a larger share of unsettled rows is drawn as still settling."""

ROOM = 1.15
"""How far above the highest bar a band is drawn."""

DAY = 86400

HELD, PARTLY, NOT_HELD = "", "part", "none"
"""Whether a bucket's seconds are all fetched, some of them, or none."""


@dataclass(frozen=True, slots=True)
class Volume:
    """The buckets of a question, what is usual for each, and the ranges that are not fetched."""

    buckets: tuple[Bucket, ...]
    size: BucketSize
    usual: Sequence[Band | None]
    holes: Sequence[Span] = ()

    @property
    def totals(self) -> Tally:
        return together(bucket.tally for bucket in self.buckets)

    def held(self, bucket: Bucket) -> str:
        """HELD, PARTLY or NOT_HELD."""
        touching = [
            hole for hole in self.holes if hole[0] <= bucket.end and bucket.start <= hole[1]
        ]
        if not touching:
            return HELD
        whole = any(start <= bucket.start and bucket.end <= end for start, end in touching)
        return NOT_HELD if whole else PARTLY


@dataclass(frozen=True, slots=True)
class Stack:
    """One layer of a stacked chart: a status, its tone in percent of `shade`, its counts."""

    label: str
    tone: str
    shade: int
    values: list[int | None]
    links: list[str]


def volume(drawing: Drawing[Volume]) -> Chart:
    """Messages over time; a layer opens its rows, the space above it the whole bucket."""
    found, link = drawing.now, drawing.link
    totals = found.totals
    lines = lines_in(totals)
    head = [_("From"), *(line.label for line in lines), _("Delivery rate"), _("Usual")]
    if drawing.then:
        head.append(_("Before"))
    settling = [(bucket.tally.provisional or 0) > SETTLED_SHARE for bucket in found.buckets]
    return Chart(
        name="volume",
        title=_("Messages over time"),
        sub=_("by %s; the line is the delivery rate") % str(found.size.label).lower(),
        spec=_spec(drawing, lines, settling),
        head=heads(*head),
        body=[_row(index, drawing, lines, link) for index in range(len(found.buckets))],
        rest=[],
        notes=tuple(_notes(found, settling)),
        is_empty=not totals.rows and not found.holes,
    )


def _spec(drawing: Drawing[Volume], lines: Sequence[Line], settling: list[bool]) -> dict[str, Any]:
    found, link = drawing.now, drawing.link
    held = [found.held(bucket) for bucket in found.buckets]
    spec: dict[str, Any] = {
        "kind": "stack", "unit": "count",
        "labels": [bucket_label(bucket, found.size) for bucket in found.buckets],
        "links": [_bucket_link(bucket, link) for bucket in found.buckets],
        "stacks": [asdict(_stack(line, found, held, link)) for line in lines],
        "settling": settling, "settlingLabel": _("still settling"),
        "held": held, "partLabel": _("fetched in part"), "noneLabel": _("not fetched yet"),
        "rate": [
            None if state == NOT_HELD else bucket.tally.delivery_rate
            for bucket, state in zip(found.buckets, held, strict=True)
        ],
        "rateLabel": _("Delivery rate"),
    }  # fmt: skip
    before = [one and one.tally.rows for one in drawing.then or ()]
    if before:
        spec |= {"before": before, "beforeLabel": _("range compared with")}
    if any(found.usual):
        counts = [bucket.tally.rows for bucket in found.buckets]
        highest = max([*counts, *(count or 0 for count in before)])
        bands = [_drawn_band(band, highest * ROOM) for band in found.usual]
        spec |= {"usual": bands, "usualLabel": _("usual")}
    return spec


def _drawn_band(band: Band | None, highest: float) -> dict[str, float] | None:
    """A band as far as it is drawn: a campaign of last week must not press all bars flat."""
    if band is None:
        return None
    return {name: min(value, highest) for name, value in asdict(band).items()}


def _stack(line: Line, found: Volume, held: Sequence[str], link: Link) -> Stack:
    # Shades tell statuses of one tone apart in a stack.
    family = [one for one in LINES if one.status.tone == line.status.tone]
    shade = SHADES[family.index(line)]
    counts = [
        None if state == NOT_HELD else line.count(bucket.tally)
        for bucket, state in zip(found.buckets, held, strict=True)
    ]
    links = [
        _bucket_link(bucket, link, **line.rows) if count and line.rows is not None else ""
        for bucket, count in zip(found.buckets, counts, strict=True)
    ]
    return Stack(line.label, line.status.tone, shade, counts, links)


def _row(index: int, drawing: Drawing[Volume], lines: Sequence[Line], link: Link) -> list[Cell]:
    found = drawing.now
    bucket, band = found.buckets[index], found.usual[index]
    label = bucket_label(bucket, found.size)
    state = found.held(bucket)
    if state == NOT_HELD:
        counts = [Cell(shown.NOTHING) for _line in lines]
        label += f" ({_('not fetched yet')})"
    else:
        counts = [_count_cell(bucket, line, link) for line in lines]
        label += f" ({_('fetched in part')})" if state == PARTLY else ""
    cells = [
        Cell(label, _bucket_link(bucket, link), is_number=False),
        *counts,
        rate_cell(None if state == NOT_HELD else bucket.tally.delivery_rate),
        Cell(_band_words(band)),
    ]
    if drawing.then:
        cells.append(_before_cell(drawing.then[index], drawing.then_link))
    return cells


def _count_cell(bucket: Bucket, line: Line, link: Link) -> Cell:
    href = "" if line.rows is None else _bucket_link(bucket, link, **line.rows)
    return count_cell(line.count(bucket.tally), href)


def _before_cell(then: Beside | None, link: Link) -> Cell:
    if then is None:
        return Cell(shown.NOTHING)
    return count_cell(then.tally.rows, link(**then.rows))


def _band_words(band: Band | None) -> str:
    if band is None:
        return shown.NOTHING
    return f"{shown.number(round(band.low))} – {shown.number(round(band.high))}"


def _bucket_link(bucket: Bucket, link: Link, **more: Any) -> str:
    return link(period="custom", date_start=bucket.start, date_end=bucket.end, **more)


def _notes(found: Volume, settling: Sequence[bool]) -> list[str]:
    notes = []
    if any(settling):
        notes.append(_("Hatched: still settling, receipts may yet arrive for up to 72 hours."))
    if any(found.held(bucket) for bucket in found.buckets):
        notes.append(_("Gaps: not fetched yet; pale: fetched in part."))
    if any(found.usual):
        notes.append(
            _("Band: what is usual, 10–90 % of the same weekday and hour over the 4 weeks before.")
        )
    return notes


def bucket_label(bucket: Bucket, size: BucketSize) -> str:
    """A bucket's beginning, as finely as the bucket; the repeated hour says that it is double."""
    start = bucket.start
    if size.seconds >= DAY:
        return shown.day(start.date().toordinal(), with_year=size.seconds > 7 * DAY)
    day = shown.day(start.date().toordinal(), with_year=False)
    double = f" ({_('double hour')})" if bucket.is_double else ""
    return f"{day} {start:%H:%M}{double}"
