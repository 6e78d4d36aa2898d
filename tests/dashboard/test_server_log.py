"""The web server's log never says what somebody asked for."""

import logging

import pytest
from gunicorn.config import Config

from dashboard.log_lines import JsonLine, Line
from dashboard.server_log import ServerLog

ASKED = "/messages/?destination=33639981234"


@pytest.fixture
def log(caplog):
    log = ServerLog(Config())
    log.error_log = logging.getLogger("test.server")
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(Line())
    return log


def test_addresses_are_left_out(log, caplog):
    try:
        raise ValueError(f"broken by {ASKED}")
    except ValueError:
        log.exception("Error handling request %s", ASKED)
        log.exception("Error handling request %s %s", "GET", ASKED)
        log.exception("Exception in worker %s", "process")
    log.warning(f"Invalid request from ip=127.0.0.1: Invalid HTTP request line: '{ASKED}'")
    log.warning("Worker %s is slow", 7)
    log.access(None, None, {}, None)
    assert "33639981234" not in caplog.text
    lines = [record.getMessage() for record in caplog.records]
    assert lines[-1] == "Worker 7 is slow"
    assert len(lines) == 5
    assert caplog.text.count("builtins.ValueError\n") == 3
    assert caplog.text.count("in test_addresses_are_left_out") == 3
    assert lines[2] == "Exception in worker process"
    assert {record.levelname for record in caplog.records[:3]} == {"ERROR"}


def test_the_messages_are_still_those_of_the_server():
    """Where gunicorn words them anew, the log above must follow."""
    from gunicorn.workers import base

    with open(base.__file__) as file:
        source = file.read()
    assert '"Error handling request %s %s", req.method, req.uri' in source
    assert '"Error handling request %s", req.uri' in source
    assert "Invalid request from ip=" in source


@pytest.mark.parametrize(("form", "wanted"), [("json", JsonLine), ("", Line), ("text", Line)])
def test_its_first_process_writes_lines_as_all_others(monkeypatch, form, wanted):
    monkeypatch.setenv("LOG_FORMAT", form)
    kept = logging.getLogger("gunicorn.error").handlers[:]
    try:
        found = [type(one.formatter) for one in ServerLog(Config()).error_log.handlers]
    finally:
        logging.getLogger("gunicorn.error").handlers[:] = kept
    assert wanted in found
    assert logging.Formatter not in found
