"""Parts of the figures that surely do worse than the whole: no list of small numbers with bad luck."""

from messages_app.analysis.facets import Parts
from messages_app.analysis.metrics import SMALL_SAMPLE, Key, Tally


def worst(parts: Parts[Key]) -> list[tuple[Key, Tally]]:
    """Parts with enough attempts to say so whose delivery rate lies below that of all, interval and all;
    the surely lowest first."""
    whole = parts.totals.delivery_rate
    if whole is None:
        return []
    found = [
        (most, key, tally) for key, tally in parts.by.items() if (most := _most(tally)) < whole
    ]
    return [(key, tally) for _most_of, key, tally in sorted(found, key=lambda one: one[0])]


def _most(tally: Tally) -> float:
    """What the delivery rate is at most; 1 of too few attempts."""
    interval = tally.interval
    return interval[1] if interval and tally.attempted >= SMALL_SAMPLE else 1.0
