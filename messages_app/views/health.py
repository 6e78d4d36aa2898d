"""Is the process up, and can it do its work? Open to probes; tells names and yes or no, no data."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from messages_app.archive import pulse
from messages_app.archive.faults import FAILURES


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"live": True})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whatever the dashboard lives on answers; 503 where one thing does not."""
    state = {name: _holds(check) for name, check in CHECKS.items()}
    is_ready = all(state.values())
    return JsonResponse({"ready": is_ready, **state}, status=200 if is_ready else 503)


def _answers() -> bool:
    connection.ensure_connection()
    return connection.is_usable()


def _is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _is_cached() -> bool:
    cache.get("health")
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _answers,
    "migrated": _is_migrated,
    "cache": _is_cached,
    "worker": pulse.is_felt,
}


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (*FAILURES, RedisError, OSError):
        return False
