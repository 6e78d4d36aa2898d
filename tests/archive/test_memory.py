"""What a sync holds in memory at a time: a batch and what lies ahead of it, however many rows there are."""

from datetime import timedelta

import pytest

from messages_app.archive import sync as sync_module
from messages_app.archive.sync import Syncer
from messages_app.provider import MessageRecord
from tests.archive.test_sync import WEEK, Timed, stored, sync, traffic, truth
from tests.campaign import rounds
from tests.factories import record

pytestmark = pytest.mark.django_db

BATCH, CAP = 200, 50
ROWS = rounds(sample=1500, full=10_000)


class Counted(MessageRecord):
    """A record as it comes with an answer; knows how many of its kind are alive."""

    __slots__ = ()
    alive = 0

    def __new__(cls, *_args, **_values):
        Counted.alive += 1
        return super().__new__(cls)

    def __del__(self) -> None:
        Counted.alive -= 1


class Answering(Timed):
    """Each answer bears records of its own, as one that is read from a line does."""

    most = 0

    def page(self, request):
        found = super().page(request)
        names = MessageRecord.__slots__
        copies = [Counted(**{name: getattr(one, name) for name in names}) for one in found.records]
        self.most = max(self.most, Counted.alive)
        return type(found)(
            tuple(copies), found.bad_rows, found.total_records, found.total_display_records,
            found.fetched_at, found.seconds,
        )  # fmt: skip


def most_at_once(rows: int, *, bad: bool, monkeypatch) -> int:
    """Records that were in memory at a time while so many rows were read."""
    monkeypatch.setattr(sync_module, "BATCH_ROWS", BATCH)
    each = WEEK.seconds * timedelta(seconds=1) // rows
    days = [WEEK.start + n * each for n in range(rows)]
    provider = Answering(
        [record(message_id=n, date=day.replace(microsecond=0)) for n, day in enumerate(days)],
        cap=CAP,
    )
    if bad:
        # One in each window: all of them are unproven, and end up in the result.
        provider.bad_keys = frozenset(row.key for row in provider.rows[::CAP])
    assert Counted.alive == 0
    result = sync(provider, at_once=1)
    assert len(stored()) == len(truth(provider)) - len(provider.bad_keys) > rows * 0.97
    assert bool(result.unproven) == bad
    assert Counted.alive == 0, "what the result holds is no rows"
    return provider.most


@pytest.mark.parametrize("bad", [False, True], ids=["proven", "unproven"])
def test_more_rows_take_no_more_memory(bad, monkeypatch):
    """F60: neither while they are read nor after, also where windows cannot be proven."""
    assert most_at_once(ROWS, bad=bad, monkeypatch=monkeypatch) <= 2 * BATCH + 8 * CAP


def test_rows_of_days_that_are_read_side_by_side_wait_in_a_limited_number(monkeypatch):
    """A day's rows wait for the rest of it, and eight days are under way at a time."""
    provider, most = Timed(traffic()), 150
    provider.cap = 40
    monkeypatch.setattr(sync_module, "HELD_ROWS", most)
    held, take = [], Syncer._take

    def watched(self, outcome, result):
        take(self, outcome, result)
        held.append(sum(share.rows for share in self._shares))

    monkeypatch.setattr(Syncer, "_take", watched)
    assert sync(provider, at_once=8).outcome == "ok"
    assert stored() == truth(provider)
    assert 0 < max(held) < most
