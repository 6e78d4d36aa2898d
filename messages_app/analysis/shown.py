"""Numbers, rates, delays and times as people read them in the language in force (Babel, CLDR)."""

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
    return _locale((get_language() or "en").split("-")[0])


@lru_cache(maxsize=8)
def _locale(language: str) -> Locale:
    return Locale(language)


def number(value: int | float | Decimal | None) -> str:
    if value is None:
        return NOTHING
    return format_decimal(value, "#,##0.###", locale=locale())


def credits(value: Decimal | None) -> str:
    """Credits with as many decimals as they have, four at most."""
    return NOTHING if value is None else format_decimal(value, "#,##0.####", locale=locale())


def money(credits: Decimal, price: Decimal | None, currency: str) -> str:
    """Credits as money at a price per credit; "" without a price."""
    return "" if price is None else format_currency(credits * price, currency, locale=locale())


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


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def day_and_clock(moment: datetime, now: datetime) -> str:
    """A row's time: the clock alone today, the day before it otherwise, the year where it differs."""
    today = now.date()
    if moment.date() == today:
        return f"{moment:%H:%M:%S}"
    return f"{day(moment.date().toordinal(), moment.year != today.year)} {moment:%H:%M:%S}"


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
