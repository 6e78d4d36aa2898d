"""How long to wait before the next try: the provider's `Retry-After`, or full jitter.

Pure arithmetic; knows no HTTP library and sleeps nowhere.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from messages_app.provider.limits import ClientLimits


def retry_after(value: str | None, now: datetime, cap: float) -> float | None:
    """Seconds asked for by a `Retry-After` header (seconds or a date), at most `cap`.

    None when it is absent, junk, negative or past. `now` (aware) is best the answer's own `Date`,
    so that a wrong clock on our side does not matter.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]+", value):
        seconds = float(value)
    else:
        moment = http_date(value)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    return min(seconds, cap) if seconds > 0 else None


def http_date(value: str | None) -> datetime | None:
    """The moment (aware) of an HTTP date, or None when it is none."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def backoff(tries_made: int, limits: ClientLimits, random: Callable[[], float]) -> float:
    """Full jitter: a random part of `base × 2^(tries_made - 1)`, capped; so crowds spread out."""
    return random() * min(limits.backoff_cap, limits.backoff_base * 2 ** (tries_made - 1))
