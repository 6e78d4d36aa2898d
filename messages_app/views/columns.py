"""The table's columns and the links that sort by them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import PROVIDER_SORTS
from messages_app.filters import PERSONAL_SORTS, question_url
from messages_app.preferences import FIXED, USUAL, Preferences


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


_Sorts = tuple[tuple[str, str | Promise, bool], ...]

_COLUMNS: dict[str, tuple[str, str | Promise, _Sorts]] = {
    "time": ("time", _("Time"), (("date", _("Time"), True),)),
    "direction": ("direction", _("Direction"), ()),
    "route": (
        "",
        _("From and to"),
        (("sender", _("From"), False), ("destination", _("To"), False)),
    ),
    "text": ("text", _("Text"), ()),
    "status": ("", _("Status"), (("status", _("Status"), False),)),
    "parts": ("num", _("Parts"), (("parts", _("Parts"), True),)),
    "cost": ("num", _("Credits"), (("cost", _("Credits"), True),)),
    "country": ("more", _("Country"), (("country", _("Country"), False),)),
    "reason": ("more", _("Reason"), ()),
    "delay": ("more num", _("Time to delivery"), ()),
    "receipt": ("more num", _("Delivery receipt"), ()),
    "campaign": ("more num", _("Campaign"), ()),
    "reference": ("more", _("Your reference"), ()),
    "client": ("more num", _("Account"), ()),
    "id": ("more num", _("Message number"), ()),
    "characters": ("more num", _("Characters"), ()),
    "encoding": ("more", _("Encoding"), ()),
}
# Name → class, label, and sorts: key, label, whether the first click descends.

COLUMN_NAMES = tuple(_COLUMNS)


def columns(path: str, query: MessageQuery, names: Iterable[str] = USUAL) -> list[Column]:
    """The columns with these names and sort links for this question; masked, none by what is hidden."""
    barred = () if query.mask.is_open else PERSONAL_SORTS
    found = []
    for name in names:
        css, label, sorts = _COLUMNS[name]
        links = tuple(_sort(path, query, *one) for one in sorts if one[0] not in barred)
        found.append(Column(name, css, label, links))
    return found


@dataclass(frozen=True, slots=True)
class Choice:
    """A column to choose: whether it is shown now, and whether it always is."""

    name: str
    label: str | Promise
    is_shown: bool
    is_fixed: bool


def choices(chosen: Preferences) -> list[Choice]:
    """Every column, those shown in their order first."""
    return [
        Choice(name, _COLUMNS[name][1], name in chosen.columns, name == FIXED)
        for name in chosen.offered
    ]


def _sort(path: str, query: MessageQuery, key: str, label: str | Promise, descends: bool) -> Sort:
    state = ""
    if query.sort_key == key:
        state = "descending" if query.descends else "ascending"
        descends = not query.descends
    target = query.but(sort=f"-{key}" if descends else key)
    return Sort(label, question_url(path, target), state, key not in PROVIDER_SORTS)
