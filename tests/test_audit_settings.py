"""A setting that changed is told by its name when a worker starts; its value stays out of the trail."""

import pytest

from messages_app.audit_settings import record_settings
from tests.trail import last, recorded

pytestmark = pytest.mark.django_db

SECRET = "a-token-that-nobody-may-read"


def start() -> None:
    record_settings.cache_clear()
    record_settings()


def test_changed_settings_are_recorded_once_by_their_names(monkeypatch):
    start()
    monkeypatch.setenv("SMSFACTOR_API_TOKEN", SECRET)
    monkeypatch.setenv("PHONE_REGION", "BE")
    with recorded() as lines:
        start()
        start()
        record_settings()
    assert [(one.act, one.note) for one in lines] == [
        ("setting_changed", "PHONE_REGION, SMSFACTOR_API_TOKEN")
    ]
    assert SECRET not in str(vars(last()))
    monkeypatch.delenv("PHONE_REGION")
    start()
    assert last().note == "PHONE_REGION"
