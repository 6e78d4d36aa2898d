"""The exact window routine: every row of a range of time, proven, or a sentence why not.

    range ──▶ ask one window ──▶ empty, or an empty page behind it ──▶ Proven
                   │              (longer than any page yet: read twice alike)
                   ├─ too full, in order of time ──▶ its first seconds, and an empty page behind
                   │                                 them ──▶ Proven; the rest is asked anew
                   ├─ too full, in another order ──▶ split by time … down to one second
                   └─ one second too full ──▶ passes under several sorts until two agree

One response cannot be torn by pages that shift; totals and short pages prove nothing (a page cap may
be lower than asked). One second more is asked on both sides and cut off here, which is right however
the provider reads its bounds; exactly its seconds are asked of a window only that is too full, and its
outcome says so: it is as true as what is known of the bounds, which the provider has to show once more
before the first such question, and to whoever keeps the outcome behind the last. Reads through a
`Reader`; knows no database and no Django.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from threading import Lock

from messages_app.archive.bounds import SECOND, WIDE, Bounds, Reader, confirmed, found_out
from messages_app.archive.crew import Crew
from messages_app.provider import BadRow, MessageRecord, Page, PageRequest, PagingFault

PAGE_LENGTH = 1000
"""The longest page that the provider documents."""

GOAL_ROWS = 700
"""Rows aimed at in one window: near a full page, with room for traffic that is not even."""

CAMPAIGN_ROWS = 300
"""Rows on one second of a page that make it a campaign's."""

PLAUSIBLE_ROWS = 10**9
"""A total above it is not repeated to people."""

MAX_PIECES = 64
"""Windows that one split makes at most, however large a total claims to be."""

OVERLAP = 50
"""Rows that a pass reads again after a full page: more than one recipient gets in one second."""

SAME_AGAIN = 10
"""Rows of a page that come once more, these and no others, where those behind it were asked for: so
many are no accident."""

MAX_PASSES = 8

BEAT = 1.0
"""Seconds after which the caller gets a word while calls are under way."""

HEAVY_SORTS = ("destination", "-destination", "sender", "-sender")
"""Sorts for a second with more than a page. Under `date` all its rows are ties, which may come in
another order each time: pages of it overlap and miss about a third, and never agree."""


def gettext_noop(text: str) -> str:
    """Mark a sentence for extraction (`makemessages` knows the name) without Django."""
    return text


