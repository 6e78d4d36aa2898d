"""Form fields that read what people type (dates, numbers, countries) into the question's own values.

Each refuses with a sentence what it cannot understand; none guesses a wider meaning.
"""

import re
from contextlib import suppress
from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_filters.fields import ChoiceField

from messages_app.analysis.countries import code_of
from messages_app.analysis.exact import exactly, is_exact, is_plain, meant
from messages_app.analysis.numbers import typed_number_or_start
from messages_app.analysis.statuses import NONE
from messages_app.provider import MAX_REFERENCE, storable
from messages_app.sms.delays import bins_between
from messages_app.sms.zones import SECOND, exists

FIRST_YEAR, LAST_YEAR = 1990, 2998
LAST_SECOND = time(23, 59, 59)

_CLOCK = r"(?:[ T]+(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
_SHAPE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _CLOCK, re.ASCII)
_SHAPE_WITH_YEAR_LAST = re.compile(
    r"(?P<day>\d{1,2})(?P<mark>[/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})" + _CLOCK, re.ASCII
)
DAY_FIRST = ("fr",)
"""Languages in which 11/12/2026 is one day and no other; in the others it may be two."""


class WallTimeField(forms.Field):
    """A wall time of the provider's zone: `2026-11-01`, `2026-11-01 14:30[:00]`, or with a `T`.

    `20.11.2026` is read too, and `20/11/2026` where that is one day: `11/12/2026` is one only where
    the language in force writes the day first. A bare day means its first second, or its last with
    `ends=True`. A time that the zone's clocks skip is refused, but for midnight, the end of a range with
    the last skipped second, and with `skipped=True`.
    """

    default_error_messages: ClassVar = {
        "shape": _("Write a date as 2026-11-01 or 2026-11-01 14:30."),
        "ambiguous": _("“%(text)s” can be read in two ways. Write the year first, as 2026-11-01."),
        "impossible": _("%(text)s does not exist in the calendar."),
        "skipped": _("%(text)s does not exist: that night the clocks are set forward past it."),
        "far": _("Choose a year between %(first)s and %(last)s."),
    }

    def __init__(self, *, ends: bool = False, skipped: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ends = ends
        self.skipped = skipped

    def to_python(self, value: str | None) -> datetime | None:
        text = (value or "").strip()
        if not text:
            return None
        found = _SHAPE.fullmatch(text) or _SHAPE_WITH_YEAR_LAST.fullmatch(text)
        if found is None:
            raise self._refusal("shape", text)
        readings = _readings(found)
        if not readings:
            raise self._refusal("impossible", text)
        if len(readings) > 1:
            raise self._refusal("ambiguous", text)
        (moment,) = readings
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self._refusal("far", text)
        if found["hour"] is None:
            return datetime.combine(moment, LAST_SECOND if self.ends else time.min)
        # A day begins at midnight also where the clocks skip that: whole days must have an address.
        if self.skipped or moment.time() == time.min:
            return moment
        zone = ZoneInfo(settings.SMSFACTOR_TIME_ZONE)
        # The list of a bar that reaches over the missing hour ends there.
        if exists(moment, zone) or (self.ends and exists(moment + SECOND, zone)):
            return moment
        raise self._refusal("skipped", text)

    def _refusal(self, reason: str, text: str) -> ValidationError:
        values = {"text": text, "first": FIRST_YEAR, "last": LAST_YEAR}
        return ValidationError(self.error_messages[reason], reason, values)


def _readings(found: re.Match[str]) -> set[datetime]:
    """The times that a written date can be: none, one, or two with day and month in either order."""
    parts = {name: int(part or 0) for name, part in found.groupdict().items() if name != "mark"}
    orders = [parts]
    if "/" in found[0] and (get_language() or "en").split("-")[0] not in DAY_FIRST:
        orders.append({**parts, "day": parts["month"], "month": parts["day"]})
    readings = set()
    for order in orders:
        with suppress(ValueError):
            readings.add(datetime(**order))  # type: ignore[arg-type]
    return readings


class Literal(str):
    """A value out of our own address, or in quotes: it stands as it is, and is not read as if typed
    anew."""

    __slots__ = ()


class TextField(forms.CharField):
    """A text as typed, without the blanks around it; these stay with a Literal."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [
            ProhibitNullCharactersValidator(_("This holds a character that no text has."))
            if isinstance(validator, ProhibitNullCharactersValidator)
            else validator
            for validator in self.validators
        ]

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Literal) and value.strip() else super().to_python(value)


class WholeField(TextField):
    """A whole number in plain digits, `least` to `most`; comes out as such digits, or ""."""

    def __init__(self, *, least: int = 0, most: int = 2**63 - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        if not re.fullmatch("[0-9]{1,40}", text):
            raise ValidationError(_("Write a whole number, in digits alone."), "whole")
        if not self.least <= int(text) <= self.most:
            raise ValidationError(
                _("Choose a number between %(least)s and %(most)s."),
                "bounds",
                {"least": self.least, "most": self.most},
            )
        return str(int(text))


class CampaignField(WholeField):
    """A campaign's number, or NONE for messages without one."""

    def to_python(self, value: Any) -> str:
        return NONE if value == NONE else super().to_python(value)


class DelayField(TextField):
    """A span of times to delivery between edges of its bins, in seconds: `20-60`, `86400-`."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        try:
            return text if not text or bins_between(text) else ""
        except ValueError:
            raise ValidationError(
                _("“%(text)s” is no span of times to delivery."), "delay", {"text": text[:60]}
            ) from None


class OneOfField(ChoiceField):
    """One of some values, by the name that it has in an address."""

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value):
            raise ValidationError(
                _("“%(text)s” is no choice here. Known are: %(names)s."),
                "choice",
                {"text": value[:60], "names": ", ".join(name for name, _l in self.choices if name)},
            )


def spelled(field: forms.Field, value: str) -> str:
    """How `field` has to be given the value of a row, so that it means just that: plain if it can be."""
    if not is_plain(value) or (isinstance(field, NumberField) and value.endswith("*")):
        return exactly(value)
    try:
        read = field.clean(value)
    except ValidationError:
        return exactly(value)
    return value if read in (value, (value,)) else exactly(value)


def exact(field: forms.Field, text: str) -> str:
    """The value behind an equals sign, as `field` has to be given it. Raises ValidationError."""
    value = meant(text)
    if not value or len(value) > MAX_REFERENCE or storable(value) != value:
        raise ValidationError(
            _("Write what the value is behind the =, in at most %(most)s characters."),
            "exact",
            {"most": MAX_REFERENCE},
        )
    return spelled(field, value)


class NumberField(TextField):
    """A phone number in any form, a short code or a sender name; digits come out as the provider's.

    With `*` at its end it is what a number or name begins with, with `=` before it just itself.
    """

    def clean(self, value: Any) -> str:
        if value and is_exact(value.strip()):
            return exact(self, value.strip())
        if isinstance(value, Literal):
            self.run_validators(value)
            return str(value)
        text = super().clean(value)
        number = typed_number_or_start(text, settings.PHONE_REGION)
        if text and not number:
            raise ValidationError(_("Write what the number begins with before the *."), "prefix")
        return number


class SeveralField(forms.Field):
    """Several values: a list, each perhaps with commas; comes out sorted, each once.

    With `=` before it a value is just itself, where `takes_exact`.
    """

    takes_exact = False

    def to_python(self, value: Any) -> tuple[str, ...]:
        given = [value] if isinstance(value, str) else value or []
        pieces = [piece.strip() for text in given for piece in self.split(text)]
        return tuple(sorted({self._read(piece) for piece in pieces if piece}))

    def _read(self, piece: str) -> str:
        return exact(self, piece) if self.takes_exact and is_exact(piece) else self.one(piece)

    def split(self, text: str) -> list[str]:
        return text.split(",")

    def one(self, piece: str) -> str:
        raise NotImplementedError(f"{type(self).__name__} must say what one value is")


class CountriesField(SeveralField):
    """Countries by code or by name, in any language the dashboard speaks; codes come out."""

    takes_exact = True

    def one(self, piece: str) -> str:
        if piece == NONE:
            return NONE
        code = code_of(piece)
        if code is None:
            raise ValidationError(
                _(
                    "“%(text)s” is no country we know. Write its name or its two letters, such as FR."
                ),
                "country",
                {"text": piece},
            )
        return code


class StatusesField(SeveralField):
    """Statuses by the provider's names, in any case."""

    def __init__(self, *, names: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = names

    def one(self, piece: str) -> str:
        name = piece.lower()
        if name not in self.names:
            raise ValidationError(
                _("“%(text)s” is no status. Known are: %(names)s."),
                "status",
                {"text": piece, "names": ", ".join(self.names)},
            )
        return name


class DetailsField(SeveralField):
    """Reasons as the provider wrote them; they are free text, so a comma does not divide them."""

    takes_exact = True

    def split(self, text: str) -> list[str]:
        return [text]

    def one(self, piece: str) -> str:
        if len(piece) > 200 or not piece.isprintable():
            raise ValidationError(_("This reason cannot be read."), "details")
        return piece


class SortField(TextField):
    """A column to sort by, with `-` before it to descend."""

    def __init__(self, *, keys: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keys = keys

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value.removeprefix("-") not in self.keys:
            raise ValidationError(
                _("“%(text)s” is no column to sort by."), "sort", {"text": value[:60]}
            )
