"""A PostgreSQL for the tests: the one that answers, else a private one that ends with them."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from scripts.chromium import apt
from scripts.say import refuse, step

NEEDED = "The tests run on PostgreSQL too: install the package postgresql, or name a server in TEST_DATABASE_URL."
PREFIX = "/usr/lib/postgresql"


@contextmanager
def server() -> Iterator[str]:
    """The address of a database whose server lets us make databases."""
    given = os.environ.get("TEST_DATABASE_URL")
    candidates = [given] if given else ["postgres:///postgres", "postgres://127.0.0.1/postgres"]
    for address in candidates:
        if usable(address):
            yield address
            return
    if given:
        refuse("The server of TEST_DATABASE_URL does not answer, or lets us make no database.")
    with _private() as address:
        yield address


def usable(address: str) -> bool:
    """Say whether a server answers there and lets us make databases."""
    import psycopg

    ask = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
    try:
        with psycopg.connect(
            address.replace("postgres://", "postgresql://"), connect_timeout=3
        ) as db:
            row = db.execute(ask).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def binaries(prefix: str = PREFIX) -> Path | None:
    """The folder of the newest server's programs."""
    versions = sorted(Path(prefix).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def _private() -> Iterator[str]:
    programs = binaries()
    if programs is None and os.geteuid() == 0 and shutil.which("apt-get"):
        step("installing PostgreSQL")
        apt("postgresql")
        programs = binaries()
    if programs is None:
        refuse(NEEDED)
    step("starting a private PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        as_user = _unprivileged(folder)
        data = f"{folder}/data"
        _do([*as_user, f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "tests",
             "-E", "UTF8", "--locale=C.UTF-8"])  # fmt: skip
        port = _free_port()
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [*as_user, f"{programs}/pg_ctl", "-D", data, "-w", "-l", f"{folder}/log"]
        _do([*control, "-o", options, "start"])
        try:
            yield f"postgres://tests@{quote('127.0.0.1')}:{port}/postgres"
        finally:
            _do([*control, "-m", "immediate", "stop"])


def _unprivileged(folder: str) -> list[str]:
    """initdb refuses root: it runs as the package's own user then."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _do(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
