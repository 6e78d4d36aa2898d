"""Which source answers a question: the archive where it holds the range, else the provider.

The one decision for lists, figures, charts and exports:

Whole and fresh, the archive answers everything. Whole but aged, it answers figures and charts, and
lists that the provider cannot; lists that it can come live. In part, while a worker fills the rest,
likewise, and the page says what is missing; with nobody there to fill it, all is read live.

Where the provider fails, the archive answers with whatever it has, and says as of when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from messages_app.analysis.conditions import is_wholly_pushed
from messages_app.analysis.query import MessageQuery
from messages_app.archive import looks
from messages_app.archive.coverage import Fetched, overlap, without
from messages_app.archive.faults import FAILURES, hurried, kind_of
from messages_app.archive.looks import Progress
from messages_app.archive.plan import gaps, in_force, judged, kept_from, past_end
from messages_app.archive.store import is_filling, spans_in
from messages_app.archive.windows import Window

FRESH = timedelta(seconds=75)
"""A reading of the present this old still is the present: workers read it every half minute."""

RECHECKED = timedelta(minutes=40)
"""So old may the reading of anything unsettled be: workers read it every half hour."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What the archive holds of a question's range.

    `share` (0–1) is of the seconds that can be held by now; `missing` the ranges that are not.
    `lost` are ranges that were never read and that the provider has forgotten by now. `as_of`
    (aware) is the reading that the youngest part is from, None where nothing is held.
    """

    share: float
    missing: tuple[Window, ...]
    as_of: datetime | None
    is_fresh: bool
    is_filling: bool
    lost: tuple[Window, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.missing

    @property
    def answers_figures(self) -> bool:
        return self.is_filling or (self.is_whole and self.as_of is not None)

    def answers_list(self, query: MessageQuery) -> bool:
        if self.is_whole and self.is_fresh and self.as_of:
            return True
        return self.answers_figures and not is_wholly_pushed(query)


def window_of(query: MessageQuery) -> Window:
    return Window(*query.span)


def holding(query: MessageQuery, now: datetime) -> Holding:
    """What the archive holds of a question. `now` is real time: it judges how old readings are."""
    window = window_of(query)
    spans = spans_in(window)
    parts = judged(window, query.now)
    edge = kept_from(query.now)
    found = gaps(window, spans, query.now)
    lost = tuple(part for gap in found for part in without(gap, [Window(edge, gap.end)]))
    missing = tuple(part for gap in found for part in without(gap, lost))
    lacking = sum(gap.seconds for gap in missing)
    whole = sum(part.seconds for part in parts) - sum(part.seconds for part in lost)
    inside = [s for s in in_force(spans, query.now) if any(overlap(s.window, p) for p in parts)]
    return Holding(
        share=1 - lacking / whole if whole else 1.0,
        missing=missing,
        as_of=_as_of(inside, query.now),
        is_fresh=all(_is_fresh(span, query.now, now) for span in inside),
        is_filling=is_filling(now),
        lost=lost,
    )


def nothing_of(query: MessageQuery) -> Holding:
    """What an archive of something else holds of a question."""
    return Holding(0.0, (window_of(query),), None, is_fresh=False, is_filling=False)


def look_at(query: MessageQuery, now: datetime) -> Progress:
    """Tell the workers that somebody looks at this range, and hear how far they are.

    Where the database takes no note the page is shown all the same: it says why nothing comes.
    """
    try:
        with hurried():
            return looks.note(window_of(query), now)
    except FAILURES as error:
        return Progress(0, 0, 0, is_stopped=False, refused=kind_of(error))


def _is_fresh(span: Fetched, query_now: datetime, now: datetime) -> bool:
    age = now - span.fetched_at
    if span.settled:
        return True
    if span.window.end >= past_end(query_now) - timedelta(hours=2):
        return age <= FRESH
    return age <= RECHECKED


def _as_of(spans: Sequence[Fetched], now: datetime) -> datetime | None:
    """The oldest reading of the youngest kind there is: of the present, the unsettled, the settled."""
    young = past_end(now) - timedelta(hours=2)
    present = [span for span in spans if span.window.end >= young]
    unsettled = [span for span in spans if not span.settled]
    for kind in (present, unsettled, spans):
        if kind:
            return min(span.fetched_at for span in kind).astimezone(now.tzinfo)
    return None
