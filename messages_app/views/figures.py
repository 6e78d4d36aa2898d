"""The figures of a question as tiles: name, value, formula with its numbers, link to the rows."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.changes import LEVEL, chance
from messages_app.analysis.comparing import BEFORE
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words
from messages_app.answers import Answered, is_held, tallied
from messages_app.tiles import KINDS, Against, Kind, change
from messages_app.views.asking import attempt
from messages_app.views.comparing import Aside
from messages_app.views.narrowing import rows_url
from messages_app.views.provenance import provenance
from messages_app.views.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Figure:
    """One tile. `definition` says what is counted, `formula` shows it with the figures put in.

    `note_in_full` is the whole sentence where the note beside the value is short for one. `change` is
    against another range, `change_in_full` says which; `is_telling`: more than chance explains.
    """

    name: str
    label: str
    value: str
    note: str
    definition: str
    formula: str
    href: str = ""
    tone: str = ""
    note_in_full: str = ""
    change: str = ""
    change_in_full: str = ""
    is_telling: bool = False


STRIP = ("outgoing", "delivery_rate", "failed", "no_receipt", "cost", "delay_p50")
"""The figures above the table."""


def against(query: MessageQuery, beside: Aside) -> Against | None:
    """What tiles are compared with: the range asked for, else the one just before.

    None where it is not all at hand: nobody should wait for it.
    """
    other = beside.other(query, by_default=BEFORE)
    if other is None or not is_held(other):
        return None
    found = attempt(tallied, other, "")
    if isinstance(found, Trouble) or not found.is_whole:
        return None
    return Against(found.value, other)


def figures(
    found: Tally,
    query: MessageQuery,
    names: tuple[str, ...] | None = None,
    against: Against | None = None,
) -> list[Figure]:
    """The tiles called `names`, or all of them."""
    return [
        _figure(kind, found, query, against)
        for kind in KINDS
        if (names is None or kind.name in names) and kind.occurs(found)
    ]


def _figure(kind: Kind, found: Tally, query: MessageQuery, against: Against | None) -> Figure:
    rows = kind.rows(found)
    moved = _change(kind, found, against.tally) if against else ""
    return Figure(
        name=kind.name,
        label=str(kind.label),
        value=kind.value(found),
        note=kind.note(found),
        note_in_full=kind.note_in_full(found),
        definition=str(kind.definition),
        formula=kind.formula(found),
        href="" if rows is None else rows_url(query, **rows),
        tone=kind.tone,
        change=moved,
        change_in_full=_change_in_full(kind, against) if against and moved else "",
        is_telling=bool(against and moved) and _is_telling(kind, found, against),
    )


def _change(kind: Kind, now: Tally, then: Tally) -> str:
    found = change(kind, now, then)
    if found is None:
        return ""
    return shown.points(found) if kind.is_rate else shown.change(found)


def _change_in_full(kind: Kind, against: Against) -> str:
    return _("%(value)s in the range compared with: %(range)s") % {
        "value": kind.value(against.tally), "range": range_words(against.query)
    }  # fmt: skip


def _is_telling(kind: Kind, now: Tally, against: Against | None) -> bool:
    """Whether chance alone hardly explains the change: told of the delivery rate, which is tested."""
    if kind.name != "delivery_rate" or against is None:
        return False
    return chance(now, against.tally) < LEVEL


def strip(answer: Answered[Tally]) -> dict[str, Any]:
    """Template context of the strip above the table."""
    compared_with = against(answer.query, Aside())
    return provenance(answer) | {
        "figures": figures(answer.value, answer.query, STRIP, compared_with),
        "unproven": answer.unproven,
    }
