"""All figures of one question at once: totals, by country, by status, country × status, over time.

Built from cells, wherever they come from; `break_down` counts the rows themselves and stays as the
yardstick for every faster path.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messages_app.analysis.facets import FACETS, parts_of
from messages_app.analysis.metrics import Cell, Key, Tally, cells, tally_by
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import Bucket, BucketSize, series
from messages_app.provider import MessageRecord

Pair = tuple[str, str]
"""Country and status."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The figures of one question. Keys are country codes ("" unknown) and lower-case statuses."""

    query: MessageQuery
    totals: Tally
    by_country: Mapping[str, Tally]
    by_status: Mapping[str, Tally]
    by_country_status: Mapping[Pair, Tally]
    bucket: BucketSize
    series: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All figures of one question: its breakdown, and its parts by each of FACETS."""

    found: Breakdown
    by: Mapping[str, Mapping[Any, Tally]]


def analyse(records: Iterable[MessageRecord], query: MessageQuery, bucket: BucketSize) -> Analysis:
    """Everything of a question from its rows: the yardstick of every other way."""
    rows = list(records)
    by = {name: parts_of(rows, query, facet) for name, facet in FACETS.items()}
    return Analysis(break_down(rows, query, bucket), by)


def break_down(
    records: Iterable[MessageRecord], query: MessageQuery, bucket: BucketSize
) -> Breakdown:
    """Count the rows of a question every way that its page shows; the parts add up to the totals."""
    found = list(cells(records, query.now, query.prices, mask=query.mask))
    latest = max((cell.at for cell in found), default=None)
    return assembled(found, found, latest, query, bucket)


def assembled(
    by_country: Iterable[Cell],
    over_time: Iterable[Cell],
    latest: datetime | None,
    query: MessageQuery,
    bucket: BucketSize,
) -> Breakdown:
    """Add up cells of the same rows: those apart by country, and those apart by bucket of time.

    `latest` is the last row's second, None where there is no row later than the question's `now`.
    """
    pairs = tally_by(by_country, lambda cell: (cell.country, cell.state))
    return Breakdown(
        query=query,
        totals=_merged(pairs, lambda _: None).get(None, Tally()),
        by_country=_merged(pairs, lambda pair: pair[0]),
        by_status=_merged(pairs, lambda pair: pair[1]),
        by_country_status=dict(sorted(pairs.items())),
        bucket=bucket,
        series=series(over_time, latest, query, bucket),
    )


def _merged(pairs: Mapping[Pair, Tally], key: Callable[[Pair], Key]) -> dict[Key, Tally]:
    found: dict[Key, Tally] = {}
    for pair in sorted(pairs):
        found.setdefault(key(pair), Tally()).merge(pairs[pair])
    return found
