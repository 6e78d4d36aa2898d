"""T40: an unsafe production start is refused, each case with a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.checks import refuse_unsafe_start, safe_start
from messages_app.provider import Token

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"


@pytest.fixture
def production(settings):
    settings.LOCAL_ONLY = False
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["sms.example.org"]
    settings.SECRET_KEY = KEY
    settings.PRIVACY_KEY = KEY[::-1]
    settings.SMSFACTOR_API_URL = "https://api.example.org"
    settings.PROVIDER_IS_SANDBOX = False
    settings.SMSFACTOR_API_TOKEN = Token("token")
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
        ("PRIVACY_KEY", KEY, "PRIVACY_KEY"),
        ("PROVIDER_IS_SANDBOX", True, "sandbox"),
        ("SMSFACTOR_API_TOKEN", Token(""), "SMSFACTOR_API_TOKEN"),
        ("NOW", "2026-11-01", "NOW"),
        ("HAS_MANIFEST", False, "collectstatic"),
    ],
)
def test_t40_an_unsafe_start_is_refused_in_a_sentence(production, setting, value, words):
    setattr(production, setting, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        refuse_unsafe_start()


def test_this_machine_alone_needs_none_of_it(settings):
    settings.LOCAL_ONLY = True
    settings.DEBUG = True
    assert safe_start() == []


def test_the_server_refuses_before_its_first_request():
    environment = {**os.environ, "ALLOWED_HOSTS": "sms.example.org", "SECRET_KEY": "short"}
    done = subprocess.run(
        [sys.executable, "-c", "import dashboard.wsgi"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "SECRET_KEY must be random" in done.stderr
