"""A database's content as a stream of bytes, and back: SQLite by its backup interface, PostgreSQL by its
own programs. Both ways nothing but the old or the new database is ever seen.

A copy of a live SQLite file is no backup: what stands in its log is missing.
"""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import rmtree, which
from tempfile import NamedTemporaryFile, TemporaryDirectory
from threading import Thread
from typing import IO, Any

from django.db import connection, connections, transaction
from django.db.utils import ConnectionHandler

from dashboard.private_files import made_private

PIECE = 1024 * 1024
DRAFT = ".backup-"
"""How the names of folders begin in which a copy in plain stands for a while."""

LEFT = timedelta(hours=1)
"""How long nobody touches what nobody works on any more."""

_COUNT = 'SELECT COUNT(*) FROM "{}"'

PATIENCE = 60.0
"""Seconds that a restore waits for those who use the database."""

Counts = dict[str, int]


class Failed(Exception):
    """A program of the database's failed; the text is a sentence for the operator."""


@contextmanager
def dumped() -> Iterator[tuple[Counts, Iterator[bytes]]]:
    """The rows of each table, and the content, both as of one moment."""
    is_sqlite = connection.vendor == "sqlite"
    with _dumped_sqlite() if is_sqlite else _dumped_postgresql() as found:
        yield found


def counts() -> Counts:
    """How many rows each table holds."""
    with connection.cursor() as cursor:
        found = {}
        for table in sorted(_tables()):
            cursor.execute(_COUNT.format(table))
            (found[table],) = cursor.fetchone()
    return found


def _tables() -> list[str]:
    """Those of models; a text index and its like are made of them."""
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


@contextmanager
def _dumped_sqlite() -> Iterator[tuple[Counts, Iterator[bytes]]]:
    with _workshop() as folder:
        path = folder / "copy.sqlite3"
        made_private(path)
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
            found = {}
            for table in sorted(_tables()):
                (found[table],) = copy.execute(_COUNT.format(table)).fetchone()
        with path.open("rb") as file:
            yield found, iter(partial(file.read, PIECE), b"")


@contextmanager
def _workshop() -> Iterator[Path]:
    """A folder beside the database, its owner's alone, gone afterwards."""
    with TemporaryDirectory(prefix=DRAFT, dir=_beside()) as folder:
        yield Path(folder)


def _beside() -> Path:
    return Path(str(connection.settings_dict["NAME"])).absolute().parent


def clear_left(now: datetime) -> None:
    """Remove what killed processes left of a copy in plain."""
    if connection.vendor != "sqlite":
        return
    for folder in _beside().glob(f"{DRAFT}*"):
        with suppress(OSError):
            touched = max(one.stat().st_mtime for one in (folder, *folder.iterdir()))
            if datetime.fromtimestamp(touched, UTC) < now - LEFT:
                rmtree(folder, ignore_errors=True)


@contextmanager
def restored_copy(content: Iterable[bytes]) -> Iterator[Path]:
    """SQLite: a file with this content. Within, `connection` leads to it; what is done there is kept."""
    with _workshop() as folder:
        path = folder / "copy.sqlite3"
        made_private(path)
        with path.open("wb") as file:
            file.writelines(content)
        with _leading_to(path):
            yield path


@contextmanager
def _leading_to(path: Path) -> Iterator[None]:
    usual = connections["default"]
    entry: dict[str, Any] = {**usual.settings_dict, "NAME": str(path)}
    connections["default"] = ConnectionHandler({"default": entry})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual


