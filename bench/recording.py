"""Writes down what the sandbox answers in a fill, for the fills that are measured."""

from collections.abc import Iterator

from bench import filling
from bench.report import Row


def rows(count: str, path: str) -> Iterator[Row]:
    """Measures nothing."""
    filling.record(count, path)
    yield from ()
