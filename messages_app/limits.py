"""How often somebody may do a thing within a while, counted in the cache that all processes share."""

from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `seconds`, from the first time on. `name` tells it from other limits."""

    name: str
    most: int
    seconds: int

    def is_reached(self, whose: object) -> bool:
        return int(cache.get(self._key(whose), 0)) >= self.most

    def count(self, whose: object) -> None:
        key = self._key(whose)
        if not cache.add(key, 1, self.seconds):
            try:
                cache.incr(key)
            except ValueError:  # its time ended since
                cache.add(key, 1, self.seconds)

    def _key(self, whose: object) -> str:
        return f"{self.name}-{whose}"
