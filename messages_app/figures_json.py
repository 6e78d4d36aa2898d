"""`/analytics/data.json`: every figure of the page by its public name, unrounded.

Rates are fractions, costs credits, delays seconds, times naive wall times of the provider's zone.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from messages_app.analysis.breakdowns import Breakdown
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery


def answer_json(found: Breakdown, as_of: str, unproven: tuple[str, ...]) -> dict[str, Any]:
    """The whole document for a question whose rows are at hand."""
    start, end = found.query.span
    missing = [[_wall(start), _wall(end)]] if unproven else []
    return {
        "range": {"date_start": _wall(start), "date_end": _wall(end), "zone": str(found.query.zone)},
        "totals": _figures(found.totals),
        "by_country": [{"country": c, **_figures(t)} for c, t in _sorted(found.by_country)],
        "by_status": [
            {"status": s, "count": t.rows, **_costs(t)} for s, t in _sorted(found.by_status)
        ],
        "by_country_status": [
            {"country": c, "status": s, "count": t.rows, **_costs(t)}
            for (c, s), t in sorted(found.by_country_status.items())
        ],
        "series": [
            {"start": _wall(b.start), "end": _wall(b.end), "double": b.is_double,
             "statuses": dict(sorted(b.tally.statuses.items())), **_figures(b.tally)}
            for b in found.series
        ],
        "bucket": found.bucket.name,
        "coverage": {"complete": not unproven, "missing": missing, "as_of": as_of,
                     "reasons": list(unproven)},
    }  # fmt: skip


def nothing_json(query: MessageQuery, as_of: str, reason: str) -> dict[str, Any]:
    """The document where no rows could be read: no figure is claimed."""
    start, end = query.span
    return {
        "range": {"date_start": _wall(start), "date_end": _wall(end), "zone": str(query.zone)},
        "totals": None,
        "by_country": [], "by_status": [], "by_country_status": [], "series": [], "bucket": None,
        "coverage": {"complete": False, "missing": [[_wall(start), _wall(end)]], "as_of": as_of,
                     "reasons": [reason]},
    }  # fmt: skip


def _sorted(found: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    return sorted(found.items())


def _figures(tally: Tally) -> dict[str, Any]:
    return {name: _plain(value) for name, value in tally.totals().items()}


def _costs(tally: Tally) -> dict[str, Any]:
    return {"cost": _plain(tally.cost), "unpriced": tally.unpriced}


def _plain(value: Any) -> Any:
    """A JSON number; a Decimal as the shortest float that reads back as the same decimal."""
    return float(value) if isinstance(value, Decimal) else value


def _wall(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
