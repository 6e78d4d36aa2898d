"""What every number means: the only implementation of the metrics, as pure functions over rows.

Rows, or counts of rows alike, come as `Cell`s; `Tally` adds them up and derives the rates, so that
every way to a figure shares this one judgement. It knows no request, no database and no provider
connection.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from math import sqrt
from typing import NamedTuple, TypeVar

from messages_app.analysis.prices import NO_PRICES, Prices
from messages_app.analysis.statuses import MT_STATUSES
from messages_app.privacy import COVERED, Mask, words
from messages_app.provider import MessageRecord
from messages_app.sms.delays import Bins, bin_of, delay_between, percentile
from messages_app.sms.terms import (
    ATTEMPTED,
    DELIVERED,
    FAILED,
    MO,
    MT,
    PENDING,
    SENT,
    UNSETTLED,
    WITHDRAWN,
    is_opt_out,
)

SETTLING_AGE = timedelta(hours=72)
"""A receipt may take this long; younger rows without one are provisional."""

SMALL_SAMPLE = 30
"""A rate on fewer attempts is shown greyed and never ranked worst."""

Z95 = 1.959963984540054

_NOTHING = Decimal(0)

_NO_DELAYS: Mapping[int, int] = {}

Key = TypeVar("Key", bound=Hashable)


class Cell(NamedTuple):
    """Rows alike in type, country and state, counted; nothing is judged yet.

    `at` is a naive wall time in their bucket, `value` what else they have in common. `cost` is in
    credits, None where no row has one; `unpriced` are the rows without. `delays` are the known times
    to delivery, rows by index in delays.EDGES, None where they were not asked for. `is_young`: all of
    them are younger than SETTLING_AGE, else none is. `price` is what one credit costs at their time,
    None where that is not known.
    """

    at: datetime
    type: str
    country: str
    state: str
    value: str
    rows: int
    cost: Decimal | None
    unpriced: int
    opt_outs: int
    delays: Mapping[int, int] | None
    is_young: bool
    price: Decimal | None


_KNOWN = MT_STATUSES | {WITHDRAWN}


@dataclass(slots=True)
class Tally:
    """Additive counts of some rows, and the rates that follow from them.

    Costs are credits, `spent` is the same as money, and `priceless` the credits whose price is not
    known; delays are whole seconds; rates are fractions, None of nothing.
    """

    rows: int = 0
    incoming: int = 0
    replies: int = 0
    opt_outs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    costs: dict[str, Decimal] = field(default_factory=dict)
    spent: dict[str, Decimal] = field(default_factory=dict)
    priceless: Decimal = _NOTHING
    unpriced_by: Counter[str] = field(default_factory=Counter)
    provisional_rows: int = 0
    provisional_sent: int = 0
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
        """Pending rows gone from the provider: only an archive can know of them."""
        return self.statuses[WITHDRAWN]

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
        return sum(count for name, count in self.statuses.items() if name not in _KNOWN)

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
    def unpriced(self) -> int:
        """Attempted rows without a cost."""
        return self.unpriced_by.total()

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

    @property
    def money(self) -> Decimal | None:
        """What `cost` costs; None where the price of a part of it is not known."""
        return None if self.priceless else sum(self.spent.values(), _NOTHING)

    @property
    def wasted_money(self) -> Decimal | None:
        """What `wasted_cost` costs, as far as prices are known."""
        wasted = (self.spent.get(name, _NOTHING) for name in FAILED)
        return None if self.priceless else sum(wasted, _NOTHING)

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

    def add(self, cell: Cell) -> None:
        """Count rows in."""
        self.rows += cell.rows
        if cell.type == MT:
            self._add_outgoing(cell)
        elif cell.type == MO:
            self.incoming += cell.rows
            self.opt_outs += cell.opt_outs
            self.replies += cell.rows - cell.opt_outs

    def merge(self, other: "Tally") -> None:
        """Take the counts of other rows in."""
        self.rows += other.rows
        self.incoming += other.incoming
        self.replies += other.replies
        self.opt_outs += other.opt_outs
        self.statuses.update(other.statuses)
        for status, cost in other.costs.items():
            self.costs[status] = self.costs.get(status, _NOTHING) + cost
        for status, money in other.spent.items():
            self.spent[status] = self.spent.get(status, _NOTHING) + money
        self.priceless += other.priceless
        self.unpriced_by.update(other.unpriced_by)
        self.provisional_rows += other.provisional_rows
        self.provisional_sent += other.provisional_sent
        self.delay_bins.update(other.delay_bins)
        self.delays_left_out += other.delays_left_out

    def _add_outgoing(self, cell: Cell) -> None:
        state = cell.state
        self.statuses[state] += cell.rows
        if state == WITHDRAWN:
            return
        if cell.cost is not None:
            self._add_cost(state, cell.cost, cell.price)
        if state in ATTEMPTED and cell.unpriced:
            self.unpriced_by[state] += cell.unpriced
        if cell.is_young and state in UNSETTLED:
            self.provisional_rows += cell.rows
            self.provisional_sent += cell.rows if state == SENT else 0
        if state == DELIVERED and cell.delays is not None:
            for index, rows in cell.delays.items():
                self.delay_bins[index] += rows
            self.delays_left_out += cell.rows - sum(cell.delays.values())

    def _add_cost(self, state: str, credits: Decimal, price: Decimal | None) -> None:
        self.costs[state] = self.costs.get(state, _NOTHING) + credits
        if price is None:
            self.priceless += credits
        else:
            self.spent[state] = self.spent.get(state, _NOTHING) + credits * price


def youth(now: datetime) -> datetime:
    """The first whole second, as naive wall time, of rows that are younger than SETTLING_AGE."""
    return (now - SETTLING_AGE).replace(tzinfo=None, microsecond=0) + timedelta(seconds=1)


def cells(
    records: Iterable[MessageRecord],
    now: datetime,
    prices: Prices = NO_PRICES,
    value: Callable[[MessageRecord], str] = lambda _record: "",
    mask: Mask = COVERED,
) -> Iterator[Cell]:
    """Each row as a cell. `now` is aware, in the provider's zone: it judges what is young.

    `value` gives the further dimension that tells the cells apart. Of a status `seen_state` is told.
    """
    zone = _zone(now)
    young = youth(now)
    for record in records:
        state = record.state
        delays = _NO_DELAYS
        if state == DELIVERED and record.type == MT:
            index = delay_bin(record, zone)
            if index is not None:
                delays = {index: 1}
        yield Cell(
            at=record.date,
            type=record.type,
            country=record.country,
            state=seen_state(state, mask),
            value=value(record),
            rows=1,
            cost=record.cost,
            unpriced=record.cost is None,
            opt_outs=record.type == MO and opts_out(record),
            delays=delays,
            is_young=record.date >= young,
            price=prices.at(record.date),
        )


def seen_state(state: str, mask: Mask) -> str:
    """A status as it is seen under a mask: anybody may have written a number into an unknown one."""
    return state if state in _KNOWN else words(state, mask)


def delay_bin(record: MessageRecord, zone: tzinfo) -> int | None:
    """The bin of a delivered row's time to delivery (delays.EDGES); None where that is not known."""
    seconds = delay_between(record.date, record.dlr_date, zone)
    return None if seconds is None else bin_of(seconds)


