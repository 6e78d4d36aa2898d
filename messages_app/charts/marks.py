"""What every chart is made of: marks that link to their rows, and the table that says the same.

A chart is a Python dict that `charts.js` draws as it is. No colour is chosen: marks carry a tone's
name. No figure is computed but from tallies.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.changes import points, relative
from messages_app.analysis.metrics import Tally
from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery

T = TypeVar("T")

Link = Callable[..., str]
"""Makes the address of the rows behind a mark, from the conditions that narrow to it."""

Row = dict[str, Any]
"""The conditions that narrow a question to the rows of a mark."""


@dataclass(frozen=True, slots=True)
class Drawing(Generic[T]):
    """What a chart is drawn from: figures, perhaps those of another range, and the way to rows.

    `then` is the same as `now` of the range compared with; for what is drawn over time, a `Beside` for
    each bucket or month, None where that range has none. `lists_all`: somebody asked for a whole list.
    """

    query: MessageQuery
    now: T
    link: Link
    then: Any = None
    then_link: Link = lambda **_wanted: ""
    lists_all: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """The figures of a part of the range compared with, and where that part lies."""

    span: Span
    tally: Tally

    @property
    def rows(self) -> Row:
        start, end = self.span
        return {"period": "custom", "date_start": start, "date_end": end}


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: its text, the address of the rows behind it, and its bare value for copying.

    `before` is what stood there in the range compared with, where the table has no column for it.
    """

    text: str
    href: str = ""
    is_number: bool = True
    heat: int = 0
    tone: str = ""
    shape: str = ""
    value: int | float | Decimal | None = None
    before: str = ""

    @property
    def bare(self) -> str:
        """The value without a language's own marks; "" where the text is all there is."""
        return "" if self.value is None else str(self.value)


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart card: `spec` is drawn (none for a table that is the picture itself), `head` and
    `body` stand below as its table, `rest` folded below that under `rest_words`.

    `unlisted` are those that are too many for that, in words. `notes` say what is left out and what a
    reader has to know.
    """

    name: str
    title: str
    sub: str
    spec: dict[str, Any] | None
    head: tuple[Cell, ...]
    body: list[list[Cell]]
    rest: list[list[Cell]]
    rest_words: str = ""
    unlisted: str = ""
    notes: tuple[str, ...] = ()
    is_empty: bool = False

    @property
    def json(self) -> str:
        return json.dumps(self.spec, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Bar:
    """One mark: label, value, the value in words, its tone, and where a click goes."""

    label: str
    value: float | None
    words: str
    href: str = ""
    tone: str = "accent"
    is_faint: bool = False
    before: float | None = None
    before_href: str = ""
    part: float | None = None
    part_href: str = ""


def heads(*words: str) -> tuple[Cell, ...]:
    """Column heads; the first is of words, the others of numbers."""
    return tuple(Cell(word, is_number=bool(index)) for index, word in enumerate(words))


def bars(
    kind: str, marks: Iterable[Bar], unit: str, part_label: str = "", **more: Any
) -> dict[str, Any]:
    """Bars as `charts.js` draws them: `kind` "bars" lie, "columns" stand.

    `part_label` names the part of each bar that is drawn over it.
    """
    marks = list(marks)
    before = [mark.before for mark in marks]
    found: dict[str, Any] = {
        "kind": kind, "unit": unit,
        "labels": [mark.label for mark in marks], "values": [mark.value for mark in marks],
        "words": [mark.words for mark in marks], "links": [mark.href for mark in marks],
        "tones": [mark.tone for mark in marks], "faint": [mark.is_faint for mark in marks],
    }  # fmt: skip
    if any(value is not None for value in before):
        found |= {
            "before": before, "beforeLabel": _("range compared with"),
            "beforeLinks": [mark.before_href for mark in marks],
        }  # fmt: skip
    if part_label:
        found |= {
            "part": [mark.part for mark in marks], "partLabel": part_label,
            "partLinks": [mark.part_href for mark in marks],
        }  # fmt: skip
    return found | more


def count_cell(count: int, href: str) -> Cell:
    """A number of rows, and the way to them."""
    return Cell(shown.number(count), href if count else "", value=count)


def rate_cell(rate: float | None) -> Cell:
    return Cell(shown.rate(rate), value=rate)


def credits_cell(credits: Decimal | None, places: int = 0, href: str = "") -> Cell:
    return Cell(shown.credits(credits, places), href, value=credits)


def compared_note(drawing: Drawing[Any]) -> tuple[str, ...]:
    """What the small figures of a tinted table are; nothing where nothing is compared."""
    return (_("Small: the range compared with."),) if drawing.then else ()


def change_of_rate(now: Tally, then: Tally) -> str:
    """ "+0.4 points", or nothing known."""
    moved = points(now, then)
    return shown.NOTHING if moved is None else shown.points(moved)


def change_of(now: int | float | Decimal, then: int | float | Decimal) -> str:
    """ "+12 %" of a count or sum; from nothing no share can be told."""
    share = relative(float(now), float(then))
    return shown.NOTHING if share is None else shown.change(share)
