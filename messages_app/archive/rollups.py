"""Counts of the archive's rows by hour, day and month, rebuilt from the rows and never incremented.

Plain SQL inside the caller's transaction. Hours, days and months are those of the wall clock. It
counts and judges nothing: what a count means is said in `analysis.metrics`. All times here are wall
seconds.
"""

import json
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from messages_app.archive import points
from messages_app.archive.columns import wall_seconds, wall_time
from messages_app.archive.deriving import derive
from messages_app.models import Message, Rollup
from messages_app.sms.terms import BULK, MT

HOUR, DAY = 3600, 86400
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Grain:
    """One set of rollups: a bucket of time, and what rows are told apart by beside type and state.

    `seconds` is 0 for a month. `source` is the finer set that this one adds up, None for the rows
    themselves: then `value` is the further dimension as SQL over a row, and `condition` which rows it
    is of. `by_country` is False where all countries are counted together, under "". `is_weekly`: a
    month has a bucket for each hour of its first week, which counts that hour of all its weeks.
    `is_timed` is False where no delays are kept.
    """

    code: int
    seconds: int
    source: "Grain | None" = None
    dimension: str = ""
    value: str = "''"
    condition: str = "true"
    by_country: bool = True
    is_weekly: bool = False
    is_timed: bool = True

    def floor(self, second: int) -> int:
        """The first second of the bucket that holds `second`."""
        if self.seconds:
            return second // self.seconds * self.seconds
        return wall_seconds(wall_time(second).replace(day=1, hour=0, minute=0, second=0))

    def ceil(self, second: int) -> int:
        """The first second of the first bucket that begins at `second` or later."""
        start = self.floor(second)
        return start if start == second else self.following(start)

    def following(self, bucket: int) -> int:
        if self.seconds:
            return bucket + self.seconds
        start = wall_time(bucket)
        return bucket + monthrange(start.year, start.month)[1] * DAY


HOURS = Grain(1, HOUR)
DAYS = Grain(2, DAY, HOURS)
MONTHS = Grain(3, 0, DAYS)
DAY_TOTALS = Grain(4, DAY, DAYS, by_country=False)
DIMENSIONS = {
    "details": Grain(5, DAY, None, "details", "status_details"),
    # The sender of an incoming row is a person's number: it stands in no rollup.
    "sender": Grain(6, DAY, None, "sender", "sender", f"type = '{MT}'"),
    "campaign": Grain(7, DAY, None, "campaign", "COALESCE(CAST(campaign_id AS text), '')"),
}
DIMENSION_TOTALS = {
    name: Grain(grain.code + len(DIMENSIONS), DAY, grain, name, by_country=False)
    for name, grain in DIMENSIONS.items()
    if name != "campaign"
}
"""Of campaigns there are none: most are of one country, and nearly as many as there are messages."""

HOUR_TOTALS = Grain(11, HOUR, HOURS, by_country=False)
BULK_DAYS = Grain(
    12, DAY, DIMENSIONS["campaign"], "campaign", by_country=False,
    condition=f"type = '{MT}' AND value IN (SELECT value FROM grain_7 WHERE type = '{MT}'"
    f" AND value <> '' GROUP BY value HAVING SUM(rows) >= {BULK})",
)  # fmt: skip
"""The campaigns of each day, few among the single sends: it tells which ones to look at."""

FROM_ROWS = (
    HOURS,
    DAYS,
    DAY_TOTALS,
    HOUR_TOTALS,
    *DIMENSIONS.values(),
    *DIMENSION_TOTALS.values(),
    BULK_DAYS,
)
"""Those that a day's rows give, each after its source."""

MONTH_TOTALS = Grain(13, 0, DAY_TOTALS, by_country=False)
MONTH_HOURS = Grain(14, 0, HOUR_TOTALS, by_country=False, is_weekly=True, is_timed=False)
DIMENSION_MONTHS = {
    name: Grain(code, 0, DIMENSION_TOTALS[name], name, by_country=False, is_timed=False)
    for name, code in (("details", 15), ("sender", 16))
}

OF_MONTHS = (MONTHS, MONTH_TOTALS, MONTH_HOURS, *DIMENSION_MONTHS.values())
"""Those that a month's finer ones give."""

GRAINS = (*FROM_ROWS, *OF_MONTHS)
"""Every set of rollups. One more is one more line here; workers build it when they start."""

_MESSAGE, _ROLLUP = Message._meta.db_table, Rollup._meta.db_table
_KEY = ("grain", "value", "bucket", "type", "country", "state")
_SUMS = ("rows", "cost", "unpriced", "parts", "opt_outs")
_COLUMNS = ", ".join((*_KEY, *_SUMS, "delays"))

_OBJECT = {"sqlite": "json_group_object", "postgresql": "json_object_agg"}
_EACH = {
    "sqlite": "json_each(finer.delays)",
    "postgresql": "json_each_text(CAST(finer.delays AS json))",
}


_TURNS = 1_838_257
"""Under which PostgreSQL's advisory locks know the months of the rollups."""


