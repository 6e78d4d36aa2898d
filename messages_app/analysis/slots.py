"""The 168 hours of a week on the provider's wall clock, by the names that addresses give them."""

from datetime import datetime

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = 24
SLOTS = tuple(f"{day}-{hour:02}" for day in DAYS for hour in range(HOURS))

EPOCH_SLOT = 3 * HOURS
"""1970-01-01 was a Thursday."""


def slot_of(wall: datetime) -> str:
    """The hour of the week that holds a wall time: "mon-09"."""
    return SLOTS[wall.weekday() * HOURS + wall.hour]
