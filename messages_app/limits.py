"""How often somebody may do a thing within a while, counted in the cache that all processes share."""

from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `seconds`, from the first time on.

    `name` tells it from other limits; it is part of a key, so without blanks.
    """

    name: str
    most: int
    seconds: int

    def is_reached(self, whose: object) -> bool:
        return int(cache.get(self._key(whose), 0)) >= self.most

    def take(self, whose: object) -> bool:
        """Count one more; whether it was still within the limit."""
        key = self._key(whose)
        if cache.add(key, 1, self.seconds):
            return self.most > 0
        try:
            return int(cache.incr(key)) <= self.most
        except ValueError:  # its time ended since
            cache.add(key, 1, self.seconds)
            return self.most > 0

    def _key(self, whose: object) -> str:
        return f"{self.name}-{whose}"
