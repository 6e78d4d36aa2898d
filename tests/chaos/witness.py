"""What must never happen, as one check after every step of a schedule.

Knows what the provider shows and when, and nothing of how the archive reads: it looks at the tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from messages_app.archive.columns import micros, wall_seconds
from messages_app.archive.keys import key_of
from messages_app.archive.plan import ahead_start, past_end
from messages_app.archive.rollups import differences
from messages_app.models import Message, Observation, Span, SyncRun
from messages_app.sms.terms import PENDING, WITHDRAWN
from sandbox import Composed, VirtualClock
from tests.chaos.line import TOKEN

PARIS = ZoneInfo("Europe/Paris")
LAG = 120_000_000
"""Microseconds by which an answer may be older than its call: replicas lag."""

MERGED = timedelta(minutes=1)
"""Neighbouring spans read within it become one, of the earlier reading."""


class Broken(AssertionError):
    """An invariant does not hold; the message begins with its id."""


@dataclass(slots=True)
class Row:
    """What the witness looks at of an archived row; instants in microseconds."""

    key: int
    date: int
    status: str
    state: str
    since: int
    read_at: int
    gone_at: int | None


@dataclass(slots=True)
class Heard:
    """Every line that was logged while a schedule ran."""

    lines: list[str] = field(default_factory=list)
    secrets: tuple[str, ...] = (TOKEN, "Commande", "Soldes", "Bonjour", "3363998", "447700900")

    def check(self) -> None:
        """I8: no number, text or token in any of them."""
        for line in self.lines:
            for secret in self.secrets:
                if secret in line:
                    raise Broken(f"I8: the log says {secret}")
        self.lines.clear()


@dataclass(slots=True)
class Witness:
    """Watches one archive of one composed account. All times are of `clock`."""

    box: Composed
    clock: VirtualClock
    steady: dict[int, tuple[int, int]] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    spans: set[tuple[int, int, int]] = field(default_factory=set)
    lies: list[tuple[int, int]] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)
    erased: set[str] = field(default_factory=set)

    def look(self) -> dict[int, int]:
        """See what the provider shows now: wall second by key. `steady` rows keep their date."""
        shown = {key_of(row["type"], row["message_id"]): _wall(row["date"])
                 for row in self.box.shown()}  # fmt: skip
        now = micros(self.clock())
        self.steady = {
            key: known if (known := self.steady.get(key)) and known[0] == date else (date, now)
            for key, date in shown.items()
        }
        return shown

    def lied(self, since: datetime) -> None:
        """Answers between `since` and now bore rows that are not the provider's."""
        self.lies.append((micros(since), micros(self.clock())))

    def assert_invariants(self) -> None:
        """I1, I3 to I6, I8, and T29. Raises Broken."""
        self.look()
        self._nobody_back()
        rows, spans = tables()
        self._nothing_left(rows)
        self._nothing_back(rows)
        for span in set(spans) - self.spans:
            _not_young(span)
            self._whole(span, rows)
        self._rightly_gone(rows)
        self.heard.check()
        self.rows, self.spans = rows, set(spans)

    def assert_equal(self) -> None:
        """The archive is what the provider shows, and its rollups are its rows. Raises Broken."""
        shown = {key_of(row["type"], row["message_id"]): row for row in self.box.shown()}
        present = {row.key: row for row in Message.objects.filter(gone_at=None).iterator()}
        lost, extra = shown.keys() - present.keys(), present.keys() - shown.keys()
        # What lies before its first row the provider may have forgotten by age.
        first = min((_wall(row["date"]) for row in shown.values()), default=0)
        extra = {key for key in extra if wall_seconds(present[key].date) >= first}
        if lost or extra:
            raise Broken(f"I1: {len(lost)} rows lost, {len(extra)} too many: {[*lost, *extra][:5]}")
        for key, row in shown.items():
            if (theirs := self._facts(row)) != (ours := _stored(present[key])):
                names = [name for name in theirs if theirs[name] != ours[name]]
                raise Broken(f"I4: row {key} differs in {names}")
        self.assert_counted()

    def assert_counted(self) -> None:
        """The rollups are their rows. Raises Broken."""
        if wrong := list(differences()):
            raise Broken(f"I1: {len(wrong)} rollups are not their rows: {wrong[:2]}")

    def _facts(self, row: dict[str, Any]) -> dict[str, Any]:
        """What the archive is to have of a row that the provider shows."""
        found = _facts(row)
        if handset_of(row) in self.erased:
            found |= {"message": "", "sender" if row["type"] == "sms_mo" else "destination": ""}
        return found

    def _nobody_back(self) -> None:
        theirs = Q(destination__in=self.erased) | Q(sender__in=self.erased, type="sms_mo")
        if self.erased and Message.objects.filter(theirs).exists():
            raise Broken("T29: an erased number is back")

    def _nothing_left(self, rows: dict[int, Row]) -> None:
        if lost := self.rows.keys() - rows.keys():
            raise Broken(f"I5: {len(lost)} rows left the archive, {sorted(lost)[:5]}")

    def _nothing_back(self, rows: dict[int, Row]) -> None:
        for key, old in self.rows.items():
            new = rows[key]
            if new.read_at < old.read_at or new.since < old.since:
                raise Broken(f"I4: row {key} went back")
            if new.read_at == old.read_at and new != old:
                raise Broken(f"I4: row {key} changed without a reading")

    def _whole(self, span: tuple[int, int, int], rows: dict[int, Row]) -> None:
        first, last, read = span
        if self._is_lie(read):
            return
        for key, (date, since) in self.steady.items():
            if first <= date <= last and since <= read - LAG and key not in rows:
                raise Broken(f"I3: {key} is missing in a covered range")

    def _rightly_gone(self, rows: dict[int, Row]) -> None:
        """A moved row counts as gone where it was until it is found where it is now."""
        for key, (date, since) in self.steady.items():
            row = rows.get(key)
            if row is None or row.gone_at is None or self._is_lie(row.gone_at):
                continue
            if row.date == date and since <= row.gone_at - LAG:
                raise Broken(f"I5: {key} is flagged, and was shown all the time")

    def _is_lie(self, read: int) -> bool:
        return any(start <= read <= end for start, end in self.lies)


