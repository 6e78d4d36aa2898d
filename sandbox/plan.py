"""What a day holds, before a single message is written: a pure function of (seed, size, day).

Cheap on purpose: a page far down a list needs only the sizes of the days above it.
"""

from functools import cached_property
from random import Random
from typing import NamedTuple

from sandbox.clock import DAY, HOUR, date_of, day_start, instant_in_day

DAYS_KEPT = 184
LARGE_BULK = 20_000
_WEEKDAYS = (1.12, 1.15, 1.15, 1.12, 1.2, 0.72, 0.54)
_INCOMING, _SCHEDULED, _CANCELLED, _MODERATED, _WEEKLY = 0.045, 0.06, 0.05, 0.02, 0.30
_BULK_MONTHS = (1, 4, 7, 10)


class Campaign(NamedTuple):
    """Messages of one text to many numbers on one second; instants in UTC seconds."""

    size: int
    date: int  # wall
    at: int
    created: int  # from here on the rows show, waiting for `at`
    cancelled: int | None = None  # from here on they are gone
    moderated: int = 0  # seconds in moderation after `at`
    denied: bool = False


class Plan(NamedTuple):
    """The sizes of a day."""

    day: int
    singles: int
    incoming: int
    campaigns: tuple[Campaign, ...]

    @property
    def lasting(self) -> int:
        """Return how many rows the day holds once it is over: all but cancelled ones."""
        kept = sum(campaign.size for campaign in self.campaigns if campaign.cancelled is None)
        return self.singles + self.incoming + kept


class Planner:
    """Plans days of an account that sends `rows` messages in six months."""

    def __init__(self, rows: int, seed: int) -> None:
        if rows < 0:
            raise ValueError("rows is 0 or more")
        self.rows = rows
        self.seed = seed

    def plan(self, day: int) -> Plan:
        """Return what a day (days since 1970-01-01) holds."""
        rng = Random(f"{self.seed}/plan/{day}")
        target = self._usual * _WEEKDAYS[date_of(day).weekday()] * rng.uniform(0.93, 1.07)
        campaigns = tuple(self._campaigns(day, target, rng))
        incoming = _rounded(target * _INCOMING, rng)
        usual = sum(c.size for c in campaigns if c.cancelled is None and c.size < self.bulk)
        singles = max(0, _rounded(target - incoming - usual, rng))
        return Plan(day, singles, incoming, campaigns)

    @cached_property
    def bulk(self) -> int:
        """Return the rows of a bulk campaign: 20,000, less for a small account."""
        return max(1, min(LARGE_BULK, self.rows // 10))

    @cached_property
    def _bulk_share(self) -> int:
        return 2 if self.rows < 400_000 else 6 if self.rows < 1_000_000 else 12

    @cached_property
    def _usual(self) -> float:
        return max(0, self.rows - self._bulk_share * self.bulk) / DAYS_KEPT

    def _campaigns(self, day: int, target: float, rng: Random) -> list[Campaign]:
        weekday = date_of(day).weekday()
        found = []
        if weekday < 6:
            found.append(_scheduled(day, _rounded(target * _SCHEDULED, rng), rng))
        if rng.random() < 0.5:
            found.append(_cancelled(day, _rounded(target * _CANCELLED, rng), rng))
        if weekday < 5:
            found.append(_moderated(day, _rounded(target * _MODERATED, rng), rng))
        if weekday == 3:
            found.append(_prompt(day, _rounded(target * _WEEKLY, rng), 11 * HOUR))
        if self._holds_bulk(day):
            found.append(_prompt(day, self.bulk, 10 * HOUR))
        return [campaign for campaign in found if campaign.size]

    def _holds_bulk(self, day: int) -> bool:
        """Second Wednesdays: of each quarter's first month, of every month, then fourth ones too."""
        date = date_of(day)
        if date.weekday() != 2 or self.rows < 10:
            return False
        nth = (date.day + 6) // 7
        if self._bulk_share == 2:
            return nth == 2 and date.month in _BULK_MONTHS
        return nth == 2 or (nth == 4 and self._bulk_share == 12)


def _rounded(value: float, rng: Random) -> int:
    """Round up or down by chance, so that small accounts get their share on some days."""
    return int(value + rng.random())


def _prompt(day: int, size: int, second: int) -> Campaign:
    at = instant_in_day(day, second, second_pass=False)
    return Campaign(size, day * DAY + second, at, at)


def _scheduled(day: int, size: int, rng: Random) -> Campaign:
    """A campaign made one to five days before its date."""
    at = day_start(day) + rng.randrange(9, 19) * HOUR
    prompt = _prompt(day, size, rng.randrange(36, 76) * (HOUR // 4))
    return prompt._replace(created=at - rng.randrange(DAY, 5 * DAY))


def _cancelled(day: int, size: int, rng: Random) -> Campaign:
    campaign = _scheduled(day, size, rng)
    return campaign._replace(cancelled=rng.randrange(campaign.created + HOUR, campaign.at))


def _moderated(day: int, size: int, rng: Random) -> Campaign:
    prompt = _prompt(day, size, rng.randrange(32, 72) * (HOUR // 4))
    return prompt._replace(moderated=rng.randrange(HOUR, 20 * HOUR), denied=rng.random() < 0.4)
