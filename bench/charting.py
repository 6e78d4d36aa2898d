"""The charts alone, for archives of two sizes."""

from collections.abc import Iterator

from bench.asking import charted, twelve_months_asked
from bench.report import Row


def rows() -> Iterator[Row]:
    """One row per question; its yardstick is one second."""
    for name, asked in twelve_months_asked().items():
        yield Row(name, "1 s", charted(asked), 1.0, None)
