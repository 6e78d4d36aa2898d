"""Figures of the archive: counted from rollups where they hold the question, else from its rows.

    question ─▶ grains that can answer it ─▶ pieces of its range ─▶ cells ─▶ breakdowns

Gives exactly what the pure functions give over all rows of the question. Whether the archive covers
the question is for others to say.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from itertools import chain, pairwise
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    Expression,
    ExpressionWrapper,
    F,
    Max,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
)
from django.db.models.expressions import CombinedExpression, RawSQL
from django.db.models.functions import Cast, Coalesce

from messages_app.analysis.breakdowns import Breakdown, assembled
from messages_app.analysis.conditions import OTHER, any_of, in_force, is_prefix, narrowed
from messages_app.analysis.facets import Facet, asked_by, parts
from messages_app.analysis.metrics import Cell, Key, Tally, seen_state, total, youth
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import Bucket, BucketSize, series
from messages_app.analysis.statuses import MT_STATUSES, OUTGOING, TYPE_OF_DIRECTION
from messages_app.archive.columns import WallTimeColumn, credits_of, wall_seconds, wall_time
from messages_app.archive.rollups import (
    BULK_DAYS,
    DAY,
    DAY_TOTALS,
    DAYS,
    DIMENSION_MONTHS,
    DIMENSION_TOTALS,
    DIMENSIONS,
    HOUR,
    HOUR_TOTALS,
    HOURS,
    MONTH_HOURS,
    MONTH_TOTALS,
    MONTHS,
    WEEK,
    Grain,
)
from messages_app.models import Message, Rollup
from messages_app.sms.terms import BULK, MT, WITHDRAWN


def _states(query: MessageQuery) -> Q:
    found = Q(state__in=query.statuses)
    if OTHER in query.statuses:
        found |= Q(type=MT) & ~Q(state__in=[*MT_STATUSES, WITHDRAWN])
    return found


ROLLED: dict[str, Callable[[MessageQuery], Q]] = {
    "type": lambda q: Q(type=TYPE_OF_DIRECTION[q.type]),
    "country": lambda q: any_of("country", q.countries),
    "status": _states,
    "details": lambda q: any_of("value", q.details),
    "sender": lambda q: any_of("value", [q.sender]),
    "campaign": lambda q: any_of("value", [q.campaign]),
}
"""Conditions that rollups can answer, as clauses over `models.Rollup`."""

BASE = frozenset({"type", "country", "status"})
"""Those that every grain can; each other one is the dimension of a grain."""

VALUES: dict[str, Expression | F] = {
    "": Value(""),
    "details": F("status_details"),
    "sender": F("sender"),
    "campaign": Coalesce(Cast("campaign_id", TextField()), Value(""), output_field=TextField()),
}
"""The further dimension of a row, as `Rollup.value` has it."""

Piece = tuple[Grain | None, int, int]
"""Where a part of the range is counted (None: its rows), its first second, the first one beyond."""

MONDAY = 4 * DAY
"""1970-01-05 was one."""


def break_down_archived(query: MessageQuery, bucket: BucketSize) -> Breakdown:
    """All figures of a question; equal to `breakdowns.break_down` over its rows."""
    by_country = _Source(query, by_country=True).cells()
    over_time = _Source(query, width=bucket.seconds)
    return assembled(by_country, over_time.cells(), over_time.latest(), query, bucket)


def figures_archived(query: MessageQuery, *, timed: bool = True) -> Tally:
    """The totals alone; equal to `metrics.tally` over the question's rows.

    Without times to delivery where they are not `timed`, which is faster; so are the others.
    """
    return total(_Source(query, is_timed=timed).cells())


def series_archived(
    query: MessageQuery, bucket: BucketSize, *, timed: bool = True
) -> tuple[Bucket, ...]:
    """The figures over time alone."""
    over_time = _Source(query, width=bucket.seconds, is_timed=timed)
    return series(over_time.cells(), over_time.latest(), query, bucket)


def parts_archived(
    query: MessageQuery, facet: Facet[Key], *, timed: bool = True
) -> Mapping[Key, Tally]:
    """The figures by a facet; equal to `facets.parts_of` over the question's rows."""
    asked = asked_by(query, facet)
    if asked is None:
        return {}
    only = _large(asked) if facet.is_bulk else None
    source = _Source(
        asked, facet.value, facet.width, facet.is_weekly, facet.by_country, timed, only
    )
    return parts(source.cells(), asked, facet)


