"""Settings from the environment: understood, or refused in a sentence that names the setting."""

import stat
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.env import Env, is_loopback


@pytest.fixture
def env(tmp_path):
    return Env(tmp_path)


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        (lambda e: e.flag("X"), "true", True),
        (lambda e: e.flag("X"), "Off", False),
        (lambda e: e.flag("X", default=True), "", True),
        (lambda e: e.whole("X", 4, least=1), "7", 7),
        (lambda e: e.whole("X", 4, least=1), "", 4),
        (lambda e: e.number("X", 1, least=0.1), "2.5", 2.5),
        (lambda e: e.choice("X", ("json", "xml")), "XML", "xml"),
        (lambda e: e.zone("X", "Europe/Paris"), "UTC", "UTC"),
        (lambda e: e.url("X", ""), "https://api.example.org/", "https://api.example.org"),
        (lambda e: e.url("X", ""), "http://127.0.0.1:8901", "http://127.0.0.1:8901"),
        (lambda e: e.listed("X"), " a , b ,", ["a", "b"]),
        (lambda e: e.price("X"), "0.045", Decimal("0.045")),
        (lambda e: e.price("X"), "", None),
        (lambda e: e.currency("X", "EUR"), "chf", "CHF"),
    ],
)
def test_a_value_is_understood(env, monkeypatch, call, value, expected):
    monkeypatch.setenv("X", value)
    assert call(env) == expected


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda e: e.flag("X"), "maybe"),
        (lambda e: e.whole("X", 4, least=1), "0"),
        (lambda e: e.whole("X", 4, least=1), "2.5"),
        (lambda e: e.whole("X", 4, least=1), "four"),
        (lambda e: e.number("X", 1, least=0.1), "nan"),
        (lambda e: e.number("X", 1, least=0.1), "inf"),
        (lambda e: e.choice("X", ("json", "xml")), "yaml"),
        (lambda e: e.zone("X", "Europe/Paris"), "Europe/Atlantis"),
        (lambda e: e.zone("X", "Europe/Paris"), "../../etc/passwd"),
        (lambda e: e.zone("X", "Europe/Paris"), "Europe"),
        (lambda e: e.url("X", ""), "http://api.example.org"),
        (lambda e: e.url("X", ""), "ftp://api.example.org"),
        (lambda e: e.url("X", ""), "api.example.org"),
        (lambda e: e.database("X", ""), "mysql://u@localhost/db"),
        (lambda e: e.price("X"), "cheap"),
        (lambda e: e.price("X"), "-1"),
        (lambda e: e.price("X"), "NaN"),
        (lambda e: e.currency("X", "EUR"), "GOLD"),
    ],
)
def test_a_wrong_value_is_refused_by_name(env, monkeypatch, call, value):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X is “"):
        call(env)


def test_a_file_of_settings_is_read(tmp_path, monkeypatch):
    monkeypatch.delenv("COLOUR_OF_THE_TEST", raising=False)
    (tmp_path / ".env").write_text("COLOUR_OF_THE_TEST=blue\n")
    assert Env(tmp_path).text("COLOUR_OF_THE_TEST") == "blue"
    monkeypatch.delenv("COLOUR_OF_THE_TEST", raising=False)


def test_a_key_of_this_machine_is_made_once_and_kept_to_its_owner(env, tmp_path, monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = env.kept_key("SECRET_KEY", generate=True)
    assert len(first) >= 40
    assert env.kept_key("SECRET_KEY", generate=True) == first
    mode = stat.S_IMODE((tmp_path / ".state" / "secret_key").stat().st_mode)
    assert mode == 0o600
    assert env.kept_key("SECRET_KEY", generate=False) == ""


def test_sqlite_waits_for_its_turn(env):
    options = env.database("NO_SUCH_SETTING", "sqlite:////tmp/x.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "WAL" in options["init_command"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.2", True), ("[::1]", True), ("sms.example.org", False),
     ("*", False), ("10.0.0.1", False), ("127.evil.example", False)],
)  # fmt: skip
def test_which_hosts_are_this_machine(host, expected):
    assert is_loopback(host) is expected
