"""Where a far row of a long list stands in time, by the counts of the rollups.

Only for lists by time whose every condition is a dimension of the rollups. Months, then days, then
hours are passed over by number, so that few rows are left to pass one by one. All times here are
wall seconds, `stop` is the first second beyond.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Self

from django.db.models import Q, Sum

from messages_app.analysis.conditions import in_force, narrowed
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import ROLLED, dimension_of
from messages_app.archive.columns import wall_seconds
from messages_app.archive.rollups import DAYS, DIMENSIONS, HOURS, MONTHS, Grain
from messages_app.models import Message, Rollup


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the range and its rows; `finer` grains can divide it further."""

    start: int
    stop: int
    rows: int
    finer: Sequence[Grain] = ()


@dataclass(frozen=True, slots=True)
class Jumps:
    """Rows of one question by time: `pieces` of its range, oldest first."""

    rows: Q
    rollups: Q
    pieces: Sequence[Piece] = ()

    @classmethod
    def of(cls, query: MessageQuery) -> Self | None:
        """None where the rollups do not know the question."""
        dimension = dimension_of(query)
        if dimension is None:
            return None
        grains = (DIMENSIONS[dimension],) if dimension else (MONTHS, DAYS, HOURS)
        known = (ROLLED[c.name](asked) for c, asked in in_force(query))
        found = cls(narrowed(query), reduce(and_, known, Q() if dimension else Q(value="")))
        first, last = (wall_seconds(wall) for wall in query.span)
        return replace(found, pieces=found._pieces(first, last + 1, grains))

    @property
    def total(self) -> int:
        return sum(piece.rows for piece in self.pieces)

    def passed(self, rows: int, *, descends: bool) -> tuple[Piece, int] | None:
        """The piece that holds the row behind `rows` others, and how many of these are in it.

        As narrow a piece as the rollups have; None past the end.
        """
        for piece in reversed(self.pieces) if descends else self.pieces:
            if rows < piece.rows:
                if not piece.finer:
                    return piece, rows
                finer = self._pieces(piece.start, piece.stop, piece.finer)
                return replace(self, pieces=finer).passed(rows, descends=descends)
            rows -= piece.rows
        return None

    def _pieces(self, start: int, stop: int, grains: Sequence[Grain]) -> list[Piece]:
        if start >= stop:
            return []
        if not grains:
            within = Message.objects.filter(self.rows, date__gte=start, date__lt=stop)
            return [Piece(start, stop, within.count())]
        grain, *finer = grains
        first, last = grain.ceil(start), grain.floor(stop)
        if first >= last:
            return self._pieces(start, stop, finer)
        return [
            *self._pieces(start, first, finer),
            *self._rolled(first, last, grain, finer),
            *self._pieces(last, stop, finer),
        ]

    def _rolled(self, start: int, stop: int, grain: Grain, finer: Sequence[Grain]) -> list[Piece]:
        within = Q(grain=grain.code, bucket__gte=start, bucket__lt=stop)
        found = (
            Rollup.objects.filter(within, self.rollups)
            .values_list("bucket")
            .annotate(counted=Sum("rows"))
            .order_by("bucket")
        )
        buckets = ((wall_seconds(bucket), rows) for bucket, rows in found)
        return [Piece(at, grain.following(at), rows, finer) for at, rows in buckets]
