"""What the tests need from the machine: found, brought, or named in one sentence."""

import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from scripts import chromium, debian, libreoffice, postgres, private_postgres, redis
from scripts.refusal import Refusal
from tests.scripts.programs import program


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)


def test_a_chromium_is_found_on_the_path(tmp_path, monkeypatch):
    assert chromium.find(str(tmp_path)) == ""
    second = program(tmp_path, "chromium-browser")
    assert chromium.find(str(tmp_path)) == str(second)
    first = program(tmp_path, "chromium")
    assert chromium.find(str(tmp_path)) == str(first)
    light = program(tmp_path, "chromium-headless-shell")
    assert chromium.find(str(tmp_path)) == str(light)
    monkeypatch.setenv("CHROMIUM", "/opt/chrome")
    assert chromium.find(str(tmp_path)) == "/opt/chrome"


def test_a_chromium_counts_only_if_it_starts(tmp_path):
    assert chromium.starts(str(program(tmp_path, "good")))
    assert not chromium.starts(str(program(tmp_path, "lacks-libraries", status=127)))
    assert not chromium.starts(str(tmp_path / "missing"))


@pytest.fixture
def asked(monkeypatch):
    """No Chromium, no PostgreSQL; what would be installed is noted."""
    notes: list[str] = []
    monkeypatch.setattr(debian, "install", lambda *names: notes.extend(names))
    monkeypatch.setattr(chromium, "find", lambda: "")
    monkeypatch.setattr(chromium, "_of_playwright", lambda: "/missing/chrome")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: notes.append(" ".join(command[1:])))
    monkeypatch.setattr(chromium, "starts", lambda program: False)
    monkeypatch.setattr(private_postgres, "programs", lambda: None)
    monkeypatch.setattr(postgres, "lets_create", lambda address: False)
    monkeypatch.setattr(redis, "program", lambda: "")
    return notes


@pytest.mark.parametrize(
    ("root", "tried"),
    [
        (True, ["chromium-headless-shell", "chromium", "-m playwright install chromium"]),
        (False, ["-m playwright install chromium"]),
    ],
)
def test_a_missing_chromium_is_brought_or_named(monkeypatch, asked, root, tried):
    monkeypatch.setattr(debian, "can_install", lambda: root)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal, match="install the package chromium"):
        chromium.ensure()
    assert asked == tried


def test_a_chromium_that_does_not_start_hides_no_other(tmp_path):
    program(tmp_path, "chromium-headless-shell", status=127)
    good = program(tmp_path, "chromium")
    assert chromium.find(str(tmp_path)) == str(good)


@pytest.mark.parametrize(
    ("given", "known", "tried"),
    [("", True, ["chromium-headless-shell"]), ("", False, []), ("/opt/chrome", True, [])],
)
def test_the_lighter_chromium_is_brought_where_another_would_do(
    monkeypatch, asked, given, known, tried
):
    monkeypatch.setattr(debian, "can_install", lambda: True)
    monkeypatch.setattr(debian, "knows", lambda package: known)
    monkeypatch.setattr(chromium, "find", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(chromium, "starts", lambda program: True)
    monkeypatch.setenv("CHROMIUM", given)
    monkeypatch.setenv("PATH", "")
    chromium.ensure()
    assert asked == tried


@pytest.mark.parametrize(("root", "tried"), [(True, ["postgresql"]), (False, [])])
def test_a_missing_postgresql_is_brought_or_named(monkeypatch, asked, root, tried):
    monkeypatch.setattr(debian, "can_install", lambda: root)
    with pytest.raises(Refusal, match="install the package postgresql"), postgres.server():
        pass
    assert asked == tried


@pytest.mark.parametrize(("root", "tried"), [(True, ["redis-server"]), (False, [])])
def test_a_missing_redis_is_brought_or_named(monkeypatch, asked, root, tried):
    monkeypatch.setattr(debian, "can_install", lambda: root)
    with pytest.raises(Refusal, match="install the package redis-server"), redis.server():
        pass
    assert asked == tried


def test_a_given_redis_is_used(monkeypatch, asked):
    monkeypatch.setenv("TEST_REDIS_URL", "redis://127.0.0.1:1/0")
    with redis.server() as address:
        assert address == "redis://127.0.0.1:1/0"


def test_a_redis_that_ends_at_once_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(redis, "program", lambda: str(program(tmp_path, "redis-server", status=1)))
    with pytest.raises(Refusal, match="Redis of the tests does not start"), redis.server():
        pass


def test_a_given_server_that_does_not_serve_is_named(monkeypatch, asked):
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://127.0.0.1:1/postgres")
    with pytest.raises(Refusal, match="TEST_DATABASE_URL"), postgres.server():
        pass


def test_where_nobody_listens_there_is_no_server():
    assert not postgres.lets_create("postgresql://127.0.0.1:1/postgres")


def test_debians_newest_programs_go_before_those_of_the_path(tmp_path):
    prefix, path = tmp_path / "lib", tmp_path / "bin"
    assert private_postgres.programs(prefix, str(path)) is None
    program(path, "initdb")
    assert private_postgres.programs(prefix, str(path)) == path
    for version in ("9.6", "15", "9"):
        program(prefix / version / "bin", "initdb")
    program(prefix / "old-files/bin", "initdb")
    assert private_postgres.programs(prefix, str(path)) == prefix / "15/bin"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p@127.0.0.1:5432/postgres", "postgresql://u:p@127.0.0.1:5432/x"),
        ("postgresql:///postgres?user=postgres", "postgresql:///x?user=postgres"),
        ("postgresql:///postgres", "postgresql:///x"),
    ],
)
def test_another_database_of_the_same_server(address, expected):
    assert postgres.with_name(address, "x") == expected


