"""What the analysis page asks beyond the question: the size of its bars, and a range to compare with.

Read from the address under `bucket`, `compare`, `compare_start` and `compare_end`; what cannot be
understood is an error and no figures, like any other part of a question.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from messages_app.analysis.comparing import COMPARISONS, FREE, beside
from messages_app.analysis.query import MessageQuery, Params
from messages_app.analysis.series import BUCKETS
from messages_app.fields import WallTimeField
from messages_app.filters import ASIDE, Question

START, END = WallTimeField(skipped=True), WallTimeField(ends=True, skipped=True)


@dataclass(frozen=True, slots=True)
class Aside:
    """`compare` is a name of COMPARISONS, FREE or "", `start` and `end` a free range's as typed; `all`
    names the panel whose list is to be whole."""

    bucket: str = ""
    compare: str = ""
    start: str = ""
    end: str = ""
    all: str = ""

    @property
    def params(self) -> Params:
        """The way back into an address, in order."""
        found = (
            ("bucket", self.bucket), ("compare", self.compare),
            ("compare_start", self.start), ("compare_end", self.end), ("all", self.all),
        )  # fmt: skip
        return [(name, value) for name, value in found if value]

    def but(self, **changes: str) -> "Aside":
        """The same with changes; another comparison needs no free range."""
        if changes.get("compare", FREE) != FREE:
            changes |= {"start": "", "end": ""}
        return replace(self, **{"all": "", **changes})

    def other(self, query: MessageQuery, *, by_default: str = "") -> MessageQuery | None:
        """The question over the range to compare with; None where none is asked or can be.

        `by_default` names the comparison that stands where none is asked.
        """
        if query.fence is not None:
            return None
        name = self.compare or by_default
        try:
            if name == FREE:
                start, end = START.clean(self.start), END.clean(self.end)
                return query.within(start, end)
            return beside(query, name) if name else None
        except (OverflowError, ValueError):
            return None


def aside(request: HttpRequest, question: Question) -> tuple[Question, Aside]:
    """What the page asks beside its question; a mistake in it leaves the question without answer."""
    return aside_of(request.GET, question)


def aside_of(params: QueryDict, question: Question) -> tuple[Question, Aside]:
    """The same of any parameters."""
    found = Aside(*(params.get(name, "").strip() for name in ASIDE))
    mistakes = list(_mistakes(found))
    if found.compare and question.query and question.query.fence is not None:
        mistakes.append(ValidationError(_("What is shared has no range to compare with.")))
    for mistake in mistakes:
        question.form.add_error(None, mistake)
    return (replace(question, query=None), Aside()) if mistakes else (question, found)


def _mistakes(found: Aside) -> list[ValidationError]:
    mistakes = []
    if found.bucket and found.bucket not in BUCKETS:
        text = _("There are no bars of “%(text)s”. Known are: %(names)s.")
        mistakes.append(_unknown(text, found.bucket, list(BUCKETS)))
    if found.compare and found.compare not in (*COMPARISONS, FREE):
        text = _("“%(text)s” is no range to compare with. Known are: %(names)s.")
        mistakes.append(_unknown(text, found.compare, [*COMPARISONS, FREE]))
    if found.compare == FREE or found.start or found.end:
        mistakes += _range_mistakes(found)
    return mistakes


def _unknown(text: str, value: str, names: list[str]) -> ValidationError:
    return ValidationError(text % {"text": value[:60], "names": ", ".join(names)})


def _range_mistakes(found: Aside) -> list[ValidationError]:
    if found.compare != FREE:
        return [ValidationError(_("Choose a free range to compare with, or leave its dates away."))]
    ends: list[datetime | None] = []
    for field, text in ((START, found.start), (END, found.end)):
        try:
            ends.append(field.clean(text))
        except ValidationError as error:
            if error.code == "required":
                return [ValidationError(_("A range to compare with needs both its ends."))]
            return [error]
    start, end = ends
    if start and end and start > end:
        return [ValidationError(_("The range to compare with ends before it starts."))]
    return []
