"""A PostgreSQL for the tests: the one that answers, else a private one that ends with them.

Either way they get a template database in UTF-8 under C.UTF-8: there text sorts bytewise as on SQLite,
and the trigram index knows letters beyond ASCII (under plain C it does not).
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from scripts import private_postgres
from scripts.refusal import Refusal

PLACES = (
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql:///postgres",
    "postgresql:///postgres?user=postgres",
)
"""Where a server may answer without a password: by network, by socket, as its owner."""

ASK = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
GIVEN = (
    "The server at TEST_DATABASE_URL does not answer, or does not let its user create databases."
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that lets us create databases, and the template that tests copy."""

    address: str
    template: str


@contextmanager
def server() -> Iterator[Server]:
    """A server with its template; what was made is gone afterwards. Raises Refusal."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    for address in [given] if given else PLACES:
        if lets_create(address):
            with _template(address) as made:
                yield made
            return
    if given:
        raise Refusal(GIVEN)
    with private_postgres.running() as address, _template(address) as made:
        yield made


def lets_create(address: str) -> bool:
    """Say whether a server answers there within 3 s and lets its user create databases."""
    import psycopg

    try:
        with psycopg.connect(address, connect_timeout=3) as connection:
            row = connection.execute(ASK).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


@contextmanager
def _template(address: str) -> Iterator[Server]:
    name = f"traffic_{secrets.token_hex(4)}"
    _do(
        address,
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
        " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
    )
    try:
        yield Server(with_name(address, name), name)
    finally:
        _drop(address, name)


def _drop(address: str, name: str) -> None:
    """Drop the template, and copies that a killed test run left."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        named = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) OR datname = %s"
        for (found,) in connection.execute(named, [f"test_{name}", name]).fetchall():
            connection.execute(f'DROP DATABASE IF EXISTS "{found}" WITH (FORCE)')


def _do(address: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


def with_name(address: str, name: str) -> str:
    """The address of another database on the same server."""
    parts = urlsplit(address)
    # urlunsplit would drop the empty host of a socket's address.
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{query}"
