"""Time to delivery: one fixed table of bins, so that every way to a percentile agrees exactly.

Whole seconds up to 20 s, then bins at most 5 % wide, up to 30 days. A percentile is read off the
bins by nearest rank and given as its bin's middle, rounded down to a whole second.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, tzinfo

from messages_app.sms.zones import offset_of

MAX_DELAY = 30 * 24 * 3600


def _edges() -> tuple[int, ...]:
    edges = list(range(21))
    while edges[-1] < MAX_DELAY:
        edges.append(max(edges[-1] + 1, edges[-1] * 105 // 100))
    return tuple(edges)


EDGES = _edges()
"""Lower edges in seconds; the last bin is open."""


def delay_between(date: datetime, dlr_date: datetime | None, zone: tzinfo) -> int | None:
    """Seconds from sending to receipt over real instants.

    None where it is not known: no receipt date, a negative delay, or a wall time that the zone knows
    none or two of (the nights when clocks change).
    """
    if dlr_date is None:
        return None
    sent, received = offset_of(date, zone), offset_of(dlr_date, zone)
    if sent is None or received is None:
        return None
    seconds = int(((dlr_date - received) - (date - sent)).total_seconds())
    return seconds if seconds >= 0 else None


def bin_of(seconds: int) -> int:
    """Index in EDGES of the bin that holds `seconds` (not negative)."""
    return bisect_right(EDGES, seconds) - 1


def bins_between(text: str) -> range:
    """The bins of a span of delays as addresses write it: "20-60" is from 20 s to below 60 s.

    "86400-" has no end. Raises ValueError where a bound is no edge of a bin, or none lie between.
    """
    first, _dash, beyond = text.partition("-")
    found = range(_index(first), _index(beyond) if beyond else len(EDGES))
    if not found or span_of(found) != text:
        raise ValueError(f"no span of delays: {text[:40]}")
    return found


def span_of(bins: range) -> str:
    """The way back: bins in a row as their span of delays."""
    return f"{EDGES[bins.start]}-{EDGES[bins.stop] if bins.stop < len(EDGES) else ''}"


def _index(text: str) -> int:
    try:
        return EDGES.index(int(text[:12]))
    except ValueError:
        raise ValueError(f"no edge of a bin: {text[:40]}") from None


def percentile(bins: Mapping[int, int], share: float) -> int | None:
    """The delay in seconds that `share` (0–1) of the counted rows do not exceed; None of nothing."""
    total = sum(bins.values())
    if not total:
        return None
    rank = max(1, -(-total * round(share * 1000) // 1000))
    passed = 0
    for index, count in sorted(bins.items()):
        passed += count
        if passed >= rank:
            return _middle(index)
    raise AssertionError("the rank lies within the total")


def _middle(index: int) -> int:
    if index + 1 == len(EDGES):
        return EDGES[index]
    return (EDGES[index] + EDGES[index + 1] - 1) // 2


Bins = Counter[int]
