"""What probes are told: names, yes or no, and nothing else."""

import socket

import pytest
from django.core.cache.backends.redis import RedisCache
from django.db import DatabaseError, connection

from messages_app.archive import pulse
from messages_app.models import Pulse
from messages_app.views import health

ALL = {"ready": True, "database": True, "migrated": True, "cache": True, "worker": True}


def told(client, status: int) -> dict[str, bool]:
    answer = client.get("/health/ready")
    assert answer.status_code == status
    return answer.json()


@pytest.fixture
def worker(db) -> None:
    pulse.beat("a worker")


def test_a_process_that_answers_is_alive(client):
    assert client.get("/health/live").json() == {"live": True}


def test_all_that_it_lives_on_answers(client, worker):
    assert told(client, 200) == ALL


def test_it_is_not_ready_without_its_migrations(client, worker, monkeypatch):
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one"]
    )
    assert told(client, 503) == ALL | {"ready": False, "migrated": False}


def test_it_is_not_ready_without_its_database(client, monkeypatch):
    def refused(*_args):
        raise DatabaseError("no password for dashboard:secret@db")

    monkeypatch.setattr(pulse, "is_felt", refused)
    monkeypatch.setitem(health.CHECKS, "database", refused)
    monkeypatch.setitem(health.CHECKS, "migrated", refused)
    monkeypatch.setitem(health.CHECKS, "worker", refused)
    assert told(client, 503) == dict.fromkeys(ALL, False) | {"cache": True}


def test_it_is_not_ready_without_its_cache(client, worker, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setattr(health, "cache", RedisCache(f"redis://127.0.0.1:{port}/0", {}))
    assert told(client, 503) == ALL | {"ready": False, "cache": False}


def test_it_is_not_ready_without_a_worker_s_pulse(client, worker):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messages_app_pulse SET felt_at = felt_at - 61000000")
    assert told(client, 503) == ALL | {"ready": False, "worker": False}
    pulse.beat("another")
    assert told(client, 200) == ALL


def test_a_pulse_goes_with_its_worker_and_an_old_one_is_forgotten(worker):
    since = Pulse.objects.get().since
    pulse.beat("a worker")
    assert Pulse.objects.get().since == since
    Pulse.objects.create(owner="long gone", since=1, felt_at=1)
    pulse.beat("another")
    pulse.end("a worker")
    assert [one.owner for one in Pulse.objects.all()] == ["another"]
