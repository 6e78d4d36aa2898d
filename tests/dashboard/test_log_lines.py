"""Lines of the log: one stays one, as JSON for machines, with the request's id and nobody's data."""

import io
import json
import logging
import sys
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from django.test import Client

from dashboard.log_lines import JsonLine, Line
from messages_app import occasion
from messages_app.provider import Token
from tests.conftest import browser

NUMBER = "33639981234"
INJECTED = "ok\n2026-01-01 CRITICAL somebody all is well\r\x1b[2J\u2028end"


class Written:
    """What a handler with our formatter writes."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)

    def text(self) -> str:
        return self.stream.getvalue()

    def objects(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text().splitlines()]


def writing(formatter: logging.Formatter, monkeypatch: pytest.MonkeyPatch) -> Written:
    written = Written(formatter)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [written.handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    return written


@pytest.fixture
def as_json(monkeypatch):
    monkeypatch.setattr(occasion, "_run", "")
    return writing(JsonLine(), monkeypatch)


@pytest.fixture
def as_text(monkeypatch):
    return writing(Line("{levelname} {name} {message}", style="{"), monkeypatch)


def test_t23_a_request_is_one_object_without_path_and_query(support, as_json):
    client = browser(support)
    answer = client.get(f"/messages/?no_such_filter={NUMBER}")
    (line,) = [one for one in as_json.objects() if one["logger"] == "dashboard.requests"]
    moment = line.pop("at")
    assert isinstance(moment, str)
    assert moment.endswith("Z")
    assert datetime.fromisoformat(moment).utcoffset() == timedelta(0)
    assert isinstance(line.pop("ms"), int)
    assert str(line.pop("message")).startswith("GET messages 200 ")
    assert line == {
        "level": "INFO", "logger": "dashboard.requests", "method": "GET", "route": "messages",
        "status": 200, "user": support.pk, "request_id": answer.headers["X-Request-ID"],
    }  # fmt: skip
    assert NUMBER not in as_json.text()


def test_who_is_not_known_to_a_page_is_not_asked_for(db, as_json, django_assert_num_queries):
    with django_assert_num_queries(0):
        Client().get("/health/live")
    (line,) = as_json.objects()
    assert "user" not in line
    assert line["route"] == "health_live"


@pytest.mark.parametrize("given", ["from-the-proxy-1", "a" * 32])
def test_a_trusted_proxy_s_id_is_kept_and_a_stranger_s_is_not(settings, client, given):
    settings.TRUSTED_PROXIES = (ip_network("10.0.0.5"),)
    here = {"headers": {"X-Request-ID": given}}
    answer = client.get("/health/live", REMOTE_ADDR="10.0.0.5", **here)
    assert answer.headers["X-Request-ID"] == given
    answer = client.get("/health/live", REMOTE_ADDR="203.0.113.9", **here)
    assert answer.headers["X-Request-ID"] != given


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "a\nb-c-d-e-f", NUMBER + " x", "é" * 9])
def test_t25_an_id_that_is_none_is_made_anew(settings, client, given):
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert len(answer.headers["X-Request-ID"]) == 32


def test_each_request_has_an_id_of_its_own(client):
    assert len({client.get("/health/live").headers["X-Request-ID"] for _ in range(5)}) == 5


def test_t25_what_somebody_typed_begins_no_second_line(as_json, monkeypatch):
    logging.getLogger("a").warning("read %s", INJECTED)
    (line,) = as_json.objects()
    assert line["message"] == f"read {INJECTED}"
    assert as_json.text().isascii()
    text = writing(Line("{levelname} {message}", style="{"), monkeypatch)
    logging.getLogger("a").warning("read %s", INJECTED)
    assert len(text.text().splitlines()) == 1
    assert "\x1b" not in text.text()


@pytest.mark.parametrize("form", ["as_json", "as_text"])
def test_t01_t24_secrets_and_numbers_are_taken_out_by_value(form, settings, request):
    settings.SMSFACTOR_API_TOKEN = Token("a-token-of-the-account")
    settings.SECRET_KEY_FALLBACKS = ["an-earlier-key-of-ours"]
    written = request.getfixturevalue(form)
    said = (settings.SMSFACTOR_API_TOKEN.reveal(), settings.SECRET_KEY, settings.PRIVACY_KEY,
            "an-earlier-key-of-ours", NUMBER, f"+{NUMBER}", f"to={NUMBER}")  # fmt: skip
    for secret in said:
        logging.getLogger("a").error("It went wrong with %s and more", secret)
    for secret in said:
        assert secret not in written.text()
    assert written.text().count("***") == len(said)


def test_times_counts_and_names_of_workers_stay(as_text):
    said = "2026-11-18 15:00:00 to 2026-11-19: 123456 rows, worker host:12345:0123456789abcdef"
    logging.getLogger("a").info("%s", said)
    assert said in as_text.text()


@pytest.mark.parametrize("form", ["as_json", "as_text"])
def test_t24_no_words_of_an_exception_whoever_formatted_it_before(form, request):
    written = request.getfixturevalue(form)
    try:
        raise ValueError(f"no row for {NUMBER}")
    except ValueError:
        found = sys.exc_info()
        record = logging.LogRecord("a", logging.ERROR, "", 1, "It failed", (), found)
    assert NUMBER in logging.Formatter().format(record)
    written.handler.handle(record)
    assert "builtins.ValueError" in written.text()
    assert "no row" not in written.text()


def test_a_worker_s_lines_bear_the_name_that_its_ledger_has(as_json):
    occasion.begin_run("host:1:ab")
    logging.getLogger("messages_app.archive").info("worker starts")
    assert as_json.objects()[0]["run"] == "host:1:ab"
