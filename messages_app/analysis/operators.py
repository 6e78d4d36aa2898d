"""The words of the search line as tables of data: operators, and the names of their values.

English and French words are read whatever language is in force; written are those of the language in
force. It knows neither a line nor a question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from django.utils import translation
from django.utils.functional import Promise

from messages_app.analysis.countries import folded
from messages_app.analysis.periods import PERIODS
from messages_app.analysis.statuses import (
    DIRECTIONS,
    KINDS,
    OTHER,
    OURS,
    STATUSES,
    TONES,
)
from messages_app.sms.terms import FAILED, PENDING, WITHDRAWN

LANGUAGES = ("en", "fr")

DAY, ID = "day", "id"
"""What the line can name and no field of the form does: one day, one message."""

NUMBERS = ("destination", "sender")
DATES = ("date_start", "date_end", DAY)
SEVERAL = ("country", "status")
"""Fields whose value may be a list with commas."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A word before a colon and the field of the form that it fills; `also` are words read besides."""

    field: str
    en: str
    fr: str
    also: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The word in the language in force."""
        return self.fr if _language() == "fr" else self.en


OPERATORS = (
    Operator("destination", "to", "à", ("destination", "recipient", "destinataire", "vers")),
    Operator("sender", "from", "de", ("sender", "expéditeur", "émetteur")),
    Operator("message", "text", "texte", ("message", "contains", "contient")),
    Operator("status", "status", "statut", ("état",)),
    Operator("country", "country", "pays"),
    Operator("type", "type", "type", ("direction", "sens")),
    Operator("date_start", "after", "après", ("date_start", "since", "depuis")),
    Operator("date_end", "before", "avant", ("date_end", "until", "jusque")),
    Operator(DAY, "on", "le", ("day", "jour")),
    Operator("period", "period", "période"),
    Operator("campaign", "campaign", "campagne"),
    Operator("reference", "ref", "réf", ("reference", "référence")),
    Operator("client", "account", "compte", ("client",)),
    Operator("details", "reason", "raison", ("details", "motif")),
    Operator(ID, "id", "id", ("message_id",)),
    Operator("kind", "kind", "genre"),
    Operator("slot", "hour", "heure", ("slot",)),
    Operator("delay", "delay", "délai"),
)

SCHEMES = frozenset({"tel", "sms", "smsto", "callto"})
"""Words before a colon that belong to a number as it is copied from a page."""

GROUPS = {"failed": FAILED, "pending": PENDING}
"""Statuses that figures count together, by the tone that names them."""


def operator_called(word: str) -> Operator | None:
    """The operator with this name, in any case, with or without its accents.

    But `a:` is `à:` in French alone: elsewhere people list things by it.
    """
    if word.casefold() == "a" and _language() != "fr":
        return None
    return _by_name().get(folded(word))


def operator_like(word: str) -> str:
    """The word that a misspelt one is nearest to, as it is written in full; "" where none is near."""
    near = get_close_matches(folded(word), _by_name(), n=1)
    return _by_name()[near[0]].word if near else ""


def operator_of(field: str) -> Operator:
    return next(operator for operator in OPERATORS if operator.field == field)


def value_named(field: str, text: str) -> str:
    """The form's own value for what people call it: `livré` → `delivered`; else the text as it is.

    Of a field with several values each piece between commas is read.
    """
    known = _values().get(field)
    if known is None:
        return text
    pieces = text.split(",") if field in SEVERAL else [text]
    return ",".join(known.get(_bare(piece), piece) for piece in pieces)


def name_of_value(field: str, value: str) -> str:
    """What people call a value in the language in force, in one word that `value_named` reads."""
    label = _labels().get(field, {}).get(value)
    word = _joined(str(label)) if label else value
    return word if value_named(field, word) == value else value


def _language() -> str:
    return (translation.get_language() or "en").split("-")[0]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Operator]:
    return {folded(name): one for one in OPERATORS for name in (one.en, one.fr, *one.also)}


@lru_cache(maxsize=1)
def _labels() -> dict[str, dict[str, str | Promise]]:
    statuses = {one.name: one.label for one in STATUSES.values() if one.filterable}
    return {
        "period": {one.name: one.label for one in PERIODS.values()},
        "type": dict(DIRECTIONS),
        "status": statuses | {name: OURS[name].label for name in (WITHDRAWN, OTHER)},
        "kind": dict(KINDS),
    }


@lru_cache(maxsize=1)
def _values() -> dict[str, dict[str, str]]:
    """Field → what people call a value, bare → the value. The provider's own names go first."""
    found = {
        field: {_bare(name): name for name in labels} | _called(labels.items())
        for field, labels in _labels().items()
    }
    groups = {",".join(names): TONES[tone].label for tone, names in GROUPS.items()}
    found["status"] = _called(groups.items()) | found["status"]
    return found


def _called(labels: Iterable[tuple[str, str | Promise]]) -> dict[str, str]:
    found: dict[str, str] = {}
    pairs = list(labels)
    for language in LANGUAGES:
        with translation.override(language):
            for name, label in pairs:
                found.setdefault(_bare(str(label)), name)
    return found


def _joined(label: str) -> str:
    return re.sub(r"[\s_'’]+", "-", label.strip().lower())


def _bare(text: str) -> str:
    """A name without case and accents, its words joined by hyphens."""
    return _joined(folded(text))
