"""One answer for a number's conversation, from archive or provider; and how far it was looked.

    number ─▶ what the archive holds ─▶ all of it, fresh ─▶ archive
                        │
                        └─▶ provider: outgoing by number · incoming read through, newest first,
                            where the archive has holes · or else what the archive has, and why

Views ask here, so that the messages of a page and its figures agree on their source.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Min

from messages_app import clock
from messages_app.analysis.archived_conversations import (
    archived_opt_out,
    archived_own,
    archived_rows,
    archived_stretch,
    new_rows,
    received_from,
    sent_to,
)
from messages_app.analysis.choice import look_at
from messages_app.analysis.conversations import (
    Own,
    Place,
    Stretch,
    first_opt_out,
    own_figures,
    stretch,
)
from messages_app.analysis.live_conversations import (
    Look,
    Reached,
    holes,
    look_through,
    reach,
    whole,
)
from messages_app.analysis.periods import HORIZON
from messages_app.analysis.prices import Prices
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import figures_archived
from messages_app.answers import ARCHIVE, LIVE, Answered, held_of
from messages_app.archive.bounds import SECOND
from messages_app.archive.coverage import joined
from messages_app.archive.plan import kept_from, past_end
from messages_app.archive.windows import TooMuch, Window
from messages_app.models import Span
from messages_app.privacy import Mask
from messages_app.provider import ProviderError
from messages_app.sources import live_source

SIZE = 50
"""Messages of one stretch."""

LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stretch of a number's messages. `opted_out` is the first opt-out that is known of.

    `looked` says how far incoming messages were read through, None where all are known; `failure` why
    no further. `own` are the figures of `counted`, None where they are not known or not asked for.
    """

    stretch: Stretch
    opted_out: datetime | None = None
    looked: Look | None = None
    failure: ProviderError | TooMuch | None = None
    own: Own | None = None
    counted: MessageQuery | None = None


def question_of(number: str, mask: Mask) -> MessageQuery:
    """All that can be known of a number, as a question; the same all day, so that readings are shared."""
    now = clock.now()
    held: datetime | None = Span.objects.aggregate(first=Min("start"))["first"]
    known = kept_from(now)
    first = min(known, held) if held else known
    # No further than workers read: what the archive never holds would keep it from answering.
    ahead = min(HORIZON, timedelta(days=settings.ARCHIVE_AHEAD_DAYS))
    last = datetime.combine(now.date() + ahead, LAST_SECOND)
    prices = Prices(settings.CREDIT_PRICE)
    query = MessageQuery(now=now, destination=number, prices=prices, mask=mask)
    return query.within(first, last)


class Asked:
    """What is asked of a number's conversation, and what the archive holds of it.

    Messages in front of the place `before`, the latest where there is none. `days` is how much of the
    incoming messages is read through where the archive lacks them; `with_own` asks for figures too.
    """

    def __init__(
        self, query: MessageQuery, before: Place | None, days: int, *, with_own: bool
    ) -> None:
        now = clock.real_now()
        self.query, self.before, self.days, self.with_own = query, before, days, with_own
        self.today = datetime.combine(query.now.date(), LAST_SECOND)
        self.past = held_of(query.within(query.span[0], self.today), now)
        self.held = held_of(query, now)
        # Also where nothing is missing: workers keep fresh only what somebody looks at.
        look_at(query, now)

    def conversation(self) -> Answered[Conversation]:
        """The answer. Raises ProviderError and TooMuch where neither source has one."""
        if self.is_archived:
            return self.archived()
        try:
            return self.live()
        except (ProviderError, TooMuch) as failure:
            if self.past.as_of is None:
                raise
            return self.archived(failure)

    @property
    def is_at_hand(self) -> bool:
        """Whether it comes at once, without asking the provider."""
        return self.is_archived or live_source().has(sent_to(self.shown))

    @property
    def is_archived(self) -> bool:
        # What is planned is read every ten minutes alone: only the past has to be of this minute.
        return self.held.is_whole and self.past.is_fresh and self.past.as_of is not None

    @property
    def shown(self) -> MessageQuery:
        """The question as far back as the provider shows messages for sure."""
        start, end = self.query.span
        return self.query.within(max(start, kept_from(self.query.now)), end)

    def archived(self, failure: ProviderError | TooMuch | None = None) -> Answered[Conversation]:
        own = archived_own(self.query) if self.with_own else None
        opted_out = own.opted_out if own else archived_opt_out(self.query)
        found = archived_stretch(self.query, self.before, SIZE)
        value = Conversation(found, opted_out, own=own, counted=self.query)
        as_of = self.past.as_of or self.query.now
        return Answered(value, self.query, as_of, ARCHIVE, self.past, failure=failure)

    def live(self) -> Answered[Conversation]:
        sent = self._sent()
        is_short = sent.since > self.shown.span[0]
        if is_short and self.held.is_whole and self.past.as_of is not None:
            # Not of this minute, but all of it: better than the end of what is too much to read.
            return self.archived()
        looked, failure = self._look()
        kept = archived_rows(self.query, self.before, SIZE) if self.past.as_of else []
        rows = [*kept, *looked.rows, *sent.rows]
        if is_short:
            rows = [row for row in rows if row.date >= sent.since]
        found = stretch(rows, self.before, SIZE)
        if is_short and found.before is None:
            found = replace(found, before=Place(sent.since, 0))
        known = archived_opt_out(self.query) if self.past.as_of else None
        value = Conversation(
            found,
            first_opt_out(looked.rows, known),
            looked if looked.since else None,
            failure,
            None if is_short or not self.with_own else self._own(sent, looked, known),
            self.shown,
        )
        unproven = tuple(sorted({*sent.unproven, *looked.unproven}))
        return Answered(value, self.query, sent.as_of, LIVE, self.past, unproven)

    def _sent(self) -> Reached:
        """Outgoing messages: all of them, or the latest in front of the place where they are too many."""
        asked, source = sent_to(self.shown), live_source()
        if self.before is None:
            return reach(source, asked, self.today)
        try:
            return whole(source, asked)
        except TooMuch:
            latest = self.before.date
            return reach(source, asked.within(asked.span[0], latest), latest)

    def _own(self, sent: Reached, looked: Look, opted_out: datetime | None) -> Own:
        """Figures of what the provider shows; incoming messages only where all of them are known."""
        query, heard = self.query, looked.since is None and self.before is None
        received = new_rows(looked.rows) if self.past.as_of else looked.rows
        own = own_figures(
            [*sent.rows, *(received if heard else [])],
            query.now,
            query.prices,
            opted_out=first_opt_out(looked.rows, opted_out),
            is_heard=heard,
        )
        if heard and self.past.as_of:
            own.found.merge(figures_archived(received_from(self.shown)))
        return own

    def _look(self) -> tuple[Look, ProviderError | TooMuch | None]:
        """Incoming messages where the archive lacks them; outgoing ones stand also without."""
        now = self.query.now.replace(tzinfo=None)
        # To the hour's end: what is read within it is kept for the next look.
        young = Window(past_end(self.query.now) + SECOND, now.replace(minute=59, second=59))
        end = _end(self.before) if self.before else young.end
        gaps = holes(joined([*self.past.missing, young]), end)
        try:
            return look_through(live_source(), received_from(self.query), gaps, self.days), None
        except (ProviderError, TooMuch) as failure:
            return Look(since=end + SECOND, following=self.days), failure


def _end(before: Place) -> datetime:
    """The last second that holds rows in front of a place."""
    return before.date if before.key else before.date - SECOND