def _large(query: MessageQuery) -> list[str]:
    """The campaigns with BULK outgoing rows of the question on a day, as `facets.bulk` has them."""
    source = _Source(query, "campaign", DAY)
    if source.grains() and not names_countries(query):
        # They are all that this has, or hardly any others.
        return source.large([BULK_DAYS])
    first, last = (DAYS.floor(wall_seconds(wall)) for wall in query.span)
    # What is large within a question is so as a whole: single sends are a hundred times as many.
    known = Rollup.objects.filter(grain=BULK_DAYS.code, bucket__gte=first, bucket__lte=last)
    only = list(known.values_list("value", flat=True).distinct())
    return replace(source, only=only).large(source.grains())


def dimension_of(query: MessageQuery) -> str | None:
    """Rollup or rows? The further dimension whose rollups hold the question, "" if the base does.

    None: only the rows can tell.
    """
    used = {condition.name for condition, _asked in in_force(query)}
    further = used - BASE
    if not further:
        return ""
    name = further.pop()
    if further or name not in ROLLED:
        return None
    if name == "sender" and not _is_whole_sender(query):
        return None
    return name


def _is_whole_sender(query: MessageQuery) -> bool:
    """Rollups have the senders of outgoing messages, each under its whole name."""
    types = {asked.type for asked in query.layers}
    return OUTGOING in types and not any(is_prefix(asked.sender) for asked in query.layers)


def _width(grain: Grain) -> int:
    return grain.seconds or 30 * DAY


def pieces_of(start: int, end: int, grains: Sequence[Grain]) -> Iterator[Piece]:
    """The seconds from `start` up to `end` in whole buckets, as coarse as can be, and their rest."""
    if start >= end:
        return
    if not grains:
        yield None, start, end
        return
    coarse, *finer = grains
    first, last = coarse.ceil(start), coarse.floor(end)
    if first < last:
        yield from pieces_of(start, first, finer)
        yield coarse, first, last
        yield from pieces_of(last, end, finer)
    else:
        yield from pieces_of(start, end, finer)


def names_countries(query: MessageQuery) -> bool:
    """Whether rows of some countries alone are asked for: totals of all of them do not help."""
    return any(asked.countries for asked in query.layers)


def grains_of(dimension: str, *, alone: bool) -> Sequence[Grain]:
    """The grains of a further dimension, "" for none, coarse to fine; `alone`: no country tells apart."""
    if not dimension:
        if not alone:
            return (MONTHS, DAYS, HOURS)
        return (MONTH_HOURS, MONTH_TOTALS, DAY_TOTALS, HOUR_TOTALS)
    days = DIMENSION_TOTALS.get(dimension) if alone else None
    if days is None:
        return (DIMENSIONS[dimension],)
    return (DIMENSION_MONTHS[dimension], days)