def _floored(column: str, seconds: int) -> str:
    # Also before 1970, where SQL rounds towards zero.
    return f"{column} - (({column} %% {seconds}) + {seconds}) %% {seconds}"


def _binned(grain: Grain) -> str:
    """Its cells, apart also by the delay's bin, as a common table."""
    source = f"grain_{grain.source.code}" if grain.source else "day"
    bucket = _floored("bucket", grain.seconds)
    sums = ", ".join(f"SUM({name}) AS {name}" for name in _SUMS)
    return f"""
        grain_{grain.code} AS MATERIALIZED (
            SELECT {grain.code} AS grain, {"value" if grain.source else grain.value} AS value,
                {bucket} AS bucket, type, {"country" if grain.by_country else "''"} AS country,
                state, delay_bin, {sums}
            FROM {source} WHERE {grain.condition} GROUP BY 2, 3, 4, 5, 6, 7
        )
    """


def _of_rows(cursor: CursorWrapper) -> str:
    """The rollups of a day as its rows have them; takes the day's first second and its end."""
    key = ", ".join(_KEY)
    sums = ", ".join(f"SUM({name})" for name in _SUMS)
    bins = f"{_OBJECT[cursor.db.vendor]}(CAST(delay_bin AS text), rows)"
    return f"""
        WITH day AS MATERIALIZED (
            SELECT date AS bucket, type, country, state, delay_bin, status_details, sender,
                campaign_id, 1 AS rows, cost, CASE WHEN cost IS NULL THEN 1 ELSE 0 END AS unpriced,
                parts, CASE WHEN is_opt_out THEN 1 ELSE 0 END AS opt_outs
            FROM {_MESSAGE} WHERE date >= %s AND date < %s
        ), {", ".join(_binned(grain) for grain in FROM_ROWS)},
        binned AS ({" UNION ALL ".join(f"SELECT * FROM grain_{one.code}" for one in FROM_ROWS)})
        SELECT {key}, {sums},
            COALESCE(CAST({bins} FILTER (WHERE delay_bin IS NOT NULL) AS text), '{{}}')
        FROM binned GROUP BY {key}
    """


def _of_month(cursor: CursorWrapper, grain: Grain) -> str:
    """The rollups of a month as its finer ones have them.

    Takes the first second of the month that its buckets are of, then that and its end.
    """
    assert grain.source
    first = "CAST(%s AS bigint)"
    bucket = f"bucket - (bucket - {first}) / {WEEK} * {WEEK}" if grain.is_weekly else first
    key = "value, bucket, type, country, state"
    finer = f"""
        WITH finer AS MATERIALIZED (
            SELECT value, {bucket} AS bucket, type,
                {"country" if grain.by_country else "''"} AS country, state,
                {", ".join(_SUMS)}, delays
            FROM {_ROLLUP} WHERE grain = {grain.source.code}
                {"" if grain.dimension else "AND value = ''"} AND bucket >= %s AND bucket < %s
        )
    """
    sums = ", ".join(f"SUM({name}) AS {name}" for name in _SUMS)
    if not grain.is_timed:
        return f"{finer} SELECT {grain.code}, {key}, {sums}, '{{}}' FROM finer GROUP BY {key}"
    return f"""
        {finer}, bins AS (
            SELECT {", ".join(f"finer.{name}" for name in _KEY[1:])}, bin.key AS bin,
                SUM(CAST(bin.value AS bigint)) AS rows
            FROM finer CROSS JOIN {_EACH[cursor.db.vendor]} AS bin GROUP BY 1, 2, 3, 4, 5, 6
        ), delays AS (
            SELECT {key}, CAST({_OBJECT[cursor.db.vendor]}(bin, rows) AS text) AS delays
            FROM bins GROUP BY {key}
        ), months AS (SELECT {key}, {sums} FROM finer GROUP BY {key})
        SELECT {grain.code}, {key}, {", ".join(_SUMS)}, COALESCE(delays, '{{}}')
        FROM months LEFT JOIN delays USING ({key})
    """


def rebuild(cursor: CursorWrapper, first: int, last: int, others: Iterable[int] = ()) -> None:
    """Rebuild all rollups of the days that hold a second of [`first`, `last`] or one of `others`.

    Part of the caller's transaction: to be called once, after all its writes of rows.
    """
    days = {*_days(cursor, first, last), *(DAYS.floor(second) for second in others)}
    months = {MONTHS.floor(day) for day in days}
    _take_turns(cursor, months)
    for day in sorted(days):
        _rebuild_day(cursor, day)
        points.reached("day rebuilt")
    for month in sorted(months):
        _rebuild_month(cursor, month)
        points.reached("month rebuilt")


