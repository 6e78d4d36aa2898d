"""What a credit costs, from when on: money beside credits, judged by the day a message was sent."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

Step = tuple[datetime, Decimal]


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one credit, each from a naive wall time on, oldest first; before the first, none."""

    steps: tuple[Step, ...] = ()

    def at(self, wall: datetime) -> Decimal | None:
        """The price of a credit spent at a wall time; None where none is known."""
        index = bisect_right(self.steps, wall, key=lambda step: step[0])
        return self.steps[index - 1][1] if index else None

    @property
    def changes(self) -> tuple[datetime, ...]:
        """The first second of each price."""
        return tuple(start for start, _price in self.steps)

    def __bool__(self) -> bool:
        return bool(self.steps)


NO_PRICES = Prices()
