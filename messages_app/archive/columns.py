"""Column types of the archive: exact, small, and the same on SQLite and PostgreSQL.

A naive wall time is stored as seconds since 1970-01-01 00:00 on the same wall clock: no zone to guess
in the repeated hour, and an hour is `value / 3600` on both. An aware instant is microseconds since
the epoch. Credits are millionths: sums stay exact, and SQLite has no decimals. Text is ordered
bytewise (`C` on PostgreSQL, `BINARY` on SQLite). The key is SQLite's row id itself: it survives VACUUM.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

WALL_EPOCH = datetime(1970, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
CREDIT = 1_000_000
"""Stored units in one credit."""


def wall_seconds(wall: datetime) -> int:
    """A naive wall time as stored. Raises ValueError for an aware one."""
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no zone")
    return (wall - WALL_EPOCH) // SECOND


def wall_time(seconds: int) -> datetime:
    return WALL_EPOCH + timedelta(seconds=seconds)


def micros(instant: datetime) -> int:
    """An aware instant as stored. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return (instant - EPOCH) // MICROSECOND


def instant(stored: int) -> datetime:
    return EPOCH + timedelta(microseconds=stored)


def stored_credits(credits: Decimal) -> int:
    """Credits as stored. Raises ValueError where millionths cannot hold them exactly."""
    units = credits * CREDIT
    if units != int(units):
        raise ValueError("a cost has at most six decimal places")
    return int(units)


def credits_of(stored: int) -> Decimal:
    """Stored units as credits, without trailing zeros."""
    return (Decimal(stored) / CREDIT).normalize() + 0


class _Converted(models.BigIntegerField):
    """A whole number in the database that Python knows as something else."""

    if TYPE_CHECKING:  # what django-stubs' plugin reads
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any
        _pyi_lookup_exact_type: Any

    def to_python(self, value: Any) -> Any:
        return value


class KeyField(models.BigIntegerField):
    """The one integer key: on SQLite the row id itself."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class WallTimeColumn(_Converted):
    """A naive wall time, whole seconds."""

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        return None if value is None else wall_time(value)

    def get_prep_value(self, value: Any) -> Any:
        return wall_seconds(value) if isinstance(value, datetime) else super().get_prep_value(value)


class InstantColumn(_Converted):
    """An aware instant, microseconds, UTC."""

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        return None if value is None else instant(value)

    def get_prep_value(self, value: Any) -> Any:
        return micros(value) if isinstance(value, datetime) else super().get_prep_value(value)


class CreditsColumn(_Converted):
    """An exact amount of credits, up to six decimal places."""

    def from_db_value(self, value: int | None, *_: object) -> Decimal | None:
        return None if value is None else credits_of(value)

    def get_prep_value(self, value: Any) -> Any:
        return (
            stored_credits(value) if isinstance(value, Decimal) else super().get_prep_value(value)
        )


class BytewiseText(models.TextField):
    """Text that both databases order by its bytes, which is the order of its code points."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        found = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            found["collation"] = "C"
        return found
