"""The database file is its owner's alone from its first moment."""

import sqlite3
import stat

import pytest

from dashboard.env import Env
from dashboard.private_files import PrivateConnection, is_open_to_others


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_database_and_the_files_beside_it_are_private(tmp_path, monkeypatch):
    monkeypatch.setenv("X", f"sqlite:///{tmp_path}/new.sqlite3")
    found = Env(tmp_path).database("X", "")
    with sqlite3.connect(found["NAME"], factory=found["OPTIONS"]["factory"]) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE one (two)")
        connection.commit()
        files = sorted(tmp_path.glob("new.sqlite3*"))
        assert [path.name for path in files] == [
            "new.sqlite3", "new.sqlite3-shm", "new.sqlite3-wal",
        ]  # fmt: skip
        assert {mode(path) for path in files} == {0o600}
    connection.close()


def test_an_existing_database_keeps_its_group(tmp_path):
    path = tmp_path / "kept.sqlite3"
    path.touch(mode=0o640)
    path.chmod(0o640)
    sqlite3.connect(path, factory=PrivateConnection).close()
    assert mode(path) == 0o640


@pytest.mark.parametrize("name", [":memory:", "file:shared?mode=memory&cache=shared"])
def test_a_database_in_memory_makes_no_file(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    sqlite3.connect(name, uri=True, factory=PrivateConnection).close()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_made_fails_as_sqlite_fails(tmp_path):
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(tmp_path / "none" / "x.sqlite3", factory=PrivateConnection)


@pytest.mark.parametrize(
    ("permissions", "expected"), [(0o600, False), (0o640, False), (0o604, True), (0o602, True)]
)
def test_who_others_are(tmp_path, permissions, expected):
    path = tmp_path / "file"
    path.touch()
    path.chmod(permissions)
    assert is_open_to_others(path) is expected
    assert not is_open_to_others(tmp_path / "none")