def rebuild_all(
    first: int | None = None, last: int | None = None, *, derives: bool = False
) -> Iterator[int]:
    """Rebuild the rollups of all days, or of those that [`first`, `last`] touches; where it `derives`,
    after what their rows' own texts tell.

    One transaction a day and one a month; yields each day once it is done.
    """
    with connection.cursor() as cursor:
        for month, days in groupby(_days(cursor, first, last), MONTHS.floor):
            for day in days:
                with transaction.atomic():
                    _take_turns(cursor, [month])
                    if derives:
                        derive(day, day + DAY)
                    _rebuild_day(cursor, day)
                yield day
            with transaction.atomic():
                _take_turns(cursor, [month])
                _rebuild_month(cursor, month)


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollup that is not what its rows say; `stored` or `expected` is None where there is none.

    `key` is (grain, value, bucket, type, country, state), the others (rows, cost, unpriced, parts,
    opt-outs, delays by bin), the cost as stored. The month's are compared with its finer ones.
    """

    key: tuple[Any, ...]
    stored: tuple[Any, ...] | None
    expected: tuple[Any, ...] | None


def differences(first: int | None = None, last: int | None = None) -> Iterator[Difference]:
    """Every wrong rollup of the days that [`first`, `last`] touches, and of their months.

    What a writer changes between two of its statements shows as a difference too.
    """
    with connection.cursor() as cursor:
        for month, days in groupby(_days(cursor, first, last), MONTHS.floor):
            for day in days:
                cursor.execute(_of_rows(cursor), [day, day + DAY])
                yield from _compared(cursor, FROM_ROWS, day, day + DAY)
            end = MONTHS.following(month)
            for grain in OF_MONTHS:
                cursor.execute(_of_month(cursor, grain), [month, month, end])
                yield from _compared(cursor, (grain,), month, end)


def _compared(
    cursor: CursorWrapper, grains: Iterable[Grain], start: int, end: int
) -> Iterator[Difference]:
    """What of the stored rollups differs from the expected ones that `cursor` has at hand."""
    expected = _cells(cursor)
    codes = ", ".join(str(grain.code) for grain in grains)
    cursor.execute(
        f"SELECT {_COLUMNS} FROM {_ROLLUP} WHERE bucket >= %s AND bucket < %s AND grain IN ({codes})",
        [start, end],
    )
    stored = _cells(cursor)
    for key in sorted(stored.keys() | expected.keys()):
        if stored.get(key) != expected.get(key):
            yield Difference(key, stored.get(key), expected.get(key))


def _cells(cursor: CursorWrapper) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    width = len(_KEY)
    return {row[:width]: (*row[width:-1], json.loads(row[-1])) for row in cursor.fetchall()}


def _rebuild_day(cursor: CursorWrapper, day: int) -> None:
    _delete(cursor, FROM_ROWS, day, day + DAY)
    cursor.execute(f"INSERT INTO {_ROLLUP} ({_COLUMNS}) {_of_rows(cursor)}", [day, day + DAY])


def _rebuild_month(cursor: CursorWrapper, month: int) -> None:
    end = MONTHS.following(month)
    _delete(cursor, OF_MONTHS, month, end)
    for grain in OF_MONTHS:
        found = _of_month(cursor, grain)
        cursor.execute(f"INSERT INTO {_ROLLUP} ({_COLUMNS}) {found}", [month, month, end])


def _delete(cursor: CursorWrapper, grains: Iterable[Grain], start: int, end: int) -> None:
    codes = ", ".join(str(grain.code) for grain in grains)
    cursor.execute(
        f"DELETE FROM {_ROLLUP} WHERE bucket >= %s AND bucket < %s AND grain IN ({codes})",
        [start, end],
    )


def _days(cursor: CursorWrapper, first: int | None, last: int | None) -> Iterator[int]:
    """The days, in order, that [`first`, `last`] touches and that hold rows or rollups.

    Looked up one by one: a range may reach centuries ahead of its last message.
    """
    day = None if first is None else DAYS.floor(first)
    end = None if last is None else DAYS.floor(last) + DAY
    while (day := _next_day(cursor, day, end)) is not None:
        yield day
        day += DAY


def _next_day(cursor: CursorWrapper, start: int | None, end: int | None) -> int | None:
    bounds = {">=": start, "<": end}
    asked = {sign: bound for sign, bound in bounds.items() if bound is not None}
    found = []
    # The hours of a month's week are days of nothing.
    dated = f"grain <> {MONTH_HOURS.code}"
    for table, column, those in ((_MESSAGE, "date", "true"), (_ROLLUP, "bucket", dated)):
        where = " AND ".join((those, *(f"{column} {sign} %s" for sign in asked)))
        cursor.execute(f"SELECT MIN({column}) FROM {table} WHERE {where}", list(asked.values()))
        found += [value for (value,) in cursor.fetchall() if value is not None]
    return DAYS.floor(min(found)) if found else None


def _take_turns(cursor: CursorWrapper, months: Iterable[int]) -> None:
    """Let one transaction at a time rebuild a month: each has to see the days that others wrote.

    SQLite has one writer anyway.
    """
    if cursor.db.vendor == "postgresql":
        for month in sorted(months):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TURNS, month // DAY])
