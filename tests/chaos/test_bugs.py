"""The schedules can fail: each known way to get syncing wrong is found by seeds named beside it."""

import pytest

from tests.campaign import rounds
from tests.chaos.bugs import BUGS
from tests.chaos.witness import Broken
from tests.chaos.world import run

FIRST = (
    "a short page is the end",
    "any failure means no rows",
    "counts are left alone",
    "one second more is not asked for",
    "rows that vanish are deleted",
)
"""Those that every test run seeds."""

SEEDED = (*FIRST, *(name for name in BUGS if name not in FIRST))[: rounds(sample=5, full=100)]


@pytest.mark.django_db
@pytest.mark.parametrize("name", SEEDED)
def test_a_seeded_bug_is_found(name, monkeypatch):
    bug = BUGS[name]
    assert bug.seeds
    bug.put_in(monkeypatch)
    assert any(finds(seed, bug.faults) for seed in bug.seeds)


def finds(seed: int, faults: tuple[str, ...]) -> bool:
    try:
        run(seed, faults=faults)
    except Broken:
        return True
    return False
