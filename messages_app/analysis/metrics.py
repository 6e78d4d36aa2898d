"""What every number means: the only implementation of the metrics, as pure functions over rows.

`tally` counts rows into additive figures; `Tally` derives the rates. Every faster way to a figure
must equal this. It knows no request, no database and no provider connection.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from math import sqrt
from typing import TypeVar

from messages_app.analysis.delays import Bins, bin_of, delay_between, percentile
from messages_app.analysis.statuses import (
    ATTEMPTED,
    DELIVERED,
    FAILED,
    MO,
    MT,
    MT_STATUSES,
    PENDING,
)
from messages_app.provider import MessageRecord

SETTLING_AGE = timedelta(hours=72)
"""A receipt may take this long; younger rows without one are provisional."""

SMALL_SAMPLE = 30
"""A rate on fewer attempts is shown greyed and never ranked worst."""

Z95 = 1.959963984540054
OPT_OUT_WORD = "stop"

_NOTHING = Decimal(0)

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class Tally:
    """Additive counts of some rows, and the rates that follow from them.

    Costs are credits; delays are whole seconds; rates are fractions, None of nothing.
    """

    rows: int = 0
    incoming: int = 0
    replies: int = 0
    opt_outs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    costs: dict[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0
    provisional_rows: int = 0
    delay_bins: Bins = field(default_factory=Counter)
    delays_left_out: int = 0

    @property
    def outgoing(self) -> int:
        return self.statuses.total()

    @property
    def delivered(self) -> int:
        return self.statuses[DELIVERED]

    @property
    def undelivered(self) -> int:
        return self.statuses["undelivered"]

    @property
    def not_sent(self) -> int:
        return self.statuses["not_sent"]

    @property
    def denied(self) -> int:
        return self.statuses["denied"]

    @property
    def no_receipt(self) -> int:
        return self.statuses["sent"]

    @property
    def waiting(self) -> int:
        return self.statuses["waiting"]

    @property
    def moderation(self) -> int:
        return self.statuses["moderation"]

    @property
    def withdrawn(self) -> int:
        """Waiting rows gone from the provider: only an archive can know of them."""
        return 0

    @property
    def failed(self) -> int:
        return sum(self.statuses[name] for name in FAILED)

    @property
    def pending(self) -> int:
        return sum(self.statuses[name] for name in PENDING)

    @property
    def attempted(self) -> int:
        return sum(self.statuses[name] for name in ATTEMPTED)

    @property
    def other(self) -> int:
        """Outgoing rows with a status that we do not know."""
        return sum(count for name, count in self.statuses.items() if name not in MT_STATUSES)

    @property
    def delivery_rate(self) -> float | None:
        """delivered ÷ attempted."""
        return ratio(self.delivered, self.attempted)

    @property
    def confirmed_rate(self) -> float | None:
        """delivered ÷ (delivered + failed)."""
        return ratio(self.delivered, self.delivered + self.failed)

    @property
    def receipt_coverage(self) -> float | None:
        """(delivered + undelivered) ÷ (delivered + undelivered + no receipt)."""
        heard = self.delivered + self.undelivered
        return ratio(heard, heard + self.no_receipt)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval on the delivery rate."""
        return wilson(self.delivered, self.attempted)

    @property
    def provisional(self) -> float | None:
        """Share of outgoing rows younger than 72 h that are still sent, waiting or in moderation."""
        return ratio(self.provisional_rows, self.outgoing)

    @property
    def cost(self) -> Decimal:
        return sum(self.costs.values(), _NOTHING)

    @property
    def wasted_cost(self) -> Decimal:
        """Credits spent on failed rows."""
        return sum((self.costs.get(name, _NOTHING) for name in FAILED), _NOTHING)

    @property
    def cost_per_delivered(self) -> Decimal | None:
        return self.cost / self.delivered if self.delivered else None

    def delay(self, share: float) -> int | None:
        """Percentile of the time to delivery, seconds."""
        return percentile(self.delay_bins, share)

    def totals(self) -> dict[str, int | float | Decimal | None]:
        """The figures by their public names."""
        names = (
            "outgoing", "incoming", "delivered", "undelivered", "not_sent", "denied", "no_receipt",
            "waiting", "moderation", "withdrawn", "other", "pending", "failed", "attempted",
            "delivery_rate", "confirmed_rate", "receipt_coverage", "provisional", "cost",
            "wasted_cost", "cost_per_delivered", "unpriced", "replies", "opt_outs",
            "delays_left_out",
        )  # fmt: skip
        delays = {f"delay_p{p}": self.delay(p / 100) for p in (50, 90, 99)}
        return {name: getattr(self, name) for name in names} | delays

    def add(self, record: MessageRecord, now: datetime, zone: tzinfo) -> None:
        """Count one row. `now` is the naive wall time of the question."""
        self.rows += 1
        if record.type == MT:
            self._add_outgoing(record, now, zone)
        elif record.type == MO:
            self._add_incoming(record)

    def merge(self, other: "Tally") -> None:
        """Take the counts of other rows in."""
        self.rows += other.rows
        self.incoming += other.incoming
        self.replies += other.replies
        self.opt_outs += other.opt_outs
        self.statuses.update(other.statuses)
        for status, cost in other.costs.items():
            self.costs[status] = self.costs.get(status, _NOTHING) + cost
        self.unpriced += other.unpriced
        self.provisional_rows += other.provisional_rows
        self.delay_bins.update(other.delay_bins)
        self.delays_left_out += other.delays_left_out

    def _add_outgoing(self, record: MessageRecord, now: datetime, zone: tzinfo) -> None:
        status = record.status_name
        self.statuses[status] += 1
        if record.cost is not None:
            self.costs[status] = self.costs.get(status, _NOTHING) + record.cost
        elif status in ATTEMPTED:
            self.unpriced += 1
        if status in _UNSETTLED and now - record.date < SETTLING_AGE:
            self.provisional_rows += 1
        if status == DELIVERED:
            self._add_delay(delay_between(record.date, record.dlr_date, zone))

    def _add_delay(self, seconds: int | None) -> None:
        if seconds is None:
            self.delays_left_out += 1
        else:
            self.delay_bins[bin_of(seconds)] += 1

    def _add_incoming(self, record: MessageRecord) -> None:
        self.incoming += 1
        if is_opt_out(record.message):
            self.opt_outs += 1
        else:
            self.replies += 1