def is_unpriced(record: MessageRecord) -> bool:
    """An outgoing row that was attempted and has no cost yet."""
    return record.type == MT and record.cost is None and record.state in ATTEMPTED


def opts_out(record: MessageRecord) -> bool:
    """An incoming row's first word is STOP."""
    # A row of the archive remembers it, also where its text is erased by now.
    known: bool | None = getattr(record, "is_opt_out", None)
    return is_opt_out(record.message) if known is None else known


def tally(
    records: Iterable[MessageRecord],
    now: datetime,
    prices: Prices = NO_PRICES,
    mask: Mask = COVERED,
) -> Tally:
    """Count rows. `now` is aware, in the provider's zone: it judges what is still settling."""
    return total(cells(records, now, prices, mask=mask))


def total(cells: Iterable[Cell]) -> Tally:
    """All cells together."""
    return tally_by(cells, lambda _: None).get(None, Tally())


def together(parts: Iterable[Tally]) -> Tally:
    """The counts of all parts in one."""
    found = Tally()
    for part in parts:
        found.merge(part)
    return found


def tally_by(cells: Iterable[Cell], key: Callable[[Cell], Key]) -> dict[Key, Tally]:
    """Count cells apart by `key`; the parts add up to `total` of all of them."""
    found: dict[Key, Tally] = {}
    for cell in cells:
        name = key(cell)
        if name not in found:
            found[name] = Tally()
        found[name].add(cell)
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
