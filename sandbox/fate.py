"""How a message ends: delays, receipts, prices and refusals by country, and Senegal's bad hours.

Knows nothing of texts or of how messages are kept.
"""

from math import exp
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from sandbox.clock import DAY, HOUR, day_start
from sandbox.countries import Country
from sandbox.message import (
    DELIVERED,
    DENIED,
    MODERATION,
    NOT_SENT,
    SENT,
    UNDELIVERED,
    WAITING,
)

# Nothing changes later than 72 h after a message's date: 20 h in moderation, 48 h for receipts.
_LONGEST = 47 * HOUR
_STEPS = 4096
_UNPRICED = 6 * HOUR  # one message in 25 is priced this late at most
_NORMAL = NormalDist()
# Median 6 s, a long tail: one receipt in fifty comes minutes to hours later (phones that were off).
_DELAYS = tuple(
    6 * exp(1.1 * _NORMAL.inv_cdf((step + 0.5) / _STEPS)) * (150 if step % 50 == 0 else 1)
    for step in range(_STEPS)
)
_REFUSALS = (
    "INVALID_DESTINATION", "INVALID_DESTINATION", "INVALID_DESTINATION", "NOT_ALLOWED",
    "NOT_ALLOWED", "INVALID_SENDER", "ROUTE_NOT_AVAILABLE", "NOT_SENT",
)  # fmt: skip
_FAILURES = (
    ("EXPIRED", 24 * HOUR, 23 * HOUR), ("EXPIRED", 24 * HOUR, 23 * HOUR),
    ("NETWORK_ERROR", 40, 2 * HOUR), ("NETWORK_ERROR", 40, 2 * HOUR),
    ("NOT_DELIVERED", 2, 60), ("NOT_DELIVERED", 2, 60), ("NOT_DELIVERED", 2, 600),
    ("REJECTED", 1, 20), ("INVALID_DESTINATION", 1, 20),
)  # fmt: skip
_OUTAGE = (
    ("ROUTE_NOT_AVAILABLE", 1, 90), ("ROUTE_NOT_AVAILABLE", 1, 90), ("ROUTE_NOT_AVAILABLE", 1, 90),
    ("NETWORK_ERROR", 40, HOUR), ("EXPIRED", DAY, HOUR),
)  # fmt: skip
TROUBLED = "SN"
OUTAGE_EVERY = 6


class Fate(NamedTuple):
    """The turns of one message; see `Message` for their meaning."""

    handed: int
    settles: int
    priced: int
    before: str
    end: str
    details: str
    paid: bool = True


class Fates:
    """Draws the fates of one day's messages."""

    def __init__(self, seed: int, day: int, rng: Random) -> None:
        self._chance = rng.random
        self._outage = outage(seed, day)

    def draw(self, country: Country, customer: int, at: int) -> Fate:
        """Return the fate of a message handed over at an instant."""
        chance = self._chance
        luck = chance()
        if luck < 0.019:
            return self._odd(country, customer, at, luck)
        handed = at + int(chance() * 3)
        return self._handed(country, customer, handed, WAITING)

    def released(self, country: Country, customer: int, handed: int) -> Fate:
        """Return the fate of a message let out of moderation at an instant."""
        return self._handed(country, customer, handed, MODERATION)

    def _odd(self, country: Country, customer: int, at: int, luck: float) -> Fate:
        """Refusals (1.3 %), moderation (0.4 %) and denials (0.2 %)."""
        chance = self._chance
        if luck < 0.013:
            reason = _REFUSALS[int(chance() * len(_REFUSALS))]
            return Fate(at + 1, at + 1, 0, WAITING, NOT_SENT, reason, paid=False)
        review = at + 300 + int(chance() * chance() * 20 * HOUR)
        if luck < 0.017:
            return self.released(country, customer, review)
        return denied(review)

    def _handed(self, country: Country, customer: int, handed: int, before: str) -> Fate:
        chance = self._chance
        priced = handed + 60 + int(chance() ** 2 * _UNPRICED) if chance() < 0.04 else 0
        if customer * 7 % 10 < country.silent:
            return Fate(handed, handed, priced, before, SENT, SENT)
        start, end = self._outage
        if country.code == TROUBLED and start <= handed < end and chance() < 0.85:
            return self._failed(_OUTAGE, handed, priced, before)
        if chance() * 1000 >= country.delivered:
            return self._failed(_FAILURES, handed, priced, before)
        delay = 1 + int(_DELAYS[int(chance() * _STEPS)] * country.slow)
        settles = handed + min(delay, _LONGEST)
        return Fate(handed, settles, priced, before, DELIVERED, DELIVERED)

    def _failed(
        self, reasons: tuple[tuple[str, int, int], ...], handed: int, priced: int, before: str
    ) -> Fate:
        reason, least, spread = reasons[int(self._chance() * len(reasons))]
        settles = handed + least + int(self._chance() * spread)
        return Fate(handed, settles, priced, before, UNDELIVERED, reason)


def denied(review: int) -> Fate:
    """Return the fate of a message that a moderator refuses at an instant."""
    return Fate(review, review, 0, MODERATION, DENIED, "REJECTED", paid=False)


def outage(seed: int, day: int) -> tuple[int, int]:
    """Return the instants between which Senegal's operators fail on a day; equal when they do not.

    Every sixth day: the last seven days always hold one, and no weekday has two within six weeks, so
    that it never is what is usual for its weekday.
    """
    if (day - seed) % OUTAGE_EVERY:
        return 0, 0
    start = day_start(day) + Random(f"{seed}/outage/{day}").randrange(8, 11) * HOUR
    return start, start + 9 * HOUR
