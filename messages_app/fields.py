"""Form fields that read what people type (dates, numbers, countries) into the question's own values.

Each refuses with a sentence what it cannot understand; none guesses a wider meaning.
"""

import re
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.countries import code_of
from messages_app.analysis.numbers import typed_number

FIRST_YEAR, LAST_YEAR = 1990, 2998

_SHAPE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII
)


class WallTimeField(forms.Field):
    """A wall time of the provider's zone: `2026-11-01`, `2026-11-01 14:30[:00]`, or with a `T`.

    A bare day means its first second, or its last with `ends=True`.
    """

    default_error_messages: ClassVar = {
        "shape": _("Write a date as 2026-11-01 or 2026-11-01 14:30."),
        "impossible": _("%(text)s does not exist in the calendar."),
        "far": _("Choose a year between %(first)s and %(last)s."),
    }

    def __init__(self, *, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ends = ends

    def to_python(self, value: str | None) -> datetime | None:
        text = (value or "").strip()
        if not text:
            return None
        found = _SHAPE.fullmatch(text)
        if found is None:
            raise ValidationError(self.error_messages["shape"], "shape")
        year, month, day, *clock = (int(part) if part else None for part in found.groups())
        bounds = {"first": FIRST_YEAR, "last": LAST_YEAR}
        try:
            midnight = datetime(year or 0, month or 0, day or 0)
            moment = midnight.replace(
                hour=clock[0] or 0, minute=clock[1] or 0, second=clock[2] or 0
            )
        except ValueError:
            raise ValidationError(
                self.error_messages["impossible"], "impossible", {"text": text}
            ) from None
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(self.error_messages["far"], "far", bounds)
        if clock[0] is None and self.ends:
            return datetime.combine(moment, time(23, 59, 59))
        return moment


class NumberField(forms.CharField):
    """A phone number in any form, a short code or a sender name; digits come out as the provider's."""

    def clean(self, value: Any) -> str:
        return typed_number(super().clean(value), settings.PHONE_REGION)


class SeveralField(forms.Field):
    """Several values: a list, each perhaps with commas; comes out sorted, each once."""

    def to_python(self, value: Any) -> tuple[str, ...]:
        given = [value] if isinstance(value, str) else value or []
        pieces = [piece.strip() for text in given for piece in self.split(text)]
        return tuple(sorted({self.one(piece) for piece in pieces if piece}))

    def split(self, text: str) -> list[str]:
        return text.split(",")

    def one(self, piece: str) -> str:
        raise NotImplementedError(f"{type(self).__name__} must say what one value is")


class CountriesField(SeveralField):
    """Countries by code or by name, in any language the dashboard speaks; codes come out."""

    def one(self, piece: str) -> str:
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

    def split(self, text: str) -> list[str]:
        return [text]

    def one(self, piece: str) -> str:
        if len(piece) > 200 or not piece.isprintable():
            raise ValidationError(_("This reason cannot be read."), "details")
        return piece


class SortField(forms.CharField):
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
