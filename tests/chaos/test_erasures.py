"""Schedules as ever, while people are erased: nobody comes back, and all else is exact."""

import pytest

from messages_app.archive import keeping
from tests.campaign import rounds
from tests.chaos.witness import Broken
from tests.chaos.world import run

STEPS = 12


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(rounds(sample=1, full=2)))
def test_t29_an_archive_forgets_whatever_happens(seed):
    """T29."""
    counts = run(seed, steps=STEPS, erases=True)
    assert counts.rows > 0


@pytest.mark.django_db
def test_a_reading_that_asks_for_nobody_is_found(monkeypatch):
    """The schedules can fail."""
    known = keeping.row_of
    monkeypatch.setattr(keeping, "kept_row", lambda row, at, zone, _forgets: known(row, at, zone))
    with pytest.raises(Broken, match="T29"):
        run(0, steps=STEPS, erases=True)