def test_the_template_sorts_bytewise_knows_letters_and_is_gone_afterwards():
    import psycopg

    with postgres.server() as server:
        with psycopg.connect(server.address) as database:
            order = "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['a','B','é','Z']) c"
            assert database.execute(order).fetchone() == ("BZaé",)
            assert database.execute("SELECT lower('É')").fetchone() == ("é",)
            assert database.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        with psycopg.connect(server.address, autocommit=True) as database:
            # What a killed run leaves is a copy of this name.
            database.execute(f"CREATE DATABASE test_{server.template}_gw0 TEMPLATE template0")
            left = postgres.with_name(server.address, f"test_{server.template}_gw0")
        assert postgres.lets_create(left)
    assert not postgres.lets_create(server.address)
    assert not postgres.lets_create(left)


# Not by `#!`: the path of the environment may be too long for it, or hold a space.
SERVER = """#!/bin/sh
exec "{python}" -c '
import signal, socket, sys
port = int(sys.argv[sys.argv.index("-p") + 1])
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
listener = socket.create_server(("127.0.0.1", port))
print("ready to accept connections", file=sys.stderr, flush=True)
signal.pause()
' "$@"
"""


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Programs in place of PostgreSQL's: the real ones may be on no machine but the server's."""
    program(tmp_path, "initdb")
    program(tmp_path, "postgres").write_text(SERVER.format(python=sys.executable))
    monkeypatch.setattr(private_postgres, "programs", lambda: tmp_path)
    monkeypatch.setattr(private_postgres, "_owner", lambda place: {})
    return tmp_path


def test_a_private_server_lives_as_long_as_it_is_needed(stand_ins):
    with private_postgres.running() as address:
        place = urlsplit(address)
        assert (place.hostname, place.username) == ("127.0.0.1", "postgres")
        assert len(place.password or "") > 16
        with socket.create_connection(("127.0.0.1", place.port or 0)):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", place.port or 0))


@pytest.mark.parametrize("name", ["initdb", "postgres"])
def test_a_private_server_that_does_not_start_says_why(stand_ins, name):
    program(stand_ins, name, "no space left on device", 1)
    with (
        pytest.raises(Refusal, match="no space left on device"),
        private_postgres.running(),
    ):
        pass


def test_the_address_is_one_that_the_dashboard_understands(monkeypatch, tmp_path):
    from dashboard.env import Env

    for address in (*postgres.PLACES, "postgresql://postgres:a-b_c@127.0.0.1:5433/traffic_0a"):
        monkeypatch.setenv("X", address)
        found = Env(tmp_path).database("X", "")
        assert "postgresql" in found["ENGINE"]
        assert found["NAME"] in ("postgres", "traffic_0a")


@pytest.mark.parametrize("root", [False, True])
def test_a_libreoffice_is_found_brought_or_named(tmp_path, monkeypatch, root):
    assert libreoffice.find(str(tmp_path)) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    notes: list[str] = []
    monkeypatch.setattr(debian, "can_install", lambda: root)
    monkeypatch.setattr(debian, "install", notes.append)
    with pytest.raises(Refusal, match="install the package libreoffice-calc and run again"):
        libreoffice.ensure()
    assert notes == (["libreoffice-calc"] if root else [])
    assert program(tmp_path, "soffice")
    libreoffice.ensure()
