"""A pytest plugin: plants one bug, named by the environment, before any test is looked for.

It stays planted: the run is there for this bug alone. One that cannot be planted ends the run.
"""

import os

import pytest

NAMED = "SEEDED_BUG"
"""The variable with the bug's name; an empty one plants nothing."""


def pytest_sessionstart() -> None:
    """By now Django is set up, which is what the bugs need."""
    from tests.seeded.bugs import BUGS

    _take_a_database()
    if name := os.environ[NAMED]:
        BUGS[name].plant(pytest.MonkeyPatch())


def _take_a_database() -> None:
    """Tests on a server get a database beside that of the run which started this one.

    On SQLite each process has its own, in memory.
    """
    from django.db import connection

    if connection.vendor == "postgresql":
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        usual = connection.settings_dict
        usual["TEST"]["NAME"] = f"test_{usual['NAME']}_seeded_{worker}"
