"""Where a far row of a long list stands, by the counts of the rollups.

Only for lists by time, or by country and then time, whose every condition is a dimension of the rollups.
Countries, months, then days, then hours are passed over by number, so that few rows are left to pass one
by one. All times here are wall seconds, `stop` is the first second beyond.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import Any, Self

from django.db.models import Count, Q, QuerySet, Sum

from messages_app.analysis.archived_order import Order, Place
from messages_app.analysis.conditions import in_force, narrowed
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import (
    ROLLED,
    dimension_of,
    grains_of,
    names_countries,
    pieces_of,
    within,
)
from messages_app.archive.columns import wall_seconds, wall_time
from messages_app.archive.rollups import Grain
from messages_app.models import Message, Rollup

ORDERS = ("", "country")
"""The columns of the orders that can be told: a country is one value in rows and rollups."""

NO_KEY, ANY_KEY = -1, 2**63 - 1
"""Before and behind every row's key."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the range and its rows; `finer` grains can divide it further."""

    start: int
    stop: int
    rows: int
    finer: Sequence[Grain] = ()

    def edge(self, order: Order) -> Place:
        """Where it begins in an order by time. The place's date is one of its own, since a list knows the
        bounds of its range by that."""
        if order.descends:
            return Place((self.stop, NO_KEY), wall_time(self.stop - 1))
        return Place((self.start - 1, ANY_KEY), wall_time(self.start))


@dataclass(frozen=True, slots=True)
class Jumps:
    """Rows of one question by time: `pieces` of its range, oldest first. `grains` are coarse to fine."""

    rows: Q
    rollups: Q
    span: tuple[int, int]
    grains: Sequence[Grain]
    pieces: Sequence[Piece] = ()

    @classmethod
    def of(cls, query: MessageQuery, *, by_country: bool = False) -> Self | None:
        """None where the rollups do not know the question. `by_country`: for a list in that order."""
        dimension = dimension_of(query)
        if dimension is None:
            return None
        alone = not (by_country or names_countries(query))
        grains = [grain for grain in grains_of(dimension, alone=alone) if not grain.is_weekly]
        known = (ROLLED[c.name](asked) for c, asked in in_force(query))
        clause = reduce(and_, known, Q())
        first, last = (wall_seconds(wall) for wall in query.span)
        return cls(narrowed(query), clause, (first, last + 1), grains).counted()

    def counted(self) -> Self:
        return replace(self, pieces=self._pieces(*self.span, self.grains))

    @property
    def total(self) -> int:
        return sum(piece.rows for piece in self.pieces)

    def place(self, rows: int, order: Order) -> tuple[Place, int] | None:
        """A place of the order, which has to be one of ORDERS, and how many rows are to be passed from
        there so that `rows` lie behind; None past the end."""
        if order.column:
            return self._in_country(rows, order)
        found = self.passed(rows, descends=order.descends)
        if found is None:
            return None
        piece, rest = found
        return piece.edge(order), rest

    def _in_country(self, rows: int, order: Order) -> tuple[Place, int] | None:
        for country, counted in sorted(self._countries().items(), reverse=order.descends):
            if rows < counted:
                one = Q(country=country)
                inside = replace(self, rows=self.rows & one, rollups=self.rollups & one).counted()
                found = inside.place(rows, replace(order, column=""))
                return found and (replace(found[0], values=(country, *found[0].values)), found[1])
            rows -= counted
        return None

    def _countries(self) -> Counter[str]:
        """Rows by country."""
        found = Counter[str]()
        for piece in pieces_of(*self.span, self.grains):
            grain, start, stop = piece
            inside: QuerySet[Any] = (
                Rollup.objects.filter(within(piece), self.rollups)
                if grain
                else Message.objects.filter(self.rows, date__gte=start, date__lt=stop)
            )
            counted = Sum("rows") if grain else Count("key")
            found.update(dict(inside.values_list("country").annotate(counted=counted)))
        return found

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
        found: list[Piece] = []
        for grain, first, last in pieces_of(start, stop, grains):
            if grain:
                finer = grains[grains.index(grain) + 1 :]
                found.extend(self._rolled(first, last, grain, finer))
            else:
                rows = Message.objects.filter(self.rows, date__gte=first, date__lt=last)
                found.append(Piece(first, last, rows.count()))
        return found

    def _rolled(self, start: int, stop: int, grain: Grain, finer: Sequence[Grain]) -> list[Piece]:
        found = (
            Rollup.objects.filter(within((grain, start, stop)), self.rollups)
            .values_list("bucket")
            .annotate(counted=Sum("rows"))
            .order_by("bucket")
        )
        buckets = ((wall_seconds(bucket), rows) for bucket, rows in found)
        return [Piece(at, grain.following(at), rows, finer) for at, rows in buckets]
