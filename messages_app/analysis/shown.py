"""Numbers, rates, delays and times as people read them in the language in force (Babel, CLDR)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils.translation import get_language
from django.utils.translation import gettext as _

NOTHING = "–"
"""Stands where there is no number: nothing was counted, so no rate follows."""


def locale() -> Locale:
    return _locale(_language())


def _language() -> str:
    return (get_language() or "en").split("-")[0]


@lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale(language)


def number(value: int | float | Decimal | None) -> str:
    return NOTHING if value is None else _decimal(value, "#,##0.###", _language())


@lru_cache(maxsize=4096)
def _decimal(value: float | Decimal, pattern: str, language: str) -> str:
    # A table has the same small numbers again and again.
    return format_decimal(value, pattern, locale=_locale(language))


MOST_PLACES = 4
"""Decimals of credits that are ever shown."""


def credits(value: Decimal | None, places: int = 0) -> str:
    """Credits with as many decimals as they have, `places` at least and four at most."""
    pattern = f"#,##0.{'0' * places:#<{MOST_PLACES}}"
    return NOTHING if value is None else _decimal(value, pattern, _language())


def places(values: Iterable[Decimal | None]) -> int:
    """Decimals that each of a column's credits needs, so that they stand aligned."""
    exponents = (value.normalize().as_tuple().exponent for value in values if value is not None)
    needed = (-exponent for exponent in exponents if isinstance(exponent, int))
    return min(max((0, *needed)), MOST_PLACES)


def money(amount: Decimal | None, currency: str) -> str:
    """An amount of money; a dash where it is not known."""
    return NOTHING if amount is None else format_currency(amount, currency, locale=locale())


def points(share: float) -> str:
    """The change of a rate, given as a fraction, in percentage points with its sign."""
    return _("%s points") % signed(share * 100)


def change(share: float) -> str:
    """The change of a count or a sum, given as a fraction, in per cent with its sign."""
    unit = "\u202f%" if locale().language == "fr" else "%"
    return f"{signed(share * 100)}{unit}"


def signed(value: float) -> str:
    """A number with one decimal and its sign, a true minus."""
    text = format_decimal(abs(value), "#,##0.0", locale=locale())
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def rate(value: float | None) -> str:
    """A fraction as a percentage with one decimal."""
    if value is None:
        return NOTHING
    return format_percent(
        value, "#,##0.0\u202f%" if locale().language == "fr" else "#,##0.0%", locale=locale()
    )


def duration(seconds: int | None) -> str:
    """Seconds in the two units that matter: 6 s, 3 min 20 s, 5 h 12 min, 2 d 3 h."""
    if seconds is None:
        return NOTHING
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hour}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minute}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": second}
    return _("%s s") % seconds


def named(name: object, value: object) -> str:
    """A value behind its name, with the blank that the reader's language has at a colon."""
    return _("%(name)s: %(value)s") % {"name": name, "value": value}


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def day_and_clock(moment: datetime, now: datetime) -> str:
    """A row's time: the clock alone today, the day before it otherwise, the year where it differs."""
    today = now.date()
    if moment.date() == today:
        return f"{moment:%H:%M:%S}"
    return f"{day(moment.date().toordinal(), moment.year != today.year)} {moment:%H:%M:%S}"


def day_and_minute(moment: datetime) -> str:
    """A moment that is far from now, in full but for its seconds: "25 Nov 2026 15:00"."""
    return f"{day(moment.date().toordinal(), with_year=True)} {moment:%H:%M}"


def day(ordinal: int, with_year: bool) -> str:
    return _day(ordinal, with_year, locale().language)


@lru_cache(maxsize=4096)
def _day(ordinal: int, with_year: bool, language: str) -> str:
    shape = "d MMM y" if with_year else "d MMM"
    return format_datetime(datetime.fromordinal(ordinal), shape, locale=language)


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, or how far after it, in one unit; for a time's tooltip."""
    gap = now - moment
    words = duration(int(abs(gap).total_seconds()))
    return _("%s ago") % words if gap >= timedelta(0) else _("in %s") % words
