"""The hours of a week, by the names that addresses give them."""

from datetime import datetime, timedelta

import pytest

from messages_app.analysis.slots import DAYS, EPOCH_SLOT, SLOTS, slot_of

EPOCH = datetime(1970, 1, 1)


def test_a_week_has_168_hours_in_order():
    assert len(SLOTS) == len(set(SLOTS)) == 168
    assert (SLOTS[0], SLOTS[23], SLOTS[24], SLOTS[-1]) == ("mon-00", "mon-23", "tue-00", "sun-23")


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        (datetime(2026, 11, 23, 9, 15), "mon-09"),
        (datetime(2026, 11, 22, 23, 59, 59), "sun-23"),
        (datetime(2026, 11, 23), "mon-00"),
        (datetime(2026, 10, 25, 2, 30), "sun-02"),
        (datetime(2024, 2, 29, 12), "thu-12"),
        (EPOCH, "thu-00"),
        (datetime(1969, 12, 31, 23, 59, 59), "wed-23"),
    ],
)
def test_a_time_lies_in_the_hour_of_its_weekday(wall, expected):
    assert slot_of(wall) == expected


@pytest.mark.parametrize("hours", range(-400, 400, 7))
def test_hours_since_1970_lead_to_the_same_slot(hours):
    """So the database counts them."""
    assert SLOTS[(hours + EPOCH_SLOT) % 168] == slot_of(EPOCH + timedelta(hours=hours))


def test_each_day_of_a_week_has_its_name():
    monday = datetime(2026, 11, 23, 5)
    found = [slot_of(monday + timedelta(days=n)) for n in range(7)]
    assert found == [f"{day}-05" for day in DAYS]
