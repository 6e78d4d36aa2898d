"""A database of a test's own, set up as in production, and real faults of it: full, locked, read-only.

Faults need connections that are closed and opened again, and locks that others hold: the usual
database of a test, one transaction from begin to end, knows neither.
"""

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, connections
from django.db.backends.signals import connection_created
from django.db.utils import ConnectionHandler

from dashboard.env import Env
from scripts import neutral
from scripts.install import ROOT
from scripts.postgres import with_name

PATIENCE = 300
"""Milliseconds that the database waits for a lock of others here."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with our tables, which nobody connects to: it is there to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    with _fresh(folder, os.environ.get("TEST_DATABASE_TEMPLATE", "template0")) as address:
        environment = neutral.environment(address, f"{folder}/static", LOG_LEVEL="error")
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        yield address


@pytest.fixture
def own_database(migrated: str, django_db_blocker: Any, tmp_path: Path) -> Iterator[None]:
    """`connection` leads to a database of its own, that waits little for others."""
    with _copy(migrated, tmp_path) as address, django_db_blocker.unblock():
        entry = production(address)
        if connection.vendor == "sqlite":
            entry["OPTIONS"]["timeout"] = PATIENCE / 1000
        else:
            entry["OPTIONS"] = {"options": f"-c lock_timeout={PATIENCE}"}
        with leading_to(entry):
            yield


@pytest.fixture
def production_database(
    migrated: str, django_db_blocker: Any, tmp_path: Path
) -> Iterator[dict[str, Any]]:
    """The same under the very settings of production, which it gives."""
    with _copy(migrated, tmp_path) as address, django_db_blocker.unblock():
        entry = production(address)
        with leading_to(entry):
            yield entry


def production(address: str) -> dict[str, Any]:
    """Django's entry for a database, as the settings make it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", address)
        return Env(Path("/")).database("DATABASE_URL", "")


@contextmanager
def leading_to(entry: dict[str, Any]) -> Iterator[None]:
    """In this thread `connection` leads to another database, while the context lasts."""
    usual = connections["default"]
    connections["default"] = ConnectionHandler({"default": entry})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual


@contextmanager
def _copy(address: str, folder: Path) -> Iterator[str]:
    """The address of a copy of a database that nobody connects to."""
    if connection.vendor == "sqlite":
        shutil.copy(address.removeprefix("sqlite:///"), folder / "own.sqlite3")
        yield f"sqlite:///{folder}/own.sqlite3"
        return
    with _fresh(folder, urlsplit(address).path[1:]) as copy:
        yield copy


@contextmanager
def _fresh(folder: Path, template: str) -> Iterator[str]:
    """The address of a new database of the kind that the tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder}/own.sqlite3"
        return
    # Named so that what a killed test run leaves is dropped with its template.
    server = os.environ["DATABASE_URL"]
    name = f"test_{os.environ.get('TEST_DATABASE_TEMPLATE', 'own')}_{secrets.token_hex(4)}"
    with psycopg.connect(_plain(with_name(server, "postgres")), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield with_name(server, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _plain(address: str) -> str:
    return address.replace("postgres://", "postgresql://")


@contextmanager
def another() -> Iterator[Any]:
    """A second connection of the driver's own; what it locks is let go with the context."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(name, isolation_level=None)) as other:
            yield other
        return
    server = _plain(with_name(os.environ["DATABASE_URL"], name))
    with closing(psycopg.connect(server, autocommit=True)) as other:
        yield other


@contextmanager
def locked() -> Iterator[None]:
    """Another program writes, and goes on and on."""
    with another() as other:
        other.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        if connection.vendor == "postgresql":
            tables = "messages_app_syncrun, messages_app_claim, messages_app_providertrait"
            other.execute(
                f"LOCK TABLE {tables}, messages_app_rollup, messages_app_look IN ACCESS EXCLUSIVE MODE"
            )
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only() -> Iterator[None]:
    """Nothing may be written any more."""
    on, off = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": ("SET default_transaction_read_only = on",
                       "SET default_transaction_read_only = off"),
    }[connection.vendor]  # fmt: skip
    with _on_each_connection(on, off):
        yield


@contextmanager
def full() -> Iterator[None]:
    """No page more fits: SQLite's own limit, or the error of a PostgreSQL whose disk is full."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        with _on_each_connection(
            f"PRAGMA max_page_count = {pages}", "PRAGMA max_page_count = 1000000"
        ):
            yield
        return
    with another() as other:
        other.execute("""
            CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$
        """)
        other.execute("""
            CREATE TRIGGER is_full BEFORE INSERT ON messages_app_message
            FOR EACH STATEMENT EXECUTE FUNCTION is_full()
        """)
        yield
        other.execute("DROP FUNCTION is_full CASCADE")


@contextmanager
def _on_each_connection(on: str, off: str) -> Iterator[None]:
    """Say a sentence of SQL on this connection and on all that are made in its place."""

    def say(**_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(on)

    say()
    connection_created.connect(say)
    try:
        yield
    finally:
        connection_created.disconnect(say)
        with connection.cursor() as cursor:
            cursor.execute(off)
