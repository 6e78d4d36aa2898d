"""A wrong value of any setting stops the start with a sentence that names it, and no secret."""

import re
import runpy
import traceback

import pytest
from django.core.exceptions import ImproperlyConfigured

from scripts import neutral
from scripts.install import ROOT

CANARY = "canary-in-a-value"

WRONG = {
    "DEBUG": ["maybe", "2"],
    "ALLOWED_HOSTS": ["https://sms.example.org", "sms.example.org:8000", "a b", "sms_(x)"],
    "TRUSTED_PROXIES": ["proxy", "10.0.0.1/8", "10.0.0.1/33", "0.0.0.0/0", "::/0", "10.0.0.1;10.0.0.2"],
    "NOW": ["nonsense", "tomorrow", "2026-02-30", "1763460000"],
    "SMSFACTOR_API_URL": [
        "nonsense", "api.example.org", "http://api.example.org", "ftp://api.example.org",
        "https://", "https://[::1", "https://api.example.org:99999", "https://api.example.org:x",
        f"https://user:{CANARY}@api.example.org", f"https://api.example.org?token={CANARY}",
        "https://api.example.org/messages",
    ],
    "SMSFACTOR_API_TOKEN": [f"{CANARY} and more", f"{CANARY}\nX: y", f"{CANARY}é"],
    "SMSFACTOR_TIME_ZONE": ["Europe/Atlantis", "../../etc/passwd", "Europe", "nonsense"],
    "SMSFACTOR_FORMAT": ["yaml"],
    "SMSFACTOR_CONCURRENCY": ["0", "-1", "1e300", "65", "2.5", "four", "nan", "inf", "9" * 5000],
    "SMSFACTOR_MAX_REQUESTS_PER_SECOND": ["0", "-1", "1e300", "nan", "inf", "many"],
    "PHONE_REGION": ["France", "XX", "33", "F"],
    "RETENTION_MONTHS": ["abc", "0", "-6", "6.5", "1e9", "99999"],
    "ARCHIVE_PRESENT_SECONDS": ["9", "often", "1e9"],
    "ARCHIVE_RECHECK_MINUTES": ["0", "-1", "half"],
    "ARCHIVE_AHEAD_DAYS": ["0", "4000", "1.5"],
    "ARCHIVE_RECONCILE_DAYS": ["0", "400", "never"],
    "ARCHIVE_RECONCILE_CALLS": ["-1", "many", "1e9"],
    "CREDIT_PRICE": [
        "cheap", "-1", "NaN", "Infinity", "1e999999", "1,2", "2026-02-31:1", "soon:1", "2026-01-01:",
        "0.04,2026-01-01:-1", "2026-01-01:1,2026-01-01:2",
    ],
    "CURRENCY": ["GOLD", "€"],
    "DATABASE_URL": [
        "nonsense", CANARY, f"mysql://u:{CANARY}@localhost/db", f"postgres://u:{CANARY}@host",
        f"postgres://u:{CANARY}@host:port/db", f"postgres://u:{CANARY}@[::1/db", "sqlite",
        "sqlite:////no/such/folder/db.sqlite3", "sqlite://db.sqlite3",
    ],
    "REDIS_URL": [
        "nonsense", f"http://u:{CANARY}@host", "redis://", f"redis://:{CANARY}@host:port/0",
    ],
    "EMAIL_URL": [
        "nonsense", "consolemail://", "filemail:///tmp/mails", "smtp://", "smtp+tls",
        f"smtp+tls://u:{CANARY}@mail.example.org:port", f"imap://u:{CANARY}@mail.example.org",
    ],
    "EMAIL_FROM": ["nonsense", "a b", "a@b\nBcc: c@d", "@example.org", "SMS traffic <>"],
    "SESSION_IDLE_MINUTES": ["0", "721", "half"],
    "SESSION_HOURS": ["0", "169", "12.5"],
    "STATEMENT_SECONDS": ["0", "3601", "x"],
    "LOG_LEVEL": ["loud"],
    "LOG_FORMAT": ["loud"],
}  # fmt: skip
"""Setting → values that cannot be meant."""

ANY_TEXT = {
    "REQUIRE_SECOND_FACTOR",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "PRIVACY_KEY",
    "STATIC_ROOT",
    "EXPORTS_DIR",
    "BACKUP_KEY",
    "BACKUP_DIR",
}
"""Of keys the safe start judges; a folder may be made later."""


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name, value in neutral.environment(f"sqlite:///{tmp_path}/x", str(tmp_path)).items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def read_settings():
    return runpy.run_path(str(ROOT / "dashboard" / "settings.py"))


def test_every_setting_has_its_wrong_values():
    code = (ROOT / "dashboard" / "settings.py").read_text()
    assert set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', code)) == WRONG.keys() | ANY_TEXT


def test_the_neutral_settings_are_good_ones(environment):
    assert read_settings()["LOCAL_ONLY"]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_t40_a_wrong_value_is_refused_by_name(environment, name, value):
    environment.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read_settings()
    sentence = str(caught.value)
    assert re.match(rf"{name} (is “[^”]*”, but )?must be .+\.$|{name} must be .+\.$", sentence)
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told, "nor in what led to it"


@pytest.mark.parametrize("name", ["SMSFACTOR_API_TOKEN", "SECRET_KEY", "PRIVACY_KEY"])
def test_a_dollar_is_a_dollar(environment, name):
    environment.setenv(name, "$ecret-of-this-test")
    value = read_settings()[name]
    assert (value if isinstance(value, str) else value.reveal()) == "$ecret-of-this-test"


@pytest.mark.parametrize("name", sorted(WRONG))
def test_an_empty_value_means_the_default(environment, name):
    environment.delenv(name)
    default = read_settings()[name if name != "DATABASE_URL" else "DATABASES"]
    environment.setenv(name, " ")
    assert read_settings()[name if name != "DATABASE_URL" else "DATABASES"] == default
