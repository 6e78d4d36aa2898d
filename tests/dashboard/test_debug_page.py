"""Django's error page for developers shows no password that stands in an address."""

import sys

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.utils.module_loading import import_string
from django.views.debug import ExceptionReporter

from messages_app.provider import Token

CANARY = "canary-password"


@pytest.fixture
def secrets_set(settings, monkeypatch, tmp_path):
    settings.DEBUG = True
    settings.EMAIL_URL = f"smtp://user:{CANARY}@mail.example.org"
    settings.EMAIL_HOST_PASSWORD = CANARY
    settings.REDIS_URL = f"redis://:{CANARY}@cache.example.org"
    cache = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "shared": {"BACKEND": cache, "LOCATION": settings.REDIS_URL},
    }
    database = {"ENGINE": "django.db.backends.postgresql", "USER": "u", "PASSWORD": CANARY}
    monkeypatch.setattr(django_settings, "DATABASES", {"default": database})
    settings.SMSFACTOR_API_TOKEN = Token(CANARY)
    settings.SECRET_KEY = settings.PRIVACY_KEY = CANARY
    settings.SECRET_KEY_FALLBACKS = [CANARY]
    return settings


ENVIRONMENT = {
    "EMAIL_URL": f"smtp://user:{CANARY}@mail.example.org",
    "REDIS_URL": f"redis://:{CANARY}@cache.example.org",
    "DATABASE_URL": f"postgres://u:{CANARY}@db.example.org/n",
    "TEST_DATABASE_URL": f"postgres://u:{CANARY}@db.example.org/n",
    "SMSFACTOR_API_TOKEN": CANARY,
    "SECRET_KEY": CANARY,
    "SECRET_KEY_FALLBACKS": CANARY,
    "PRIVACY_KEY": CANARY,
    "SANDBOX_TOKEN": CANARY,
}
"""Django's own server hands the environment on with each request."""


@pytest.mark.parametrize("form", ["html", "text"])
def test_no_password_is_shown(secrets_set, form):
    request = RequestFactory().get("/")
    request.META.update(ENVIRONMENT)
    try:
        raise ValueError("on purpose")
    except ValueError:
        reporter = ExceptionReporter(request, *sys.exc_info())
    page = getattr(reporter, f"get_traceback_{form}")()
    assert "REDIS_URL" in page
    assert "on purpose" in page
    assert CANARY not in page


def test_the_filter_is_the_one_that_is_used(settings):
    used = import_string(settings.DEFAULT_EXCEPTION_REPORTER_FILTER)
    assert used().cleanse_setting("REDIS_URL", CANARY) == used.cleansed_substitute
    assert used().cleanse_setting("TIME_ZONE", "Europe/Paris") == "Europe/Paris"
