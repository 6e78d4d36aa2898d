"""Who may write which days of the archive: leases in the database, with fencing numbers.

A worker claims days, renews while it works, and gives them back. A lease that ran out may be taken by
anybody; the fence grows each time a day changes hands, and every write checks it in its own
transaction. So a worker that slept and wakes again is refused. All times are the database's own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from messages_app.archive import points
from messages_app.archive.bounds import SECOND
from messages_app.archive.columns import MICROSECOND, wall_seconds
from messages_app.archive.windows import Window

LEASE = timedelta(seconds=30)


class LostClaim(Exception):
    """Somebody else owns the day by now: nothing of the transaction may stay."""


@dataclass(frozen=True, slots=True)
class Held:
    """Days in a row that `owner` may write while `fence` is their current number."""

    first: datetime
    days: int
    owner: str
    fence: int

    @property
    def window(self) -> Window:
        """The seconds of these days."""
        return Window(self.first, self.first + timedelta(days=self.days) - SECOND)


def claim(window: Window, owner: str) -> Held | None:
    """Take all days that a window touches, or None while somebody else holds one of them.

    Taking a day again that one holds already renews it under a new fence.
    """
    first = _midnight(window.start)
    days = (_midnight(window.end) - first).days + 1
    keys = [wall_seconds(first + timedelta(days=n)) for n in range(days)]
    now = database_now()
    rows = ", ".join([f"(%s, %s, %s, {now} + {LEASE // MICROSECOND})"] * days)
    sql = f"""
        INSERT INTO messages_app_claim AS old (day, owner, fence, until) VALUES {rows}
        ON CONFLICT (day) DO UPDATE
        SET owner = excluded.owner, fence = excluded.fence, until = excluded.until
        WHERE (old.until < {now} OR old.owner = excluded.owner) AND old.fence < excluded.fence
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(MAX(fence), 0) + 1 FROM messages_app_claim WHERE day BETWEEN %s AND %s",
            [keys[0], keys[-1]],
        )
        fence = int((cursor.fetchone() or (1,))[0])
        cursor.execute(sql, [value for key in keys for value in (key, owner, fence)])
        if cursor.rowcount < days:
            # A part of it is of no use: take back what was taken.
            transaction.set_rollback(True)
            return None
        points.reached("days taken")
    return Held(first, days, owner, fence)


def confirm(held: Held) -> None:
    """Renew a claim; called first in every transaction that writes. Raises LostClaim."""
    if _set_until(held, f"{database_now()} + {LEASE // MICROSECOND}") < held.days:
        raise LostClaim(f"{held.first:%Y-%m-%d} belongs to another worker by now")


def release(held: Held) -> None:
    """Give the days back. A claim that was lost is nobody's business any more."""
    _set_until(held, "0")


def _set_until(held: Held, until: str) -> int:
    """Set the lease of those days that are still held; return how many."""
    last = held.first + timedelta(days=held.days - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE messages_app_claim SET until = {until}"
            " WHERE day BETWEEN %s AND %s AND owner = %s AND fence = %s",
            [wall_seconds(held.first), wall_seconds(last), held.owner, held.fence],
        )
        count: int = cursor.rowcount
    return count


def _midnight(wall: datetime) -> datetime:
    return wall.replace(hour=0, minute=0, second=0)


def is_at_work(owner: str) -> bool:
    """Whether an owner holds any day at all. One that was killed does not, half a minute later."""
    sql = f"SELECT COUNT(*) FROM messages_app_claim WHERE owner = %s AND until >= {database_now()}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [owner])
        row = cursor.fetchone()
    return bool(row and row[0])


def database_now() -> str:
    """SQL for the database's time in microseconds; workers' clocks may differ."""
    if connection.vendor == "postgresql":
        return "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
