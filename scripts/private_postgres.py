"""A PostgreSQL server of our own in a temporary folder, for as long as a `with` block lasts."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from scripts import debian
from scripts.refusal import Refusal

PREFIX = Path("/usr/lib/postgresql")
"""Where Debian keeps each version's programs, outside the PATH."""

MISSING = (
    "The tests run on PostgreSQL too; install the package postgresql and run again,"
    " or name a server in TEST_DATABASE_URL."
)
STARTS_WITHIN = 60.0
"""Seconds."""


def programs(prefix: Path = PREFIX, path: str | None = None) -> Path | None:
    """The folder with initdb and postgres: Debian's newest version, else that of the PATH."""
    folders = [found.parent for found in prefix.glob("*/bin/initdb")]
    numbered = [folder for folder in folders if folder.parent.name.replace(".", "").isdigit()]
    if numbered:
        return max(numbered, key=lambda folder: [int(n) for n in folder.parent.name.split(".")])
    found = shutil.which("initdb", path=path)
    return Path(found).resolve().parent if found else None


@contextmanager
def running() -> Iterator[str]:
    """Start a server; its address as the superuser. Raises Refusal when there are no programs."""
    folder = programs()
    if folder is None and debian.can_install():
        debian.install("postgresql")
        folder = programs()
    if folder is None:
        raise Refusal(MISSING)
    print("Starting a private PostgreSQL …", flush=True)
    with tempfile.TemporaryDirectory(prefix="traffic-pg-") as place:
        password = secrets.token_urlsafe(16)
        run_as = _owner(Path(place))
        _create(folder, Path(place), password, run_as)
        port = free_port()
        with _serving(folder, Path(place), port, run_as):
            yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def _owner(place: Path) -> dict[str, int | list[int]]:
    """Options of subprocess that run as somebody else: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(place, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Refusal("PostgreSQL does not run as root, and there is no user postgres or nobody.")


def _create(folder: Path, place: Path, password: str, run_as: dict[str, int | list[int]]) -> None:
    secret = place / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if run_as:
        shutil.copystat(place, secret)
        secret.chmod(0o600)
        os.chown(secret, place.stat().st_uid, place.stat().st_gid)
    done = subprocess.run(
        [str(folder / "initdb"), "-D", str(place / "data"), "-U", "postgres", "-A",
         "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        **run_as,  # type: ignore[call-overload]
    )  # fmt: skip
    if done.returncode:
        raise Refusal(f"initdb failed: {(done.stdout.strip().splitlines() or ['no reason'])[-1]}")


@contextmanager
def _serving(
    folder: Path, place: Path, port: int, run_as: dict[str, int | list[int]]
) -> Iterator[None]:
    command = [
        str(folder / "postgres"),
        "-D",
        str(place / "data"),
        "-p",
        str(port),
        "-k",
        str(place),
    ]
    for option in ("listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off"):
        command += ["-c", option]
    log = place / "log"
    with log.open("w") as file:
        # In a group of its own, so that Ctrl-C does not end it before the tests' last words.
        server = subprocess.Popen(
            command, cwd=place, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True, **run_as,  # type: ignore[call-overload]
        )  # fmt: skip
        try:
            _wait(server, port, log)
            yield
        finally:
            server.send_signal(signal.SIGINT)  # its "fast" end: open sessions are cut
            server.wait(30)


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = monotonic() + STARTS_WITHIN
    while monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0 and "ready to accept" in log.read_text():
                return
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise Refusal(f"PostgreSQL does not start: {(log.read_text().splitlines() or ['silent'])[-1]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