def within(piece: Piece) -> Q:
    """The rollups of a piece that is counted by them, as a clause."""
    grain, start, end = piece
    assert grain
    found = Q(grain=grain.code, bucket__gte=start, bucket__lt=end)
    return found if grain.dimension else found & Q(value="")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the cells of one question come from.

    `value` is the dimension that tells its cells apart, `width` the widest bucket of time that does
    (0: any is right), and the country where it is `by_country`. `is_weekly`: hours of the week do, in
    whichever week. Where it is not `is_timed` no times to delivery are asked for. `only` are the values
    that matter, None for all.
    """

    query: MessageQuery
    value: str = ""
    width: int = 0
    is_weekly: bool = False
    by_country: bool = False
    is_timed: bool = True
    only: Sequence[str] | None = None

    def cells(self) -> Iterator[Cell]:
        """Every row of the question in exactly one cell, all of whose rows are judged alike."""
        grains = self.grains()
        rows, rollups = self._rows(), self._rollups()
        for start, stop, *judged in self._eras():
            pieces = list(pieces_of(start, stop, grains))
            counted = chain(
                self._rolled(rollups, [one for one in pieces if one[0]]),
                *(self._counted(rows, *span) for grain, *span in pieces if not grain),
            )
            yield from (self._seen(Cell._make((*values, *judged))) for values in counted)

    def _seen(self, cell: Cell) -> Cell:
        state = seen_state(cell.state, self.query.mask)
        return cell if state == cell.state else cell._replace(state=state)

    def grains(self) -> Sequence[Grain]:
        """What can answer the question, coarse to fine; nothing: only its rows."""
        dimension = dimension_of(self.query)
        if dimension is None or (self.value and dimension not in ("", self.value)):
            return ()
        alone = not (self.by_country or names_countries(self.query))
        found = grains_of(self.value or dimension, alone=alone)
        return [grain for grain in found if self._fits(grain)]

    def _fits(self, grain: Grain) -> bool:
        if self.is_timed and not grain.is_timed:
            return False
        if grain.is_weekly or self.is_weekly:
            return self.is_weekly and (grain.is_weekly or grain.seconds == HOUR)
        return not self.width or _width(grain) <= self.width

    def _eras(self) -> Iterator[tuple[int, int, bool, Decimal | None]]:
        """The range in parts that are young as a whole or not at all, and of one price."""
        first, last = (wall_seconds(wall) for wall in self.query.span)
        prices, young = self.query.prices, wall_seconds(youth(self.query.now))
        edges = (young, *map(wall_seconds, prices.changes))
        inside = sorted({first, last + 1, *(edge for edge in edges if first < edge <= last)})
        for start, stop in pairwise(inside):
            yield start, stop, start >= young, prices.at(wall_time(start))

    def large(self, grains: Sequence[Grain]) -> list[str]:
        """Campaigns with BULK outgoing rows on a day, by these grains of days; without any, by the rows.

        Asked for by themselves: days tell them, of which a year's campaigns have many more than states.
        """
        start, end = (wall_seconds(wall) for wall in self.query.span)
        rows, rollups = self._rows(), self._rollups()
        found: set[str] = set()
        # No day is in two pieces.
        for piece in pieces_of(start, end + 1, grains):
            sent = _sent_of(rollups, piece) if piece[0] else _sent_from(rows, piece)
            found.update(str(value) for value, *_day in _fetched(sent.filter(sent__gte=BULK)))
        return sorted(found)

    def _rows(self) -> Q:
        found = narrowed(self.query)
        if self.only is not None:
            found &= _among("campaign_id", [int(value) for value in self.only])
        return found

    def _rollups(self) -> Q:
        """The question but for its range as a clause over `models.Rollup`, as far as they know it."""
        found = Q()
        if self.only is not None:
            found = _among("value", self.only)
        for condition, asked in in_force(self.query):
            clause = ROLLED.get(condition.name)
            if clause:
                found &= clause(asked)
        return found

    def _rolled(self, clause: Q, pieces: Sequence[Piece]) -> Iterator[tuple[Any, ...]]:
        """The cells of pieces that are judged alike."""
        if not pieces:
            return
        found = (
            Rollup.objects.filter(reduce(or_, map(within, pieces)), clause)
            .annotate(at=self._at("bucket"), apart=self._apart(), land=self._land())
            .values_list("at", "type", "land", "state", "apart")
            .annotate(
                counted=Sum("rows"),
                spent=Sum("cost"),
                free=Sum("unpriced"),
                opted_out=Sum("opt_outs"),
            )
        )
        waited = _Joined("delays", filter=~Q(delays="{}")) if self.is_timed else Value("")
        for at, *key, rows, cost, unpriced, opt_outs, delays in _fetched(
            found.annotate(waited=waited)
        ):
            credits = None if cost is None else credits_of(int(cost))
            bins = _bins(delays) if self.is_timed else None
            yield wall_time(at), *key, int(rows), credits, int(unpriced), int(opt_outs), bins

    def _counted(self, clause: Q, start: int, end: int) -> Iterator[tuple[Any, ...]]:
        """The same from the rows, apart also by the bin of their delay."""
        key = ("at", "type", "land", "state", "apart", *(["delay_bin"] if self.is_timed else []))
        found = (
            Message.objects.filter(clause, date__gte=start, date__lt=end)
            .annotate(at=self._at("date"), apart=VALUES[self.value], land=self._land())
            .values_list(*key)
            .annotate(
                counted=Count("key"),
                spent=Sum("cost"),
                priced=Count("cost"),
                opted_out=Count("key", filter=Q(is_opt_out=True)),
            )
        )
        for *values, rows, cost, priced, opt_outs in found.iterator():
            delays = None
            if self.is_timed:
                delay = values.pop()
                delays = {} if delay is None else {delay: rows}
            yield *values, rows, cost, rows - priced, opt_outs, delays

    def _at(self, column: str) -> Expression:
        """A second that stands for the bucket of time that holds a row or rollup."""
        if self.is_weekly:
            return _wall(_rest(_floored(column, HOUR), WEEK, MONDAY) + MONDAY)
        if not self.width:
            return Value(self.query.span[0], output_field=WallTimeColumn())
        if self.width == WEEK:
            return _wall(F(column) - _rest(F(column), WEEK, MONDAY))
        return _wall(_floored(column, min(self.width, DAY)))

    def _apart(self) -> Expression | F:
        return F("value") if self.value else Value("")

    def _land(self) -> Expression | F:
        return F("country") if self.by_country else Value("")

    def latest(self) -> datetime | None:
        """The last row's second, where that is in the future."""
        start, end = self.query.span
        now = max(start, self.query.now.replace(tzinfo=None))
        if end <= now:
            return None
        future = Message.objects.filter(narrowed(self.query), date__gt=now, date__lte=end)
        found: datetime | None = future.aggregate(latest=Max("date"))["latest"]
        return found


