"""The question as one frozen value: what is asked, of which range, in which order, which page.

It knows no request, no database and no provider; `now` comes with it and nobody below reads a clock.
`filters.read_question` makes it from URL parameters, `to_params` is the way back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Self

from messages_app.analysis import fence as fences
from messages_app.analysis.fence import Outside
from messages_app.analysis.periods import CUSTOM, DEFAULT_PERIOD, PERIODS, Span
from messages_app.analysis.prices import NO_PRICES, Prices
from messages_app.privacy import COVERED, Mask
from messages_app.sms.zones import SECOND

DEFAULT_SORT = "-date"
DEFAULT_PER_PAGE = 50
PER_PAGE_CHOICES = (25, 50, 100, 200)

Params = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """One question about the messages.

    `date_start` and `date_end` are naive wall times of the provider's zone, both included, and set
    exactly when `period` is "custom". `now` is aware, in that zone. Several countries or statuses
    mean any of them. `destination` and `sender` hold digits, or a short code or name as typed; with
    `*` at their end they mean whatever begins so. `reference` is the sender's own
    (`client_message_id`), `client` the `client_id`. `kind`, `slot` and `delay` narrow to the rows of
    one mark of a chart: one of `statuses.KINDS`, an hour of the week ("mon-09"), and a time to
    delivery ("20-60": seconds from, and up to below). `prices` says what a credit costs, `mask` how much
    of numbers and texts the answer shows; like `now` they come with the question and are no part of
    its address. `fence` is the question of the share link that a visitor came by, None for everybody
    else: no row, second or figure lies outside it.
    """

    now: datetime
    period: str = DEFAULT_PERIOD
    date_start: datetime | None = None
    date_end: datetime | None = None
    destination: str = ""
    sender: str = ""
    message: str = ""
    type: str = ""
    countries: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    campaign: str = ""
    client: str = ""
    reference: str = ""
    kind: str = ""
    slot: str = ""
    delay: str = ""
    sort: str = DEFAULT_SORT
    page: int = 1
    per_page: int = DEFAULT_PER_PAGE
    prices: Prices = NO_PRICES
    mask: Mask = COVERED
    fence: "MessageQuery | None" = field(default_factory=fences.present)

    @property
    def zone(self) -> tzinfo:
        """The provider's zone, which every wall time here is of."""
        if self.now.tzinfo is None:
            raise ValueError("`now` must be aware")
        return self.now.tzinfo

    @property
    def span(self) -> Span:
        """First and last second asked for within the fence, as naive wall times. Raises Outside."""
        start, end = self.own_span
        if self.fence is None:
            return start, end
        first, last = self.fence.own_span
        start, end = max(start, first), min(end, last)
        if start > end:
            raise Outside
        return start, end

    @property
    def own_span(self) -> Span:
        """The same as asked, whatever fence there is."""
        if self.period == CUSTOM:
            if self.date_start is None or self.date_end is None:
                raise ValueError("a free range needs both its ends")
            return self.date_start, self.date_end
        return PERIODS[self.period].span(self.now)

    @property
    def length(self) -> timedelta:
        start, end = self.span
        return end - start + SECOND

    @property
    def sort_key(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descends(self) -> bool:
        return self.sort.startswith("-")

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * self.per_page

    @property
    def layers(self) -> "tuple[MessageQuery, ...]":
        """The questions that a row has to answer: the fence's and this one."""
        return (self,) if self.fence is None else (self.fence, self)

    @property
    def asks_default_range(self) -> bool:
        """Whether the range is the one that stands for itself: the last days, or all of a fence."""
        if self.fence is None or self.period != self.fence.period:
            return self.fence is None and self.period == DEFAULT_PERIOD
        return self.period != CUSTOM or self.own_span == self.fence.own_span

    def to_params(self) -> Params:
        """The question as URL parameters, defaults left out; personal values still plain."""
        return list(self._params())

    def but(self, **changes: object) -> Self:
        """The same question with changes; a changed condition starts again on page 1."""
        if "page" not in changes:
            changes["page"] = 1
        return replace(self, **changes)  # type: ignore[arg-type]

    def inside(self) -> Self:
        """The question with its range cut to the fence's, and said as what it is. Raises Outside."""
        if self.fence is None or self.span == self.own_span:
            return self
        if self.span == self.fence.own_span:
            return self.over_default_range().but(page=self.page)
        return self.within(*self.span).but(page=self.page)

    def over_default_range(self) -> Self:
        """The same question over the last days, or over all of its fence."""
        if self.fence is None:
            return self.but(period=DEFAULT_PERIOD, date_start=None, date_end=None)
        start, end = self.fence.date_start, self.fence.date_end
        return self.but(period=self.fence.period, date_start=start, date_end=end)

    def within(self, start: datetime, end: datetime) -> Self:
        """The same question over another range, both seconds included."""
        return self.but(period=CUSTOM, date_start=start, date_end=end)

    def _params(self) -> Iterator[tuple[str, str]]:
        if self.asks_default_range:
            pass
        elif self.period == CUSTOM:
            start, end = self.span
            yield "date_start", start.isoformat(" ", "seconds")
            yield "date_end", end.isoformat(" ", "seconds")
        else:
            yield "period", self.period
        for name in ("destination", "sender", "message", "type"):
            if value := getattr(self, name):
                yield name, value
        yield from (("country", code) for code in self.countries)
        yield from (("status", name) for name in self.statuses)
        yield from (("details", text) for text in self.details)
        for name in ("campaign", "client", "reference", "kind", "slot", "delay"):
            if value := getattr(self, name):
                yield name, value
        if self.sort != DEFAULT_SORT:
            yield "sort", self.sort
        if self.page != 1:
            yield "page", str(self.page)
        if self.per_page != DEFAULT_PER_PAGE:
            yield "per_page", str(self.per_page)


def last_page(query: MessageQuery, total: int) -> int:
    """The number of the page that holds the last of `total` rows; 1 where there are none."""
    return max(1, -(-total // query.per_page))
