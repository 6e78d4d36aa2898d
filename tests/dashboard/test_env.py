"""Settings from the environment: understood, or refused in a sentence that names the setting."""

import stat
from datetime import datetime
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
        (lambda e: e.text("X"), " $ecret$ ", "$ecret$"),
        (lambda e: e.text("X", "default"), " ", "default"),
        (lambda e: e.secret("X"), "$abc$", "$abc$"),
        (lambda e: e.whole("X", 4, least=1, most=9), "7", 7),
        (lambda e: e.whole("X", 4, least=1, most=9), "", 4),
        (lambda e: e.number("X", 1, least=0.1, most=9), "2.5", 2.5),
        (lambda e: e.months("X"), "24", 24),
        (lambda e: e.months("X"), "", None),
        (lambda e: e.region("X", "FR"), "be", "BE"),
        (lambda e: e.moment("X"), "2026-11-18T15:00", "2026-11-18T15:00"),
        (lambda e: e.moment("X"), "", ""),
        (lambda e: e.redis("X"), "redis://:p@h:6379/0", "redis://:p@h:6379/0"),
        (lambda e: e.redis("X"), "", ""),
        (lambda e: e.hosts("X", ""), "a.example.org,[::1],*", ["a.example.org", "[::1]", "*"]),
        (
            lambda e: [str(n) for n in e.networks("X")],
            "10.0.0.5,fd00::/8",
            ["10.0.0.5/32", "fd00::/8"],
        ),
        (
            lambda e: e.email("X")["EMAIL_HOST"],
            "smtp+tls://u:p@mail.example.org:587",
            "mail.example.org",
        ),
        (
            lambda e: e.email("X")["EMAIL_BACKEND"],
            "",
            "django.core.mail.backends.dummy.EmailBackend",
        ),
        (lambda e: e.database("X", "")["NAME"], "sqlite://:memory:", ":memory:"),
        (lambda e: e.database("X", "")["PASSWORD"], "postgres://u:p%40@h:5432/n", "p@"),
        (lambda e: e.choice("X", ("json", "xml")), "XML", "xml"),
        (lambda e: e.zone("X", "Europe/Paris"), "UTC", "UTC"),
        (lambda e: e.url("X", ""), "https://api.example.org/", "https://api.example.org"),
        (lambda e: e.url("X", ""), "http://127.0.0.1:8901", "http://127.0.0.1:8901"),
        (lambda e: e.listed("X"), " a , b ,", ["a", "b"]),
        (lambda e: e.prices("X"), "0.045", ((datetime(1970, 1, 1), Decimal("0.045")),)),
        (
            lambda e: e.prices("X"),
            "2026-07-01:0.05 , 0.045",
            (
                (datetime(1970, 1, 1), Decimal("0.045")),
                (datetime(2026, 7, 1), Decimal("0.05")),
            ),
        ),
        (lambda e: e.prices("X"), "", ()),
        (lambda e: e.currency("X", "EUR"), "chf", "CHF"),
    ],
)
def test_a_value_is_understood(env, monkeypatch, call, value, expected):
    monkeypatch.setenv("X", value)
    assert call(env) == expected


@pytest.mark.parametrize(
    ("content", "line"),
    [("SMSFACTOR_API_TOKEN = canary\n", 1), ("A=1\n\n# canary\ncanary\n", 4)],
)
def test_a_line_that_sets_nothing_is_refused_and_not_repeated(tmp_path, content, line, caplog):
    (tmp_path / ".env").write_text(content)
    with pytest.raises(ImproperlyConfigured, match=f"^Line {line} of ") as caught:
        Env(tmp_path)
    assert "canary" not in str(caught.value) + caplog.text


def test_a_file_of_settings_that_is_no_text_is_refused(tmp_path):
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(ImproperlyConfigured, match=r"\.env cannot be read\.$"):
        Env(tmp_path)


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
    kept = tmp_path / ".state" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.chmod(0o644)
    assert env.kept_key("SECRET_KEY", generate=True) == first
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600, "also one that was copied carelessly"
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
