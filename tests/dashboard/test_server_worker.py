"""What the web server answers by itself has strict headers too."""

import logging
import socket
from http.client import HTTPResponse

import pytest
from gunicorn.http.errors import InvalidRequestMethod, LimitRequestLine

from dashboard.server_worker import Worker


@pytest.mark.parametrize(
    ("error", "status"),
    [(LimitRequestLine(9000, 8190), 414), (InvalidRequestMethod("<b>"), 400), (OSError(), 500)],
)
def test_an_answer_of_the_server_itself_allows_nothing(error, status):
    ours, theirs = socket.socketpair()
    worker = object.__new__(Worker)
    worker.log = logging.getLogger("test.server")
    with ours, theirs:
        worker.handle_error(None, ours, ("127.0.0.1", 1), error)
        answer = HTTPResponse(theirs)
        answer.begin()
        body = answer.read().decode()
    assert answer.status == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert body.strip().endswith("</html>")
    assert "<b>" not in body
