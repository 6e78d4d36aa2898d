"""A deadline for each statement of a page: no question holds a thread and the database for ever.

Only what answers people keeps it (`wsgi`): workers and commands may count for an hour.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

STEPS = 50_000
"""Of SQLite's machine, between two looks at the clock: some milliseconds."""

_begun = threading.local()


def keep(seconds: int) -> None:
    """From now on cut statements of this process off after so long."""

    def bind(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
        bound(connection, seconds)

    connection_created.connect(bind, weak=False, dispatch_uid="deadline of statements")


def bound(connection: BaseDatabaseWrapper, seconds: float) -> None:
    """Cut statements of one new connection off after so long."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {round(seconds * 1000)}")
        return
    connection.execute_wrappers.append(_noting_the_start)
    connection.connection.set_progress_handler(lambda: _is_late(seconds), STEPS)


def _noting_the_start(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    _begun.at = monotonic()
    return execute(sql, params, many, context)


def _is_late(seconds: float) -> bool:
    return monotonic() - getattr(_begun, "at", float("inf")) > seconds
