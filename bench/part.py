"""One part of the benchmark in a process of its own: `python -m bench.part NAME …`.

Prints its rows as lines of JSON. The database is the one of DATABASE_URL.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module

from bench.report import Row, written

PARTS = (
    "table_page", "recording", "filling", "storing", "building", "asking", "charting", "panels",
    "exporting", "exported", "rivals",
)  # fmt: skip


def main() -> int:
    """Run one part; its further words are its arguments."""
    name, *words = sys.argv[1:]
    if name not in PARTS:
        raise SystemExit(f"no such part: {name}")
    import django

    django.setup()
    part: Callable[..., Iterator[Row]] = import_module(f"bench.{name}").rows
    for row in part(*words):
        print(written(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
