"""Named moments of the archive's work. They do nothing; crash tests stop a process at each of them."""

from collections.abc import Callable

NAMES = (
    "run begun", "bounds known", "days taken", "days claimed", "window read",
    "claimed", "staged", "observed", "upserted", "spans deleted", "spans written",
    "missing flagged", "covered", "day rebuilt", "month rebuilt", "rolled up", "kept",
    "failures noted", "failures cleared", "days released", "run ended",
    "orphans closed", "windows planned", "texts indexed", "cycle done",
)  # fmt: skip
"""Every one, in the order in which a run comes by."""


def _nothing(_name: str) -> None:
    pass


listener: Callable[[str], None] = _nothing


def reached(name: str) -> None:
    """Say that a step is done."""
    listener(name)
