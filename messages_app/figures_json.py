"""`/analytics/data.json`: every figure of the page by its public name, unrounded.

Rates are fractions, costs credits, delays seconds, times naive wall times of the provider's zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from messages_app.analysis.breakdowns import Analysis
from messages_app.analysis.changes import Change
from messages_app.analysis.forecast import Forecast
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.slots import SLOTS
from messages_app.analysis.statuses import NONE
from messages_app.analysis.usual import Band
from messages_app.answers import Answered
from messages_app.around import Compared
from messages_app.charts.marks import Beside
from messages_app.sms.delays import EDGES
from messages_app.status_lines import of_other_types
from messages_app.tiles import KINDS, Against, change


@dataclass(frozen=True, slots=True)
class Around:
    """What stands beside the figures of a question, each None where it is not known or not asked.

    `usual` is a band for each bucket, `other` the analysis of the range compared with, `images` what
    that has where each bucket lies in it. `before` is what tiles are compared with.
    """

    usual: Sequence[Band | None] = ()
    other: Answered[Analysis] | None = None
    images: Sequence[Beside | None] = ()
    before: Against | None = None
    changed: Compared | None = None
    watched: Compared | None = None
    forecast: Forecast | None = None


def answer_json(answer: Answered[Analysis], around: Around | None = None) -> dict[str, Any]:
    """The whole document for a question that was answered, in part or whole."""
    around = around or Around()
    found = answer.value.found
    bands = around.usual or [None] * len(found.series)
    return {
        "range": _range(found.query),
        "totals": _figures(found.totals),
        **_parts(answer.value),
        "series": [
            {"start": _wall(b.start), "end": _wall(b.end), "double": b.is_double,
             "statuses": dict(sorted(b.tally.statuses.items())),
             "usual": None if band is None else asdict(band), **_figures(b.tally)}
            for b, band in zip(found.series, bands, strict=True)
        ],
        "bucket": found.bucket.name,
        "tiles": around.before and _tiles(found.totals, around.before),
        "compare": around.other and _compare(around.other, around.images),
        "changes": around.changed and _changes(around.changed),
        "worth_a_look": around.watched and _changes(around.watched),
        "forecast": around.forecast and _forecast(around.forecast),
        "coverage": {
            "complete": answer.is_whole, "missing": _missing(answer), "source": answer.source,
            "as_of": answer.as_of.isoformat(timespec="seconds"),
            "reasons": [_(reason) for reason in answer.unproven],
        },
    }  # fmt: skip


def _parts(analysis: Analysis) -> dict[str, Any]:
    """The figures by each of the ways in which they are told apart."""
    found, by = analysis.found, analysis.by
    return {
        "by_country": [{"country": c, **_figures(t)} for c, t in _sorted(found.by_country)],
        "by_status": [
            {"status": s, "count": t.rows, **_costs(t)} for s, t in _sorted(found.by_status)
        ],
        "by_country_status": [
            {"country": c, "status": s, "count": t.rows, **_costs(t)}
            for (c, s), t in sorted(found.by_country_status.items())
        ],
        "by_reason": [
            {"status": s, "details": _bare(d), "count": t.rows, **_costs(t)}
            for (s, d), t in by["reason"].items()
        ],
        "by_sender": [{"sender": _bare(s), **_figures(t)} for s, t in by["sender"].items()],
        "by_campaign": [{"campaign": int(c), **_figures(t)} for c, t in by["campaign"].items()],
        "by_hour_of_week": [
            {"hour": slot, "count": by["hour_of_week"][slot].rows}
            for slot in SLOTS
            if slot in by["hour_of_week"]
        ],
        "by_month": [{"month": f"{m:%Y-%m}", **_figures(t)} for m, t in by["month"].items()],
        "delays": [
            {"from": EDGES[index], "below": EDGES[index + 1] if index + 1 < len(EDGES) else None,
             "count": rows}
            for index, rows in sorted(found.totals.delay_bins.items())
        ],
    }  # fmt: skip


def _tiles(now: Tally, before: Against) -> dict[str, Any]:
    return {
        "range": _range(before.query),
        "totals": _figures(before.tally),
        "changes": {kind.name: change(kind, now, before.tally) for kind in KINDS},
    }


def _compare(other: Answered[Analysis], images: Sequence[Beside | None]) -> dict[str, Any]:
    return {
        "range": _range(other.value.found.query),
        "complete": other.is_whole,
        "totals": _figures(other.value.found.totals),
        **_parts(other.value),
        "series": [image and _image(image) for image in images],
    }


def _image(image: Beside) -> dict[str, Any]:
    start, end = image.span
    return {"start": _wall(start), "end": _wall(end), **_figures(image.tally)}


def _changes(found: Compared) -> dict[str, Any]:
    return {
        "range": _range(found.query),
        "looked_at": found.looked_at,
        "changes": [_change(change) for change in found.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    pair = change.pair
    return {
        "country": _bare(pair.key), "points": change.points * 100,
        "p": change.p, "delivery_rate": pair.now.delivery_rate, "attempted": pair.now.attempted,
        "delivery_rate_before": pair.then.delivery_rate, "attempted_before": pair.then.attempted,
    }  # fmt: skip


def _forecast(found: Forecast) -> dict[str, Any]:
    return {
        "month": f"{found.month:%Y-%m}", "cost_so_far": _plain(found.so_far),
        "cost_expected": _plain(found.expected), "whole_days": found.days, "days": found.of,
    }  # fmt: skip


def _range(query: MessageQuery) -> dict[str, str]:
    start, end = query.span
    return {"date_start": _wall(start), "date_end": _wall(end), "zone": str(query.zone)}


def _bare(name: str) -> str:
    return "" if name == NONE else name


def _missing(answer: Answered[Analysis]) -> list[list[str]]:
    """Ranges whose rows are not, or not for certain, in the figures."""
    if answer.unproven:
        return [[_wall(second) for second in answer.query.span]]
    return [[_wall(gap.start), _wall(gap.end)] for gap in answer.gaps]


def nothing_json(query: MessageQuery, as_of: str, reason: str) -> dict[str, Any]:
    """The document where no rows could be read: no figure is claimed."""
    start, end = query.span
    names = (
        "by_country", "by_status", "by_country_status", "by_reason", "by_sender", "by_campaign",
        "by_hour_of_week", "by_month", "delays", "series",
    )  # fmt: skip
    return {
        "range": _range(query),
        "totals": None,
        **{name: [] for name in names},
        **dict.fromkeys(("bucket", "tiles", "compare", "changes", "worth_a_look", "forecast")),
        "coverage": {"complete": False, "missing": [[_wall(start), _wall(end)]], "source": None,
                     "as_of": as_of, "reasons": [reason]},
    }  # fmt: skip


def _sorted(found: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    return sorted(found.items())


def _figures(tally: Tally) -> dict[str, Any]:
    figures = {
        **tally.totals(), "other_types": of_other_types(tally), "money": tally.money,
        "wasted_money": tally.wasted_money, "interval": tally.interval and list(tally.interval),
    }  # fmt: skip
    return {name: _plain(value) for name, value in figures.items()}


def _costs(tally: Tally) -> dict[str, Any]:
    return {"cost": _plain(tally.cost), "unpriced": tally.unpriced}


def _plain(value: Any) -> Any:
    """A JSON number; a Decimal as the shortest float that reads back as the same decimal."""
    return float(value) if isinstance(value, Decimal) else value


def _wall(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
