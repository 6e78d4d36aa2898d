"""What is worth a look: the country that goes bad is found, and nothing else is.

Over days of the sandbox's traffic, judged as at six in the evening of each. False alarms are printed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from messages_app.analysis.facets import COUNTRY, parts_of
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.usual import weeks_before
from messages_app.around import Compared, judged
from messages_app.provider import MessageRecord
from messages_app.provider.rows import record_of
from sandbox.clock import instant_of
from sandbox.fate import TROUBLED, outage
from sandbox.plan import Planner
from sandbox.traffic import write_day
from tests.archive.filling import PARIS
from tests.campaign import rounds

ROWS = 1_000_000
"""Messages in six months."""

SEED = 3
EPOCH = datetime(1970, 1, 1)
FIRST = datetime(2026, 9, 20, 18, 0, 30, tzinfo=PARIS)
DAYS = [FIRST + timedelta(days=number) for number in range(30)]


@lru_cache(maxsize=64)
def _written(day: int) -> Sequence[object]:
    return write_day(Planner(ROWS, SEED).plan(day), SEED)


def rows_of(query: MessageQuery) -> list[MessageRecord]:
    """The question's rows as the provider shows them at its `now`."""
    start, end = query.span
    instant = instant_of(query.now)
    found = []
    for day in range((start - EPOCH).days, (end - EPOCH).days + 1):
        for message in _written(day):
            if message.shows(instant):  # type: ignore[attr-defined]
                record = record_of(0, message.row(instant))  # type: ignore[attr-defined]
                assert isinstance(record, MessageRecord)
                if start <= record.date <= end:
                    found.append(record)
    return found


def watched(now: datetime) -> Compared:
    day = MessageQuery(now=now, period="last_24_hours")
    found, *weeks = (parts_of(rows_of(q), q, COUNTRY) for q in (day, *weeks_before(day)))
    return judged(day, found, weeks)


def is_out(now: datetime) -> bool:
    """Whether the troubled country's operators failed in the last 24 hours, for hours."""
    start, end = outage(SEED, (now.replace(tzinfo=None) - EPOCH).days)
    return end > start


def test_days_of_trouble_are_found_and_on_calm_days_hardly_anything(capsys):
    days = DAYS[:: rounds(sample=5, full=1)]
    alarms = []
    for now in days:
        found = watched(now)
        names = [change.pair.key for change in found.changes]
        if is_out(now):
            assert names[:1] == [TROUBLED], (now, names)
            assert found.changes[0].points < -0.15
        # An outage ends in the evening: the morning after, some of it is less than 24 hours ago.
        expected = {TROUBLED} if is_out(now) or is_out(now - timedelta(days=1)) else set()
        alarms += [f"{now:%Y-%m-%d} {name}" for name in names if name not in expected]
    with capsys.disabled():
        print(f"\nworth a look: {len(days)} days, false alarms: {alarms or 'none'}")
    assert alarms == []


def test_the_days_hold_trouble_and_calm():
    trouble = [is_out(now) for now in DAYS]
    assert 4 <= sum(trouble) <= 6
