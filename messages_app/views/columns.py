"""The table's columns and the links that sort by them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import PROVIDER_SORTS
from messages_app.filters import PERSONAL_SORTS, question_url


@dataclass(frozen=True, slots=True)
class Sort:
    """A link that sorts: `state` is "ascending" or "descending" where it is in force."""

    label: str | Promise
    href: str
    state: str = ""
    needs_rows: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A table head with its sorts, none or several (From and To share one column)."""

    name: str
    css: str
    label: str | Promise
    sorts: tuple[Sort, ...] = ()

    @property
    def state(self) -> str:
        return next((sort.state for sort in self.sorts if sort.state), "none" if self.sorts else "")


FROM_TO = format_lazy("{} → {}", _("From"), _("To"))

_COLUMNS: tuple[
    tuple[str, str, str | Promise, tuple[tuple[str, str | Promise, bool], ...]], ...
] = (
    ("time", "time", _("Time"), (("date", _("Time"), True),)),
    ("direction", "direction", _("Direction"), ()),
    ("route", "", FROM_TO, (("sender", _("From"), False), ("destination", _("To"), False))),
    ("text", "", _("Text"), ()),
    ("status", "", _("Status"), (("status", _("Status"), False),)),
    ("parts", "num", _("Parts"), (("parts", _("Parts"), True),)),
    ("cost", "num", _("Credits"), (("cost", _("Credits"), True),)),
)
# Name, class, label, and sorts: key, label, whether the first click descends.

COLUMN_NAMES = tuple(name for name, *_rest in _COLUMNS)


def columns(path: str, query: MessageQuery) -> list[Column]:
    """The columns with sort links for this question; masked, none by what is hidden."""
    barred = () if query.mask.is_open else PERSONAL_SORTS
    return [
        Column(
            name,
            css,
            label,
            tuple(_sort(path, query, *one) for one in sorts if one[0] not in barred),
        )
        for name, css, label, sorts in _COLUMNS
    ]


def _sort(path: str, query: MessageQuery, key: str, label: str | Promise, descends: bool) -> Sort:
    state = ""
    if query.sort_key == key:
        state = "descending" if query.descends else "ascending"
        descends = not query.descends
    target = query.but(sort=f"-{key}" if descends else key)
    return Sort(label, question_url(path, target), state, key not in PROVIDER_SORTS)
