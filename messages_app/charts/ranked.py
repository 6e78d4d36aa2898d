"""Lists ranked by what they weigh: the largest as bars and rows, the others folded, none forgotten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messages_app.analysis import shown
from messages_app.analysis.facets import Parts
from messages_app.analysis.metrics import Key, Tally
from messages_app.charts.marks import Bar, Cell, Chart, Drawing, Link, Row, bars

TOP = 15
"""Bars of a ranked chart, and rows that stand open below it."""

LISTED = 500
"""Rows that are listed at first."""

MOST = 5000
"""Rows that are listed where somebody asks for all of them."""

Ranked = tuple[Key, Tally]


@dataclass(frozen=True, slots=True)
class Column(Generic[Key]):
    """A column of a ranked list's table: its head and the cell of a part."""

    head: str
    cell: Callable[[Key, Tally, Link], Cell]


@dataclass(frozen=True, slots=True)
class Ranking(Generic[Key]):
    """How a list is ranked and drawn.

    `weight` ranks, and tells how much the rest weighs of `whole`; `measure` is the length of a bar,
    `words` says it, and `part` of it is drawn over it; `rows` narrows a question to a part's rows;
    `change` compares with another range. Parts that `counts` does not hold for are left out; `listed`
    of them stand in the table.
    """

    name: str
    title: str
    sub: str
    unit: str
    label: Callable[[Key], str]
    rows: Callable[[Key], Row]
    columns: tuple[Column[Key], ...]
    weight: Callable[[Tally], int | Decimal]
    whole: int | Decimal
    measure: Callable[[Tally], float | None]
    words: Callable[[Tally], str]
    change: Callable[[Tally, Tally], str]
    counts: Callable[[Key, Tally], bool] = lambda _key, _tally: True
    tone: Callable[[Key], str] = lambda _key: "accent"
    is_faint: Callable[[Tally], bool] = lambda _tally: False
    interval: Callable[[Tally], tuple[float, float] | None] | None = None
    most: float | None = None
    part: Callable[[Tally], float] | None = None
    part_label: str = ""
    part_rows: Callable[[Key], Row] | None = None
    listed: int = LISTED
    notes: tuple[str, ...] = ()


def ranked(kind: Ranking[Key], drawing: Drawing[Parts[Key]]) -> Chart:
    """Draw a ranked list, largest first; equal ones in the order of their keys."""
    parts = rank(drawing.now.by, kind)
    before = drawing.then.by if drawing.then else None
    drawn = [one for one in parts if kind.measure(one[1]) is not None][:TOP]
    more: dict[str, Any] = {} if kind.most is None else {"max": kind.most}
    if kind.interval:
        more["intervals"] = [kind.interval(tally) for _key, tally in drawn]
    marks = [_bar(kind, one, drawing, before) for one in drawn]
    spec = bars("bars", marks, kind.unit, kind.part_label, **more)
    listed = MOST if drawing.lists_all else kind.listed
    body = [_row(kind, one, drawing, before) for one in parts[:listed]]
    return Chart(
        kind.name, kind.title, kind.sub, spec, _heads(kind, before), body[:TOP], body[TOP:],
        rest_words(parts[TOP:], kind), rest_words(parts[listed:], kind), kind.notes,
        is_empty=not parts,
    )  # fmt: skip


def rank(by: Mapping[Key, Tally], kind: Ranking[Key]) -> list[Ranked[Key]]:
    """The parts, heaviest first; `by` comes in the order of its keys."""
    kept = [(key, tally) for key, tally in by.items() if kind.counts(key, tally)]
    return sorted(kept, key=lambda one: -kind.weight(one[1]))


def _bar(
    kind: Ranking[Key],
    one: Ranked[Key],
    drawing: Drawing[Parts[Key]],
    before: Mapping[Key, Tally] | None,
) -> Bar:
    key, tally = one
    earlier = before.get(key) if before else None
    return Bar(
        kind.label(key), kind.measure(tally), kind.words(tally), drawing.link(**kind.rows(key)),
        kind.tone(key), kind.is_faint(tally),
        before=kind.measure(earlier) if earlier else None,
        before_href=drawing.then_link(**kind.rows(key)) if earlier else "",
        part=kind.part(tally) if kind.part else None,
        part_href=drawing.link(**kind.part_rows(key)) if kind.part_rows else "",
    )  # fmt: skip


def _heads(kind: Ranking[Key], before: Mapping[Key, Tally] | None) -> tuple[Cell, ...]:
    found = [Cell(column.head, is_number=bool(at)) for at, column in enumerate(kind.columns)]
    if before is not None:
        found += [Cell(_("Before")), Cell(_("Change"))]
    return tuple(found)


def _row(
    kind: Ranking[Key],
    one: Ranked[Key],
    drawing: Drawing[Parts[Key]],
    before: Mapping[Key, Tally] | None,
) -> list[Cell]:
    key, tally = one
    found = [column.cell(key, tally, drawing.link) for column in kind.columns]
    if before is not None:
        found += _before(kind, one, before.get(key), drawing.then_link)
    return found


def _before(kind: Ranking[Key], one: Ranked[Key], earlier: Tally | None, link: Link) -> list[Cell]:
    """What a part was in the range compared with; a dash where it was none of its parts."""
    if earlier is None:
        return [Cell(shown.NOTHING), Cell(shown.NOTHING)]
    key, tally = one
    href = link(**kind.rows(key)) if earlier.rows else ""
    return [
        Cell(kind.words(earlier), href, value=kind.measure(earlier)),
        Cell(kind.change(tally, earlier)),
    ]


def rest_words(rest: Sequence[Ranked[Key]], kind: Ranking[Key]) -> str:
    """ "and 23 more, 4 % of the whole"; "" where the chart shows everything."""
    if not rest:
        return ""
    weight = float(sum(kind.weight(tally) for _key, tally in rest))
    text = ngettext(
        "and %(n)s more, %(share)s of the whole",
        "and %(n)s more, %(share)s of the whole",
        len(rest),
    )
    share = shown.rate(weight / float(kind.whole) if kind.whole else 0)
    return text % {"n": shown.number(len(rest)), "share": share}
