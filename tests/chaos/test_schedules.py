"""Random schedules of faults: whatever happens, the invariants hold, and the end is exact.

F6, F7, F13, F16, F18, F21, F24, F25, F30 to F48, F50, F53, F64 come at random; I1 to I6, I8, I9 and I10 are
checked after each step.
"""

import pytest
from django.db import connection

from tests.campaign import rounds
from tests.chaos.world import run

SAMPLE = {"sqlite": 12, "postgresql": 6}
SCHEDULES = {"sqlite": 500, "postgresql": 100}
"""What a database goes through under `make long`."""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "seed", range(rounds(sample=SAMPLE[connection.vendor], full=SCHEDULES[connection.vendor]))
)
def test_an_archive_survives_whatever_happens(seed):
    """I1, I2, I3, I4, I5, I6, I8, I9, I10."""
    counts = run(seed)
    assert counts.calls > 0
