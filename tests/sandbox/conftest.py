"""One account with a fixed clock for reading tests, and small helpers to ask it."""

import json
from datetime import datetime

import pytest

from sandbox import Faults, Sandbox

NOW = datetime(2026, 3, 12, 15, 0)  # a Thursday
ALL = {"date_start": "2025-01-01 00:00:00", "date_end": "2027-01-01 00:00:00", "length": "1000"}


@pytest.fixture(scope="session")
def account():
    """An account of 30,000 rows whose clock stands still; stable ties, never changed by a test."""
    return Sandbox(rows=30_000, seed=7, clock=NOW, faults=Faults(ties="stable"))


@pytest.fixture(scope="session")
def restless():
    """The same account with ties in random order."""
    return Sandbox(rows=30_000, seed=7, clock=NOW)


@pytest.fixture(scope="session")
def truth(account):
    """Every row that shows."""
    return list(account.rows())


@pytest.fixture
def small():
    """An account of 2,000 rows that a test may change."""
    return Sandbox(rows=2_000, seed=3, clock=NOW, faults=Faults(ties="stable"))


def ask(box, **params):
    """Return the answer's JSON; the range is everything unless given."""
    status, headers, body = box.answer(ALL | {name: str(value) for name, value in params.items()})
    assert (status, headers["Content-Type"]) == (200, "application/json")
    return json.loads(body)


def found(box, **params):
    """Return all rows of a question, page after page until one is empty."""
    rows: list[dict] = []
    while page := ask(box, **params, start=len(rows))["messages"]:
        rows += page
    return rows


def key(row):
    """Return what tells two rows apart."""
    return row["type"], int(row["message_id"])
