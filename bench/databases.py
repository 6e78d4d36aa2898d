"""Databases that a part of the benchmark may fill: empty and migrated, on SQLite or PostgreSQL.

Each is a copy of one that was migrated once, and gone when its `with` block ends. Runs without
Django, so that the process that starts the parts stays small.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg

from scripts.postgres import server, with_name

Fresh = Callable[[], AbstractContextManager[str]]
"""Gives the address (DATABASE_URL) of a new database."""


@contextmanager
def sqlite(folder: Path, migrate: Callable[[str], object]) -> Iterator[Fresh]:
    """Files in `folder`; `migrate` gets the address of the one that is copied."""
    template = folder / "template.sqlite3"
    migrate(f"sqlite:///{template}")

    @contextmanager
    def fresh() -> Iterator[str]:
        path = folder / f"{secrets.token_hex(4)}.sqlite3"
        shutil.copy(template, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for found in folder.glob(f"{path.name}*"):
                found.unlink()

    yield fresh


@contextmanager
def postgresql(_folder: Path, migrate: Callable[[str], object]) -> Iterator[Fresh]:
    """Databases of the server that tests use; a private one where none runs. Raises Refusal."""
    with server() as found:
        migrate(found.address)

        @contextmanager
        def fresh() -> Iterator[str]:
            name = f"test_{found.template}_{secrets.token_hex(4)}"
            home = with_name(found.address, "postgres")
            _do(home, f"CREATE DATABASE {name} TEMPLATE {found.template}")
            try:
                yield with_name(found.address, name)
            finally:
                _do(home, f"DROP DATABASE {name} WITH (FORCE)")

        yield fresh


def _do(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)