def put_in_place(path: Path, name: str) -> None:
    """Let the SQLite database `name` be what the file at `path` is, for whoever uses it too."""
    made_private(Path(name))
    with (
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(name, timeout=PATIENCE)) as target,
    ):
        source.backup(target)
        # Neither file nor log keeps what was there before.
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _dumped_postgresql() -> Iterator[tuple[Counts, Iterator[bytes]]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        yield counts(), _pg_dump(snapshot)


def _pg_dump(snapshot: str) -> Iterator[bytes]:
    dump = _started(
        "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert dump.stdout is not None
    with _ended(dump):
        yield from iter(partial(dump.stdout.read, PIECE), b"")


_NOT_OURS = re.compile(r"^\d+; \d+ \d+ (?:COMMENT - )?(?:EXTENSION|SCHEMA) ")
"""What the database's owner has made already, and others may not."""

_EMPTY = """
BEGIN;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT c.oid::regclass FROM pg_class c WHERE c.relkind = 'r'
      AND c.relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  LOOP EXECUTE 'DROP TABLE ' || name || ' CASCADE'; END LOOP;
  FOR name IN SELECT p.oid::regprocedure FROM pg_proc p
      WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE 'DROP FUNCTION ' || name || ' CASCADE'; END LOOP;
END $$;
"""


_CHECK = """
DO $$ BEGIN
  IF (SELECT COUNT(*) FROM "{}") <> {:d} THEN RAISE EXCEPTION 'other rows'; END IF;
END $$;
"""


def load_postgresql(listing: Iterable[bytes], content: Iterable[bytes], rows: Counts) -> None:
    """Put a dump in place of all tables, in one transaction, if it holds so many rows a table. `listing`
    is the same content, read once more for what it holds. Raises Failed; then nothing is changed."""
    # Our own names: those of a file do not get into a statement.
    ours = connection.introspection.django_table_names(include_views=False)
    connection.close()
    checks = "".join(_CHECK.format(name, rows[name]) for name in ours if name in rows)
    with NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.writelines(line for line in _listed(listing) if not _NOT_OURS.match(line))
        chosen.flush()
        try:
            _load(chosen.name, content, checks)
        except BrokenPipeError:
            raise Failed("psql did not take the backup; nothing is changed.") from None


def _load(chosen: str, content: Iterable[bytes], checks: str) -> None:
    restore = _started(
        "pg_restore", "--no-owner", "--no-privileges", f"--use-list={chosen}", "--file=-",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    # Its words may hold rows: that it failed is enough.
    psql = _started(
        "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert psql.stdin is not None
    assert restore.stdin is not None
    assert restore.stdout is not None
    with _ended(psql):
        psql.stdin.write(_EMPTY.encode())
        with _ended(restore):
            feeder = Thread(target=_feed, args=(restore.stdin, content), daemon=True)
            feeder.start()
            for piece in iter(partial(restore.stdout.read, PIECE), b""):
                psql.stdin.write(piece)
            feeder.join()
        # A dump leaves the session without a schema to look in.
        psql.stdin.write(f"\nRESET search_path;\n{checks}".encode())
        # Without this word nothing of the transaction is kept.
        psql.stdin.write(b"\nCOMMIT;\n")


def _listed(content: Iterable[bytes]) -> list[str]:
    """What a dump holds, as pg_restore lists it: one line each."""
    with subprocess.Popen(  # noqa: S603 - a program of PostgreSQL's
        [_program("pg_restore"), "--list"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as listing:  # fmt: skip
        feeder = Thread(target=_feed, args=(listing.stdin, content), daemon=True)
        feeder.start()
        assert listing.stdout is not None
        found = listing.stdout.read().decode()
        feeder.join()
    return found.splitlines(keepends=True)


def _feed(pipe: IO[bytes], content: Iterable[bytes]) -> None:
    # One that has read as much as it needs, or ended, takes no more: its exit says which.
    with suppress(BrokenPipeError), pipe:
        pipe.writelines(content)


def _started(program: str, *options: str, **pipes: Any) -> subprocess.Popen[bytes]:
    command = [_program(program), *options]
    environment = {**os.environ, **_place()}
    return subprocess.Popen(  # noqa: S603 - a program of PostgreSQL's
        command, env=environment, stderr=subprocess.DEVNULL, **pipes
    )


def _program(name: str) -> str:
    path = which(name)
    if path is None:
        raise Failed(f"{name} is missing; install PostgreSQL's client programs.")
    return path


def _place() -> dict[str, str]:
    """Where the database is, for its programs: in the environment, since command lines are seen by all."""
    entry = connection.settings_dict
    found = {
        "PGHOST": entry["HOST"], "PGPORT": entry["PORT"], "PGUSER": entry["USER"],
        "PGPASSWORD": entry["PASSWORD"], "PGDATABASE": entry["NAME"],
        "PGSSLMODE": entry["OPTIONS"].get("sslmode"),
        "PGSSLROOTCERT": entry["OPTIONS"].get("sslrootcert"),
    }  # fmt: skip
    return {name: str(value) for name, value in found.items() if value}


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Wait for the program's good end; what goes wrong within ends it too. Raises Failed."""
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.wait()
    if process.returncode:
        name = Path(next(iter(process.args))).name  # type: ignore[arg-type]
        raise Failed(f"{name} failed (exit status {process.returncode}).")
