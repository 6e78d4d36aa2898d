"""How a person likes the table: which columns in which order, and how dense. Kept for each person.

It knows the names of columns, not what stands in them. What a name means may change from release to
release: names that are not known are left out, wherever they come from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from messages_app.models import Preference

FIXED = "time"
"""The column that is always shown: it opens the message."""

USUAL = (FIXED, "direction", "route", "text", "status", "parts", "cost")
COLUMNS = (
    *USUAL, "country", "reason", "delay", "receipt", "campaign", "reference", "client", "id",
    "characters", "encoding",
)  # fmt: skip
"""Every column by name, in the order in which they are offered."""

COMFORTABLE, COMPACT = "comfortable", "compact"
DENSITIES = (COMFORTABLE, COMPACT)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Columns by name in their order, always with FIXED among them, and one of DENSITIES."""

    columns: tuple[str, ...] = USUAL
    density: str = COMFORTABLE

    @classmethod
    def of(cls, columns: Iterable[str], density: str = COMFORTABLE) -> Self:
        """From names of any origin: unknown ones and repetitions are left out, FIXED is never."""
        known = tuple(dict.fromkeys(name for name in columns if name in COLUMNS))
        if not known:
            known = USUAL
        elif FIXED not in known:
            known = (FIXED, *known)
        return cls(known, density if density in DENSITIES else COMFORTABLE)

    @property
    def offered(self) -> tuple[str, ...]:
        """Every column: those shown in their order, then the others."""
        return tuple(dict.fromkeys((*self.columns, *COLUMNS)))

    def moved(self, name: str, steps: int) -> Self:
        """The same with a column so many places further on; at the ends it stays."""
        if name not in self.columns:
            return self
        left = [one for one in self.columns if one != name]
        left.insert(max(0, self.columns.index(name) + steps), name)
        return type(self)(tuple(left), self.density)


def kept(user_id: int) -> Preferences:
    """What a person chose, or what everybody has at first."""
    found = Preference.objects.filter(pk=user_id).values_list("columns", "density").first()
    return Preferences.of(found[0].split(), found[1]) if found else Preferences()


def keep(user_id: int, chosen: Preferences) -> None:
    """Keep a person's choice; what everybody has at first is not kept, so that it may improve."""
    if chosen == Preferences():
        Preference.objects.filter(pk=user_id).delete()
        return
    Preference.objects.update_or_create(
        pk=user_id, defaults={"columns": " ".join(chosen.columns), "density": chosen.density}
    )
