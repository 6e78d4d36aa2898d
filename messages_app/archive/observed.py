"""How a message looked in each reading that showed it otherwise than the one before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from messages_app.archive.rows import ArchivedRecord
from messages_app.models import Observation

MOST = 60
"""Looks that are told: one that flaps for ever has no end."""


@dataclass(frozen=True, slots=True)
class Look:
    """A message as readings saw it from `since` on (aware). `date` and `dlr_date` are wall times;
    `is_gone`: the provider showed it no more."""

    since: datetime
    status: str
    details: str
    date: datetime
    dlr_date: datetime | None
    is_gone: bool


def looks_of(key: int, row: ArchivedRecord) -> list[Look]:
    """All looks of a row in order, the present one last; at most MOST, the latest."""
    return [*reversed(list(_earlier(key))), _present(row)]


def _earlier(key: int) -> Iterator[Look]:
    fields = ("since", "status", "status_details", "date", "dlr_date", "gone_at")
    found = Observation.objects.filter(key=key).order_by("-since", "-pk").values_list(*fields)
    for since, status, details, date, dlr_date, gone_at in found[: MOST - 1]:
        yield Look(since, status, details, date, dlr_date, gone_at is not None)


def _present(row: ArchivedRecord) -> Look:
    gone = row.gone_at is not None
    return Look(row.since, row.status, row.status_details, row.date, row.dlr_date, gone)