def handset_of(row: dict[str, Any]) -> str:
    """The number of the person, of a row as the provider shows it."""
    return str(row["sender"] if row["type"] == "sms_mo" else row["destination"])


def tables() -> tuple[dict[int, Row], list[tuple[int, int, int]]]:
    """Rows by key and spans, once they and the life lines are found consistent. Raises Broken."""
    rows = {row.key: row for row in _rows()}
    spans = _spans()
    _disjoint(spans)
    _life_lines(rows)
    _outcomes()
    return rows, spans


def _rows() -> Iterator[Row]:
    names = ("key", "date", "status", "state", "since", "read_at", "gone_at")
    for key, date, status, state, since, read_at, gone_at in Message.objects.values_list(*names):
        yield Row(
            key, wall_seconds(date), status, state, micros(since), micros(read_at),
            None if gone_at is None else micros(gone_at),
        )  # fmt: skip


def _spans() -> list[tuple[int, int, int]]:
    rows = Span.objects.order_by("start").values_list("start", "end", "fetched_at")
    return [(wall_seconds(start), wall_seconds(end), micros(read)) for start, end, read in rows]


def _disjoint(spans: list[tuple[int, int, int]]) -> None:
    for one, other in pairwise(spans):
        if one[1] >= other[0]:
            raise Broken("I3: two spans overlap")


def _not_young(span: tuple[int, int, int]) -> None:
    """Rows of the youngest minutes may still be on their way when a reading does not show them."""
    first, last, read = span
    at = datetime.fromtimestamp(read / 1e6, UTC)
    sure = wall_seconds(past_end((at + 3 * MERGED).astimezone(PARIS)))
    ahead = wall_seconds(ahead_start(at.astimezone(PARIS)))
    if last > sure and first < ahead:
        raise Broken("I3: the youngest seconds of a reading are covered")


def _life_lines(rows: dict[int, Row]) -> None:
    """Each row's earlier states follow one another up to the present one."""
    until: dict[int, int] = {}
    lines = Observation.objects.order_by("key", "since", "until")
    for key, since, last in lines.values_list("key", "since", "until"):
        start, end = micros(since), micros(last)
        if start > end or start < until.get(key, 0):
            raise Broken(f"I4: the life line of {key} runs back")
        until[key] = end
    for key, end in until.items():
        if key not in rows or end > rows[key].since:
            raise Broken(f"I4: the life line of {key} does not end in the row")
    for row in rows.values():
        if row.since > row.read_at or (row.gone_at or 0) > row.read_at:
            raise Broken(f"I4: the readings of {row.key} are out of order")
        withdrawn = row.gone_at is not None and row.status.lower() in PENDING
        if row.state != (WITHDRAWN if withdrawn else row.status.lower()):
            raise Broken(f"I5: the state of {row.key} does not follow from its status")


def _outcomes() -> None:
    """Each run has ended once; one without an end is a killed one that nobody has closed yet."""
    for ended_at, outcome, reason in SyncRun.objects.values_list("ended_at", "outcome", "reason"):
        told = outcome == "ok" if reason == "" else outcome in ("partial", "failed")
        if (ended_at is None) != (outcome == "") or (outcome and not told):
            raise Broken(f"I6: a run ended {outcome!r}, {reason!r}")


def _facts(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": row["date"],
        "status": row["status"],
        "status_details": row["status_details"],
        "destination": row["destination"],
        "sender": row["sender"],
        "message": row["message"].replace("\0", "␀"),
        "cost": None if row["cost"] is None else f"{row['cost']:g}",
        "country": row["country"],
        "dlr_date": row["dlr_date"],
    }


def _stored(row: Message) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in _facts_of_text}
    return found | {
        "date": str(row.date),
        "cost": None if row.cost is None else f"{row.cost:g}",
        "dlr_date": "" if row.dlr_date is None else str(row.dlr_date),
    }


_facts_of_text = ("status", "status_details", "destination", "sender", "message", "country")


def _wall(text: str) -> int:
    return wall_seconds(datetime.fromisoformat(text))
