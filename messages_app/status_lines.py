"""The rows of a question by status, each once: the lines of every legend, stack and table.

Knows what a line counts and which question lists exactly its rows; draws nothing.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.metrics import Tally
from messages_app.analysis.statuses import (
    INCOMING_TYPE,
    MT_STATUSES,
    NONE,
    OTHER,
    OTHER_TYPES,
    OURS,
    OUTGOING,
    STATUSES,
    TONES,
    Status,
    reason_words,
)
from messages_app.sms.terms import INCOMING, WITHDRAWN
from messages_app.visible import one_line

NAMED = 6
"""Unknown statuses that a note names."""

NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Line:
    """Rows of one status, or of a kind of them. `rows` narrows a question to them, None: nothing can."""

    status: Status
    rows: dict[str, Any] | None

    @property
    def label(self) -> str:
        return f"{TONES[self.status.tone].shape} {self.status.label}"

    def count(self, found: Tally) -> int:
        match self.status.name:
            case "incoming_message":
                return found.incoming
            case "other":
                return found.other
            case "other_types":
                return of_other_types(found)
            case name:
                return found.statuses[name]

    def cost(self, found: Tally) -> Decimal:
        """Credits of the line's outgoing rows."""
        if self.status.name == OTHER:
            return found.cost - sum(
                (found.costs.get(n, Decimal(0)) for n in MT_STATUSES), Decimal(0)
            )
        return found.costs.get(self.status.name, Decimal(0))


def of_other_types(found: Tally) -> int:
    """Rows that the provider calls neither outgoing nor incoming: they enter no figure but this."""
    return found.rows - found.outgoing - found.incoming


def outgoing(*statuses: str) -> dict[str, Any]:
    """Narrows a question to outgoing rows with one of `statuses`; all of them where none is named."""
    return (
        {"type": OUTGOING, "statuses": tuple(sorted(statuses))} if statuses else {"type": OUTGOING}
    )


def bearing_cost(found: Tally) -> dict[str, Any]:
    """Narrows a question to the rows whose costs are summed up: withdrawn ones are left out."""
    return outgoing(*MT_STATUSES, OTHER) if found.withdrawn else outgoing()


OUTGOING_LINES = (
    *(Line(one, outgoing(one.name)) for one in STATUSES.values() if one.filterable),
    Line(OURS[WITHDRAWN], outgoing(WITHDRAWN)),
    Line(OURS[OTHER], outgoing(OTHER)),
)
LINES = (
    *OUTGOING_LINES,
    Line(STATUSES[INCOMING], {"type": INCOMING_TYPE}),
    Line(OURS[OTHER_TYPES], None),
)
"""In the order of every legend; their counts add up to the rows."""


def lines_in(found: Tally, lines: tuple[Line, ...] = LINES) -> list[Line]:
    """The lines that have rows."""
    return [line for line in lines if line.count(found)]


def reason_label(details: str) -> str:
    """A reason as a list names it, on one line; NONE is the empty one."""
    return _("No reason given") if details == NONE else one_line(reason_words(details))


def unknown_names(found: Tally) -> str:
    """The raw statuses behind "other" with their counts, most frequent first; "" without any."""
    known = {line.status.name for line in OUTGOING_LINES} - {OTHER}
    unknown = sorted((-n, name) for name, n in found.statuses.items() if n and name not in known)
    words = [
        f"{one_line(name)[:NAME_LENGTH] or shown.NOTHING} {shown.number(-n)}"
        for n, name in unknown[:NAMED]
    ]
    if len(unknown) > NAMED:
        words.append(_("%s more") % shown.number(len(unknown) - NAMED))
    return _("Other: %s") % ", ".join(words) if words else ""
