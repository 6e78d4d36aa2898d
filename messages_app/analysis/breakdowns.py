"""All figures of one question at once: totals, by country, by status, country × status, over time.

A pure function over the rows that the question holds for. It stays as the yardstick for every
faster path.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from messages_app.analysis.metrics import Key, Tally, tally_by
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import Bucket, BucketSize, series
from messages_app.provider import MessageRecord

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The figures of one question. Keys are country codes ("" unknown) and lower-case statuses."""

    query: MessageQuery
    totals: Tally
    by_country: Mapping[str, Tally]
    by_status: Mapping[str, Tally]
    by_country_status: Mapping[Cell, Tally]
    bucket: BucketSize
    series: tuple[Bucket, ...]


def break_down(
    records: Iterable[MessageRecord], query: MessageQuery, bucket: BucketSize
) -> Breakdown:
    """Count the rows of a question every way that its page shows; the parts add up to the totals."""
    records = list(records)
    cells = tally_by(records, query.now, lambda r: (r.country, r.status_name))
    return Breakdown(
        query=query,
        totals=_merged(cells, lambda _: None).get(None, Tally()),
        by_country=_merged(cells, lambda cell: cell[0]),
        by_status=_merged(cells, lambda cell: cell[1]),
        by_country_status=cells,
        bucket=bucket,
        series=series(records, query, bucket),
    )


def _merged(cells: Mapping[Cell, Tally], key: Callable[[Cell], Key]) -> dict[Key, Tally]:
    found: dict[Key, Tally] = {}
    for cell, tally in cells.items():
        found.setdefault(key(cell), Tally()).merge(tally)
    return found