_UNSETTLED = frozenset(("sent", *PENDING))


def tally(records: Iterable[MessageRecord], now: datetime) -> Tally:
    """Count rows. `now` is aware, in the provider's zone: it judges what is still settling."""
    return tally_by(records, now, lambda _: None).get(None, Tally())


def tally_by(
    records: Iterable[MessageRecord], now: datetime, key: Callable[[MessageRecord], Key]
) -> dict[Key, Tally]:
    """Count rows apart by `key`; the parts add up to `tally` of all of them."""
    zone = _zone(now)
    wall = now.replace(tzinfo=None)
    found: dict[Key, Tally] = {}
    for record in records:
        name = key(record)
        if name not in found:
            found[name] = Tally()
        found[name].add(record, wall, zone)
    return found


def _zone(now: datetime) -> tzinfo:
    if now.tzinfo is None:
        raise ValueError("`now` must be aware")
    return now.tzinfo


def ratio(part: float, whole: float) -> float | None:
    """part ÷ whole; None of nothing, never 0 % or 100 % of it."""
    return part / whole if whole else None


def wilson(hits: int, tries: int) -> tuple[float, float] | None:
    """Wilson score interval at 95 % for hits of tries (Wilson 1927); None of nothing."""
    if not tries:
        return None
    share, square = hits / tries, Z95 * Z95
    spread = Z95 * sqrt(share * (1 - share) / tries + square / (4 * tries * tries))
    middle, scale = share + square / (2 * tries), 1 + square / tries
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def is_opt_out(text: str) -> bool:
    """An incoming text whose first word is STOP, in any case."""
    words = text.split(maxsplit=1)
    return bool(words) and words[0].strip(".,;:!?\"'()").casefold() == OPT_OUT_WORD