def _sent_of(clause: Q, piece: Piece) -> QuerySet[Any, Any]:
    """Outgoing rows of each campaign on each day, from rollups."""
    found = Rollup.objects.filter(within(piece), clause, type=MT).exclude(value="")
    return found.values_list("value", "bucket").annotate(sent=Sum("rows"))


def _sent_from(clause: Q, piece: Piece) -> QuerySet[Any, Any]:
    """The same from the rows."""
    _grain, start, end = piece
    found = Message.objects.filter(clause, type=MT, date__gte=start, date__lt=end)
    by_day = found.exclude(campaign_id=None).annotate(day=_floored("date", DAY))
    return by_day.values_list("campaign_id", "day").annotate(sent=Count("key"))


def _among(column: str, values: Sequence[str] | Sequence[int]) -> Q:
    """Hundreds of values as one parameter: each on its own takes longer to write down than to seek."""
    if not values:
        return any_of(column, ())
    unfolded = {
        "sqlite": "value FROM json_each(%s)",
        "postgresql": f"CAST(value AS {'bigint' if isinstance(values[0], int) else 'text'})"
        " FROM jsonb_array_elements_text(CAST(%s AS jsonb))",
    }
    listed = RawSQL(f"SELECT {unfolded[connection.vendor]}", (json.dumps(values),))  # noqa: S611
    return Q((f"{column}__in", listed))


def _fetched(found: QuerySet[Any, Any]) -> Sequence[tuple[Any, ...]]:
    """The rows as the database has them: to convert each value takes longer than to find it."""
    try:
        statement, values = found.query.sql_with_params()
    except EmptyResultSet:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


class _Joined(Aggregate):
    """Texts joined by commas; null where there are none."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ',')"
    output_field = TextField()

    def as_sqlite(self, *args: Any, **options: Any) -> Any:
        return super().as_sql(*args, function="GROUP_CONCAT", **options)


def _bins(joined: str | None) -> Mapping[int, int]:
    if joined is None:
        return {}
    found: Counter[str] = Counter()
    for delays in json.loads(f"[{joined}]"):
        for index, rows in delays.items():
            found[index] += rows
    return {int(index): rows for index, rows in found.items()}


def _rest(column: Expression | F, seconds: int, first: int = 0) -> CombinedExpression:
    """The seconds since a multiple of `seconds` after `first`."""
    # Also before 1970, where SQL rounds towards zero.
    return ((column - first) % seconds + seconds) % seconds


def _floored(column: str, seconds: int) -> CombinedExpression:
    return F(column) - _rest(F(column), seconds)


def _wall(expression: CombinedExpression) -> Expression:
    return ExpressionWrapper(expression, output_field=WallTimeColumn())
