"""Small hostile accounts: campaigns on one second, waiting rows, nights that change clocks, ugly rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sandbox import Message, campaign, incoming, outgoing, scattered
from sandbox.message import MODERATION

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

STARTS = {
    "winter": datetime(2026, 11, 18, 14, 12, 7),
    "autumn": datetime(2026, 10, 25, 1, 40),
    "spring": datetime(2026, 3, 29, 1, 40),
    "month's end": datetime(2026, 7, 31, 23, 50),
}
"""When a schedule begins, wall time of Paris: the nights of a change of clocks lie right ahead."""

BOUNDS = ("inclusive", "inclusive", "exclusive")
"""How the provider reads the ends of a range, and how often so; it may change its mind."""

UGLY = (
    "=1+1", "'\"\\;\t\r\n", "nul \0 inside", "e\u0301te\u0301", "\u202eright to left", "\U0001f600" * 90,
    " ", "", "x" * 20_000, "ΣΊΣΥΦΟΣ ß İ", "<b>&amp;</b>", "null",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """Rows of a page, and of the rest in proportion. `page` is also the provider's cap."""

    page: int
    scattered: int

    @property
    def campaign(self) -> int:
        return self.page * 2

    @property
    def neighbours(self) -> int:
        return self.page * 9 // 10


SMALL = Scale(page=40, scattered=180)
FULL = Scale(page=1000, scattered=400)


@dataclass(slots=True)
class Scene:
    """An account as a schedule finds it, and the numbers that its new rows get."""

    start: datetime
    rows: list[Message]
    ids: Iterator[int]


def scene(rng: Random, scale: Scale) -> Scene:
    """A scene drawn by `rng`: about four campaigns' worth of rows over three days."""
    start = STARTS[rng.choice(sorted(STARTS))]
    first = start - 2.5 * DAY
    rows = scattered(1, first, start, scale.scattered, seed=rng.randrange(1000))
    ids = count(10_000)
    heavy = start - rng.uniform(0.2, 2.0) * DAY
    heavy = heavy.replace(microsecond=0)
    around = (
        (heavy - SECOND, scale.neighbours),
        (heavy, rng.randrange(scale.page * 3 // 2, scale.page * 5 // 2)),
        (heavy + SECOND, scale.neighbours),
    )
    for second, size in around[rng.randrange(2) :]:
        rows += _campaign(ids, second, size)
    for _ in range(rng.randrange(3)):
        ahead = start + timedelta(minutes=rng.randrange(30, 5000))
        waiting = {"appears": 0} | ({"before": MODERATION} if rng.random() < 0.3 else {})
        rows += _campaign(ids, ahead, rng.randrange(1, scale.neighbours), **waiting)
    rows += [ugly(next(ids), start - timedelta(minutes=17 * n), n) for n in range(len(UGLY))]
    return Scene(start, rows, ids)


def _campaign(ids: Iterator[int], second: datetime, size: int, **facts: object) -> list[Message]:
    first = next(ids)
    for _ in range(size):
        next(ids)
    return campaign(first, second, size, **facts)


def ugly(message_id: int, date: datetime, kind: int) -> Message:
    """A row whose text, sender and cost are unlike others; a reply now and then."""
    text = UGLY[kind % len(UGLY)]
    build = incoming if kind % 5 == 4 else outgoing
    facts: dict[str, object] = {"text": text, "cents": kind % 3 * 7}
    if build is outgoing:
        facts |= {"sender": ("ACME", "", "36105", "É+=")[kind % 4], "country": ("FR", "")[kind % 2]}
    return build(message_id, date, **facts)
