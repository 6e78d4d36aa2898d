"""Who reads, and how it goes: workers as pulses, leases and runs tell, and what went wrong with them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Min, Q, Sum

from messages_app.archive import pulse
from messages_app.archive.bounds import SECOND
from messages_app.archive.claims import LEASE, database_now
from messages_app.archive.columns import MICROSECOND, wall_time
from messages_app.archive.windows import Window
from messages_app.models import SyncRun

LOOKED_BACK = timedelta(days=1)
FAILURES_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Lease:
    """The days that an owner may write now: how many, all within `window`; `beat` ago it renewed them."""

    days: int
    window: Window
    beat: timedelta


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A worker of the last day. `since` is its first run then, `last` the end of its latest (aware).

    `is_there`: its pulse is felt, or it holds days, as a command does that has no pulse. `is_reading`:
    it is there, and a run of it is open or days are held; who was killed leaves a run open too.
    """

    owner: str
    is_there: bool
    is_reading: bool
    since: datetime | None = None
    last: datetime | None = None
    runs: int = 0
    failed: int = 0
    rows: int = 0
    calls: int = 0
    lease: Lease | None = None


def on_duty(now: datetime) -> list[OnDuty]:
    """The workers of the last day: those that are there, then those that are gone, the latest first."""
    held, felt = _leases(), pulse.known()
    found = (
        SyncRun.objects.filter(began_at__gte=now - LOOKED_BACK)
        .values("owner")
        .annotate(
            since=Min("began_at"), last=Max("ended_at"), begun=Max("began_at"), runs=Count("pk"),
            open=Count("pk", filter=Q(ended_at=None)),
            failed=Count("pk", filter=Q(outcome="failed")),
            all_rows=Sum("rows"), all_calls=Sum("calls"),
        )
        .order_by("-begun")
    )  # fmt: skip
    workers = []
    for one in found:
        owner, lease = one["owner"], held.get(one["owner"])
        is_there = felt.pop(owner, False) or lease is not None
        is_reading = is_there and (bool(one["open"]) or lease is not None)
        workers.append(
            OnDuty(
                owner, is_there, is_reading, one["since"], one["last"], one["runs"], one["failed"],
                one["all_rows"], one["all_calls"], lease,
            )
        )  # fmt: skip
    workers += [OnDuty(owner, is_felt, is_reading=False) for owner, is_felt in felt.items()]
    return sorted(workers, key=lambda one: not one.is_there)


def _leases() -> dict[str, Lease]:
    now = database_now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT owner, COUNT(*), MIN(day), MAX(day), MAX(until) - {now}"
            f" FROM messages_app_claim WHERE until >= {now} GROUP BY owner"
        )
        return {owner: _lease(*values) for owner, *values in cursor.fetchall()}


def _lease(days: int, first: int, last: int, left: int) -> Lease:
    window = Window(wall_time(first), wall_time(last) + timedelta(days=1) - SECOND)
    return Lease(days, window, max(timedelta(0), LEASE - left * MICROSECOND))


@dataclass(frozen=True, slots=True)
class Failed:
    """Runs that failed for one reason: how often, and when first and last (aware)."""

    reason: str
    times: int
    first: datetime
    last: datetime


def failures(now: datetime) -> list[Failed]:
    """Why runs failed in the last days, the latest first."""
    found = SyncRun.objects.filter(ended_at__gte=now - FAILURES_KEPT, outcome="failed")
    counted = found.values("reason").annotate(
        times=Count("pk"), first=Min("ended_at"), last=Max("ended_at")
    )
    return [Failed(**one) for one in counted.order_by("-last")]


def last_good(now: datetime) -> datetime | None:
    """When a run was last good."""
    found = SyncRun.objects.filter(ended_at__lte=now, outcome__in=("ok", "partial"))
    latest: datetime | None = found.aggregate(last=Max("ended_at"))["last"]
    return latest


def latest_runs(most: int) -> list[SyncRun]:
    return list(SyncRun.objects.order_by("-began_at")[:most])


def calls_since(moment: datetime) -> int:
    """Calls of all runs that began since."""
    found: int | None = SyncRun.objects.filter(began_at__gte=moment).aggregate(n=Sum("calls"))["n"]
    return found or 0