UNREADABLE = gettext_noop("Some rows could not be understood.")
RANGE_IGNORED = gettext_noop("The provider shows rows outside the asked range.")
BOUNDS_CHANGED = gettext_noop("The provider reads the ends of a range in another way than before.")
START_IGNORED = gettext_noop("The provider shows the same rows on every page.")
NEVER_ALIKE = gettext_noop("One second with very many rows never read the same twice.")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A range of naive wall-clock seconds, both ends included."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds()) + 1

    def holds(self, record: MessageRecord) -> bool:
        return self.start <= record.date <= self.end

    def wider(self) -> "Window":
        """The window with the second before and the second after it, as it is asked."""
        return Window(self.start - SECOND, self.end + SECOND)

    def around(self, second: datetime) -> list["Window"]:
        """The window cut into what lies before `second`, that second, and what lies after it."""
        pieces = [Window(self.start, second - SECOND), Window(second, second)]
        pieces.append(Window(second + SECOND, self.end))
        return [piece for piece in pieces if piece.start <= piece.end]

    def split(self, pieces: int) -> list["Window"]:
        """Cut into `pieces` equal windows, or one for each second where that is fewer."""
        pieces = min(pieces, self.seconds)
        edges = [self.start + SECOND * (self.seconds * n // pieces) for n in range(pieces + 1)]
        return [Window(a, b - SECOND) for a, b in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Proven:
    """A window's rows, whole. `read_at` is the time of its earliest reading (aware UTC).

    `by`: only if the provider read its bounds so, which is for sure where it is WIDE.
    """

    window: Window
    records: tuple[MessageRecord, ...]
    read_at: datetime
    by: Bounds = WIDE


@dataclass(frozen=True, slots=True)
class Unproven:
    """A window that could not be proven: the rows seen, and why they may not be all."""

    window: Window
    records: tuple[MessageRecord, ...]
    read_at: datetime
    reason: str
    bad_rows: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one response says a window holds, still to be proven by an empty page behind it.

    `skip` is how many rows of the response lie up to the window's end as the provider counts them.
    """

    proven: Proven
    skip: int


Step = Proven | Unproven | Claimed | Window
"""What a look at a window leads to: an outcome, or something else to look at."""


class TooMuch(Exception):
    """The range holds more than the caller allowed. `rows` is the provider's own count, if any."""

    def __init__(self, rows: int | None) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(slots=True)
class Allowance:
    """How much one fetch may cost; None is no limit."""

    rows: int | None = None
    calls: int | None = None
    spent_calls: int = 0
    spent_rows: int = 0
    is_looked_ahead: bool = False
    """Whether it was asked if there are more rows than allowed."""

    def spend(self, *, calls: int = 0, rows: int = 0) -> None:
        self.spent_calls += calls
        self.spent_rows += rows
        over_calls = self.calls is not None and self.spent_calls > self.calls
        if over_calls or (self.rows is not None and self.spent_rows > self.rows):
            raise TooMuch(None)


@dataclass(slots=True)
class Lengths:
    """What pages told of how long a page of the provider may be. One that learns is kept for the next
    fetch, but not for long: a provider may change it."""

    caps: set[int] = field(default_factory=set)
    """Lengths at which pages were cut."""

    longest: int = 0

    def is_cap(self, size: int) -> bool:
        """Whether more lies behind a page of this length, as far as lengths tell: one that is shorter
        than others was cut by chance where it was, and may be whole the next time."""
        return size >= PAGE_LENGTH or (size in self.caps and size >= self.longest)

    def saw(self, page: Page) -> None:
        self.longest = max(self.longest, page.size)

    def was_cut(self, page: Page) -> None:
        """More lay behind a page: whatever was longer, the cap may be lower by now."""
        self.caps.add(page.size)
        self.longest = page.size

    def is_surely_whole(self, page: Page) -> bool:
        """Whether a page that nothing lies behind was not cut either when it was read.

        One row too many and one deleted since would look the same. A total is no proof, but a hint.
        """
        is_short = page.size < self.longest and page.size not in self.caps
        return is_short and (page.total_display_records or 0) <= page.size


def fetch_windows(
    reader: Reader,
    windows: Iterable[Window],
    narrow: PageRequest,
    *,
    bounds: Bounds = WIDE,
    at_once: int = 1,
    spread: int | None = None,
    allowance: Allowance | None = None,
    lengths: Lengths | None = None,
    urgent: Iterator[Window | None] | None = None,
    beat: Callable[[], None] = lambda: None,
    changed: Callable[[Bounds], None] = lambda _bounds: None,
) -> Generator[Proven | Unproven, None, None]:
    """Fetch every window whole, several at once, and yield what became of each piece as it comes.

    `narrow` bears the filters (its dates and paging are replaced); `bounds` is how the provider reads
    dates, where that is known. `windows` is drawn from only as there is room for another. A window
    too full for one response is cut into `spread` pieces at most (`at_once` unless said): more are
    sooner done, fewer take fewer calls. `beat` is called at least every BEAT seconds, but for the time
    that the caller itself takes over one outcome. `urgent` is asked as often, while other windows are
    under way: what it gives goes past all that waits; None means nothing for now. `changed` hears once how
    the provider reads its bounds, where that is not as known.

    Raises ProviderError as soon as a call fails for good, PagingFault among them where the provider
    shows one page again and again, and TooMuch where `allowance` is used up;
    what was yielded stays true. Who leaves it early closes it: its threads end in the caller's thread.
    """
    asker = _Asker(
        reader, narrow, bounds, allowance or Allowance(), spread or at_once, lengths or Lengths()
    )
    source, urgent = iter(windows), urgent or iter(())
    with Crew(asker.look, at_once) as crew:
        while True:
            while crew.has_room() and (more := next(source, None)):
                crew.add(more)
            while (
                crew.has_patient() and crew.has_room(urgent=True) and (more := next(urgent, None))
            ):
                crew.add(more, urgent=True)
            if asker.bounds != bounds:
                bounds = asker.bounds
                changed(bounds)
            if crew.is_done():
                return
            for outcome in crew.results(BEAT):
                asker.allowance.spend(rows=len(outcome.records))
                yield outcome
            beat()


@dataclass(slots=True)
class _Asker:
    reader: Reader
    narrow: PageRequest
    bounds: Bounds
    allowance: Allowance
    spread: int
    lengths: Lengths
    is_sure: bool = False
    """Whether the provider was asked, since the fetch began, if it still reads its bounds so."""

    _asking: Lock = field(default_factory=Lock)

    def ask(self, window: Window, start: int, sort: str, bounds: Bounds) -> Page:
        self.allowance.spend(calls=1)
        request = replace(
            self.narrow,
            date_start=window.start,
            date_end=window.end,
            start=start,
            length=PAGE_LENGTH,
            sort=sort,
        )
        page = self.reader.page(bounds.asked(request))
        self.lengths.saw(page)
        return page

    def look(
        self, step: Window | Claimed
    ) -> tuple[list[Proven | Unproven], list[Window | Claimed]]:
        """What a look makes sure, and what else is to be looked at."""
        found = self.settle(step) if isinstance(step, Window) else self.prove(step)
        sure = [one for one in found if isinstance(one, Proven | Unproven)]
        return sure, [one for one in found if isinstance(one, Window | Claimed)]

    def settle(self, window: Window) -> tuple[Step, ...]:
        """Try to hold the window in one response; where it does not fit, begin with what does.

        Beside a campaign's second the wide answer is full of the neighbour's rows, so that what does
        not fit is asked once more exactly.
        """
        page = self.ask(window, 0, "date", WIDE)
        if found := self.whole(window, page, WIDE):
            return found
        self.look_ahead(window, page)
        bounds = self.sure_bounds(page)
        if bounds != WIDE:
            if found := self.first_seconds(window, page, bounds):
                return found
            # Where no neighbour takes room from it, an exact answer is no shorter.
            if page.bad_rows or any(not window.holds(row) for row in page.records):
                page = self.ask(window, 0, "date", bounds)
                if found := self.whole(window, page, bounds):
                    return found
        if window.seconds == 1:
            return (self.settle_heavy(window, bounds),)
        return self.first_seconds(window, page, bounds) or tuple(self.smaller(window, page, bounds))

    def sure_bounds(self, page: Page) -> Bounds:
        """How the provider reads its bounds, shown by rows of `page`; WIDE where these show nothing.

        Asked before anything exact, since one that has changed its mind and does so again before the
        outcome is confirmed would not be found out. Where it has, it is found out how it reads them now.
        """
        with self._asking:
            if not self.is_sure and self.bounds != WIDE:
                if not confirmed(self.reader, self.bounds, page.records):
                    found = found_out(self.reader, page.records)
                    if found is None:
                        return WIDE
                    self.bounds = found
                self.is_sure = True
            return self.bounds

    def whole(self, window: Window, page: Page, bounds: Bounds) -> tuple[Step, ...]:
        """What a response to a question for the whole window makes sure; nothing if it does not fit."""
        if page.is_empty:
            return (Proven(window, (), page.fetched_at, bounds),)
        rows = _unite(page.records)
        if not self.lengths.is_cap(page.size) and self.is_end(window, page, bounds):
            # A bad row may be a neighbour's: where that can be told, it is.
            if page.bad_rows and bounds == self.bounds:
                return self.around_bad(window, page)
            # A row that comes twice has taken the place of another: as good as not fitting.
            if len(rows) == page.size and self.is_uncut(window, page, bounds):
                return (Proven(window, _cut(rows, window), page.fetched_at, bounds),)
        if any(not window.wider().holds(row) for row in page.records):
            return (Unproven(window, _cut(rows, window), page.fetched_at, RANGE_IGNORED),)
        return ()

    def is_end(self, window: Window, page: Page, bounds: Bounds) -> bool:
        """Whether nothing lies behind a page; where something does, its length is a cap."""
        behind = self.ask(window, page.size, "date", bounds)
        if behind.is_empty:
            return True
        _refuse_same(page.records, behind)
        self.lengths.was_cut(page)
        return False

    def is_uncut(self, window: Window, page: Page, bounds: Bounds) -> bool:
        """Whether a page that nothing lies behind held all there was: where its length does not say
        so, whether the same rows come once more. One that was cut off would now be among them."""
        if self.lengths.is_surely_whole(page):
            return True
        again = self.ask(window, 0, "date", bounds)
        return (
            again.size == page.size and _unite(again.records).keys() == _unite(page.records).keys()
        )

    def around_bad(self, window: Window, page: Page) -> tuple[Step, ...]:
        """What cannot be understood, in as narrow a window as its good neighbours in the page tell, and
        what lies beside it. Where that is no narrower, the window is unproven.

        The page may be in another order: each piece is looked at for itself.
        """
        bad = {row.index for row in page.bad_rows}
        good = [index for index in range(page.size) if index not in bad]
        dates = dict(zip(good, (row.date for row in page.records), strict=True))
        before = [dates[index] for index in good if index < min(bad)]
        behind = [dates[index] for index in good if index > max(bad)]
        start = max(window.start, max(before, default=window.start))
        end = min(window.end, min(behind, default=window.end))
        if start > end or Window(start, end) == window:
            held = _cut(_unite(page.records), window)
            return (Unproven(window, held, page.fetched_at, UNREADABLE, page.bad_rows),)
        pieces = (Window(window.start, start - SECOND), Window(start, end))
        return tuple(
            piece
            for piece in (*pieces, Window(end + SECOND, window.end))
            if piece.start <= piece.end
        )

    def look_ahead(self, window: Window, page: Page) -> None:
        """Refuse early what is too much: a row behind the allowed ones proves it, a total does not."""
        most = self.allowance.rows
        if most is None or self.allowance.is_looked_ahead:
            return
        self.allowance.is_looked_ahead = True
        if not self.ask(window, most, "date", self.bounds).is_empty:
            claimed = page.total_display_records or 0
            raise TooMuch(claimed if most < claimed <= PLAUSIBLE_ROWS else None)

    def first_seconds(self, window: Window, page: Page, bounds: Bounds) -> tuple[Step, ...]:
        """What a full page in order of time holds whole, and the rest; nothing for any other page.

        Its last second may go on behind the page, those before it cannot.
        """
        dates = [row.date for row in page.records]
        if bounds == WIDE:
            # The second asked for behind the piece may have rows: no page there would be empty.
            return ()
        if page.bad_rows or dates != sorted(dates) or len(_unite(page.records)) < page.size:
            return ()
        piece = Window(window.start, dates[-1] - SECOND)
        if not window.start <= piece.end < window.end:
            return ()
        rest = Window(dates[-1], window.end)
        left = max((page.total_display_records or 0) - page.size, 1)
        pieces = min(self.spread, -(-left // GOAL_ROWS))
        held = _cut(_unite(page.records), piece)
        skip = sum(piece.start <= date <= piece.end for date in dates)
        claimed = Claimed(Proven(piece, held, page.fetched_at, bounds), skip)
        return (claimed, *rest.split(pieces))

    def prove(self, claim: Claimed) -> tuple[Step, ...]:
        """Ask behind the claimed rows; where more come, the window is looked at in halves."""
        window = claim.proven.window
        behind = self.ask(window, claim.skip, "date", claim.proven.by)
        if behind.is_empty:
            return (claim.proven,)
        _refuse_same(claim.proven.records, behind)
        if window.seconds == 1:
            return (self.settle_heavy(window, claim.proven.by),)
        return tuple(window.split(2))

    def smaller(self, window: Window, page: Page, bounds: Bounds) -> list[Step]:
        """What to look at instead of a window that holds more than `page`.

        A second that fills much of the page is a campaign: it is taken out at once, where halving would
        ask some seventeen times to find it in a day. Otherwise equal pieces, as many as the total hints.
        """
        seconds = Counter(row.date for row in page.records if window.holds(row))
        for second, count in seconds.most_common(1):
            if count >= CAMPAIGN_ROWS:
                campaign = Window(second, second)
                beside = [piece for piece in window.around(second) if piece != campaign]
                # One that fills the page has no room in another either.
                if count == page.size:
                    return [self.settle_heavy(campaign, bounds), *beside]
                return [campaign, *beside]
        # A total above what is allowed was found wrong: such rows were asked for and are not there.
        claimed = min(page.total_display_records or 0, self.allowance.rows or PLAUSIBLE_ROWS)
        hint = max(claimed, page.size)
        return [*window.split(min(MAX_PIECES, max(2, -(-hint // GOAL_ROWS))))]

    def settle_heavy(self, window: Window, bounds: Bounds) -> Proven | Unproven:
        """A single second with more rows than a page: passes until two agree on all that was seen."""
        seen: dict[str, MessageRecord] = {}
        passes: list[frozenset[str]] = []
        first: datetime | None = None
        for number in range(MAX_PASSES):
            one = self.one_pass(window, HEAVY_SORTS[number % len(HEAVY_SORTS)], bounds)
            if isinstance(one, Unproven):
                return one
            rows, read_at = one
            first = first or read_at
            seen.update(rows)
            passes.append(frozenset(rows))
            if passes[:-1] and passes[-1] == passes[-2] == frozenset(seen):
                return Proven(window, tuple(seen.values()), first, bounds)
        assert first is not None
        return Unproven(window, tuple(seen.values()), first, NEVER_ALIKE)

    def one_pass(
        self, window: Window, sort: str, bounds: Bounds
    ) -> tuple[dict[str, MessageRecord], datetime] | Unproven:
        rows: dict[str, MessageRecord] = {}
        keys: set[str] = set()
        start, read_at, was_known = 0, None, False
        while True:
            page = self.ask(window, start, sort, bounds)
            read_at = read_at or page.fetched_at
            if page.is_empty:
                return rows, read_at
            if page.bad_rows:
                return Unproven(window, tuple(rows.values()), read_at, UNREADABLE, page.bad_rows)
            found = _unite(page.records)
            # The rows read once more may be all that is left, once.
            is_known = found.keys() <= keys
            if is_known and (was_known or page.size > OVERLAP):
                return Unproven(window, tuple(rows.values()), read_at, START_IGNORED)
            was_known = is_known
            keys |= found.keys()
            rows |= {key: row for key, row in found.items() if window.holds(row)}
            # Equals may swap places between two responses: a full page's end is read once more.
            is_cut = self.lengths.is_cap(page.size)
            start += page.size - (min(OVERLAP, page.size // 2) if is_cut else 0)


def _refuse_same(rows: Iterable[MessageRecord], behind: Page) -> None:
    """Raise PagingFault where what should lie behind the rows is these rows."""
    keys = _unite(rows).keys()
    if len(keys) >= SAME_AGAIN and _unite(behind.records).keys() == keys:
        raise PagingFault


def _unite(records: Iterable[MessageRecord]) -> dict[str, MessageRecord]:
    return {record.key: record for record in records}


def _cut(rows: dict[str, MessageRecord], window: Window) -> tuple[MessageRecord, ...]:
    return tuple(row for row in rows.values() if window.holds(row))
