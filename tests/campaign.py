"""How many rounds a long test campaign runs: a seeded sample by default, all of it under `make long`."""

import os


def rounds(*, sample: int, full: int) -> int:
    """Return `full` when the environment says CAMPAIGN=long, else `sample`."""
    return full if is_long() else sample


def is_long() -> bool:
    return os.environ.get("CAMPAIGN") == "long"
