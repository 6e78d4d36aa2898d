"""T40: an unsafe production start is refused, each case with a sentence."""

import os
import secrets
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from dashboard.checks import is_weak, refuse_unsafe_start, safe_start
from messages_app.provider import Token

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"


@pytest.fixture
def production(settings, tmp_path, monkeypatch):
    settings.BASE_DIR = tmp_path
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    # Past the fixture: Django warns of another database, which nothing here opens.
    monkeypatch.setattr(django_settings, "DATABASES", {"default": file})
    settings.SECRET_KEY_FALLBACKS = []
    settings.LOCAL_ONLY = False
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["sms.example.org"]
    settings.SECRET_KEY = KEY
    settings.PRIVACY_KEY = KEY[::-1]
    settings.SMSFACTOR_API_URL = "https://api.example.org"
    settings.PROVIDER_IS_SANDBOX = False
    settings.SMSFACTOR_API_TOKEN = Token("token")
    settings.RETENTION_MONTHS = 24
    settings.NOW = ""
    settings.HAS_MANIFEST = True
    return settings


def test_a_good_configuration_starts(production):
    refuse_unsafe_start()


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("DEBUG", True, "DEBUG"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", [], "ALLOWED_HOSTS"),
        ("SECRET_KEY", "", "SECRET_KEY"),
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SECRET_KEY", "django-insecure-" + KEY, "SECRET_KEY"),
        ("PRIVACY_KEY", "", "PRIVACY_KEY"),
        ("SECRET_KEY", "a" * 40, "SECRET_KEY"),
        ("SECRET_KEY", "0123456789abcdef" * 3, "SECRET_KEY"),
        ("SECRET_KEY", "password" * 4 + "password1", "SECRET_KEY"),
        ("PRIVACY_KEY", "b" * 40, "PRIVACY_KEY"),
        ("PRIVACY_KEY", KEY, "PRIVACY_KEY"),
        ("SECRET_KEY_FALLBACKS", [KEY[::-1]], "PRIVACY_KEY"),
        ("SECRET_KEY_FALLBACKS", ["c" * 40], "SECRET_KEY_FALLBACKS"),
        ("PROVIDER_IS_SANDBOX", True, "sandbox"),
        ("SMSFACTOR_API_TOKEN", Token(""), "SMSFACTOR_API_TOKEN"),
        ("RETENTION_MONTHS", None, "RETENTION_MONTHS"),
        ("NOW", "2026-11-01", "NOW"),
        ("HAS_MANIFEST", False, "collectstatic"),
    ],
)
def test_t40_an_unsafe_start_is_refused_in_a_sentence(production, setting, value, words):
    setattr(production, setting, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        refuse_unsafe_start()


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
@pytest.mark.parametrize("size", [32, 48])
def test_random_keys_are_good_ones(make, size):
    assert [key for key in (make(size) for _ in range(200)) if is_weak(key)] == []


@pytest.mark.parametrize("named", [".env", "db.sqlite3"])
def test_files_that_others_can_read_are_refused(production, named):
    path = production.BASE_DIR / named
    path.write_text("SMSFACTOR_API_TOKEN=canary\n")
    path.chmod(0o604)
    with pytest.raises(ImproperlyConfigured, match="thers can read") as caught:
        refuse_unsafe_start()
    assert "chmod 600" in str(caught.value)
    path.chmod(0o640)
    refuse_unsafe_start()


def test_this_machine_alone_needs_none_of_it(settings):
    settings.LOCAL_ONLY = True
    settings.DEBUG = True
    assert safe_start() == []


def test_t28_a_real_account_is_asked_how_long_messages_are_kept_also_on_this_machine(settings):
    """T28."""
    settings.LOCAL_ONLY, settings.RETENTION_MONTHS = True, None
    settings.SMSFACTOR_API_TOKEN, settings.PROVIDER_IS_SANDBOX = Token("token"), False
    (found,) = safe_start()
    assert "RETENTION_MONTHS" in found.msg
    settings.RETENTION_MONTHS = 24
    assert safe_start() == []
    settings.RETENTION_MONTHS, settings.PROVIDER_IS_SANDBOX = None, True
    assert safe_start() == []


@pytest.mark.parametrize("command", ["worker", "sync", "check_archive"])
def test_t28_nothing_of_a_real_account_is_read_before_that(settings, monkeypatch, command):
    """T28."""
    for beside in ("make_files", "keep_pulse"):
        monkeypatch.setattr(f"messages_app.management.commands.worker.{beside}", lambda *_: None)
    settings.RETENTION_MONTHS, settings.PROVIDER_IS_SANDBOX = None, False
    settings.SMSFACTOR_API_TOKEN = Token("token")
    options = [] if command == "worker" else ["--from", "2026-11-10", "--to", "2026-11-16"]
    with pytest.raises(CommandError, match="RETENTION_MONTHS is missing"):
        call_command(command, *options, stdout=StringIO())


def test_the_server_refuses_before_its_first_request():
    environment = {**os.environ, "ALLOWED_HOSTS": "sms.example.org", "SECRET_KEY": "short"}
    done = subprocess.run(
        [sys.executable, "-c", "import dashboard.wsgi"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "SECRET_KEY must be random" in done.stderr
