"""A crash is recorded, as the page says, by type, place and route; never by what was worked on."""

import io
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings as django_settings

CANARY = "33639981234"


@pytest.fixture
def written():
    """What the configured handler writes, at the level of `make run`."""
    configured: dict[str, Any] = django_settings.LOGGING
    config = {**configured, "root": {"handlers": ["console"], "level": "WARNING"}}
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    console = {**configured["handlers"]["console"], "stream": stream}
    logging.config.dictConfig({**config, "handlers": {"console": console}})
    yield stream
    root.handlers[:], root.level = before, level


def broken(*_args):
    number = CANARY
    try:
        int(f"x{number}")
    except ValueError as error:
        raise RuntimeError(f"no row for {number}") from error


def test_a_crash_is_recorded_with_type_place_and_route(administrator_client, monkeypatch, written):
    monkeypatch.setattr("messages_app.views.messages.asked", broken)
    administrator_client.raise_request_exception = False
    answer = administrator_client.get(f"/messages/?destination={CANARY}")
    assert answer.status_code == 500
    assert "It was recorded" in answer.content.decode()
    told = written.getvalue()
    assert "ERROR dashboard.crashes GET messages crashed\nbuiltins.ValueError\n" in told
    assert "\nbuiltins.RuntimeError\n" in told
    assert f'  File "{__file__}", line ' in told
    assert "in broken" in told
    assert CANARY not in told
    assert "destination" not in told


def test_a_crash_outside_of_views_is_recorded_too(client, monkeypatch, written):
    monkeypatch.setattr("django.middleware.locale.LocaleMiddleware.process_request", broken)
    client.raise_request_exception = False
    assert client.get(f"/messages/{CANARY}").status_code == 500
    assert "ERROR dashboard.crashes GET unknown crashed\n" in written.getvalue()
    assert CANARY not in written.getvalue()


def test_what_is_no_crash_is_not_recorded_as_one(client, db, written):
    client.get(f"/no/such/page/{CANARY}")
    client.get("/messages/")
    assert "crashed" not in written.getvalue()
    assert CANARY not in written.getvalue()


def test_an_exception_that_anybody_logs_shows_its_frames_alone(written):
    try:
        broken()
    except RuntimeError:
        logging.getLogger("somebody.else").exception("It went wrong")
    told = written.getvalue()
    assert "ERROR somebody.else It went wrong\nbuiltins.ValueError\n" in told
    assert "in broken" in told
    assert CANARY not in told


def test_an_endless_recursion_is_told_in_few_lines(written):
    def endless():
        endless()

    try:
        endless()
    except RecursionError:
        logging.getLogger("somebody.else").exception("Too deep")
    assert 10 < written.getvalue().count("\n") < 60
