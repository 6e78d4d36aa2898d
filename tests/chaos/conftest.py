"""A database of its own for processes that are killed, and a provider on a real socket."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from django.db import connection

from sandbox import Composed, campaign, outgoing, scattered
from scripts import neutral
from scripts.postgres import with_name
from tests.chaos.line import TOKEN
from tests.chaos.nursery import Nursery, nursery

DAY = timedelta(days=1)
STAMP = "%Y-%m-%d %H:%M:%S"


@contextmanager
def _database(folder: Path, vendor: str) -> Iterator[str]:
    """The address of a fresh database."""
    if vendor == "sqlite":
        yield f"sqlite:///{folder}/chaos.sqlite3"
        return
    server = os.environ["DATABASE_URL"]
    template = os.environ.get("TEST_DATABASE_TEMPLATE", "template0")
    # Named so that what a killed test run leaves is dropped with its template.
    name = f"test_{template}_chaos_{secrets.token_hex(4)}"
    with psycopg.connect(server.replace("postgres://", "postgresql://"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"
                      " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")  # fmt: skip
        try:
            yield with_name(server, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(slots=True)
class Place:
    """An archive of its own, the provider that it follows, and processes that work on it."""

    box: Composed
    processes: Nursery
    start: datetime
    database: str
    ids: Iterator[int]
    rng: Random

    @property
    def range(self) -> tuple[str, ...]:
        """The options for all that the provider has, but for what is still to come."""
        end = datetime.now() + DAY  # noqa: DTZ005 - both ends lie far outside the rows
        return ("--from", f"{self.start - DAY:{STAMP}}", "--to", f"{end:{STAMP}}")

    @property
    def crowded_range(self) -> tuple[str, ...]:
        """The options for the days that have rows: no transaction on the way has nothing to count."""
        end = datetime.now() - timedelta(minutes=5)  # noqa: DTZ005 - as above
        return ("--from", f"{self.start:{STAMP}}", "--to", f"{end:{STAMP}}")

    def stir(self) -> None:
        """Let rows come, change, move and go."""
        keys = [(row["type"], row["message_id"]) for row in self.box.shown()]
        keys = [key for key in keys if key[0] == "sms_mt"]
        chosen = self.rng.sample(keys, 12)
        for key in chosen[:3]:
            self.box.remove(key)
        for key in chosen[3:6]:
            self.box.change(key, lambda one: one._replace(date=one.date + 40_000))
        for key in chosen[6:]:
            self.box.change(key, lambda one: one._replace(text=one.text + "!", fate="UNDELIVERED"))
        for _ in range(5):
            date = self.start + self.rng.random() * DAY
            self.box.insert(outgoing(next(self.ids), date.replace(microsecond=0), appears=0))

    def sync(self, **options: Any) -> None:
        """Sync everything; it must succeed."""
        status, output = self.processes.run("sync", *self.range, **options)
        assert status == 0, output

    def forget(self) -> None:
        """Forget what is covered, so that a worker has something to read."""
        assert self.processes.run("forget")[0] == 0

    def assert_exact(self, **options: Any) -> None:
        """Nothing differs from the provider, and no rule of the tables is broken."""
        status, output = self.processes.run("check_archive", *self.range, **options)
        assert status == 0, output
        assert self.processes.run("judge", **options) == (0, "\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place on the kind of database that the tests run on."""
    with _place(tmp_path_factory.mktemp("chaos"), connection.vendor) as made:
        yield made


@pytest.fixture(scope="module")
def place_in_a_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place in a SQLite file."""
    with _place(tmp_path_factory.mktemp("chaos"), "sqlite") as made:
        yield made


@contextmanager
def _place(folder: Path, vendor: str) -> Iterator[Place]:
    """Some 1,400 rows of three days, campaigns on one second among them; synced once."""
    now = datetime.now().replace(microsecond=0)  # noqa: DTZ005 - the provider's clock is ours
    start = now - 3 * DAY
    noon = start + DAY
    rows = [
        *scattered(1, start, now - timedelta(minutes=5), 300),
        *campaign(10_000, noon, 1_020, appears=0),
        *campaign(20_000, noon + timedelta(seconds=1), 100, appears=0),
    ]
    box = Composed(rows)
    with box.serve() as url, _database(folder, vendor) as database:
        environment = neutral.environment(
            database, f"{folder}/static", SMSFACTOR_API_URL=url, SMSFACTOR_API_TOKEN=TOKEN,
            SMSFACTOR_MAX_REQUESTS_PER_SECOND="1000", DJANGO_SETTINGS_MODULE="dashboard.settings",
        )  # fmt: skip
        with nursery(environment) as processes:
            made = Place(box, processes, start, database, count(50_000), Random(7))
            status, output = processes.run("migrate", "-v", "0")
            assert status == 0, output
            made.sync()
            yield made
