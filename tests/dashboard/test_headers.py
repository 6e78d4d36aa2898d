"""T13, T20, T34: headers of every response, whatever was asked by whom, errors and static files included."""

from typing import Any

import pytest
from django.test import Client

from dashboard.headers import PERMISSIONS_POLICY
from tests.conftest import browser, person
from tests.dashboard.test_doors import ADDRESSES, CSP

pytestmark = pytest.mark.django_db

STATIC = ("/static/css/app.css", "/static/nothing.css", "/static/chart.js/chart.umd.min.js")
PATHS = sorted({path for path, _name in ADDRESSES if "(" not in path})

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}


def objections(path: str, answer: Any) -> list[str]:
    """What an answer's headers lack."""
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    lacks = [one for one in CSP if one not in policy]
    lacks += [one for one in ("unsafe", "report", "http", "*") if one in policy]
    lacks += [name for name, value in ALWAYS.items() if headers.get(name) != value]
    if headers.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        lacks.append("Referrer-Policy")
    if "noindex" not in headers.get("X-Robots-Tag", ""):
        lacks.append("X-Robots-Tag")
    if not headers.get("X-Request-ID"):
        lacks.append("X-Request-ID")
    if not path.startswith("/static/"):
        vary = {one.strip() for one in headers.get("Vary", "").split(",")}
        lacks += [] if {"Cookie", "HX-Request"} <= vary else ["Vary"]
        lacks += [] if headers.get("Cache-Control") == "no-store, private" else ["Cache-Control"]
    return [f"{path} {answer.status_code}: {one}" for one in lacks]


def asked(client: Client, path: str, method: str = "get", **more: Any) -> list[str]:
    answer = getattr(client, method)(path, **more)
    read_to_its_end(answer)
    return objections(path, answer)


def read_to_its_end(answer: Any) -> None:
    """Its end closes a file; `close` would close the database's connection too, amid a test's transaction."""
    if answer.streaming:
        for _piece in answer.streaming_content:
            pass


def root() -> Client:
    user = person("root")
    user.is_staff = user.is_superuser = True
    user.save()
    return browser(user)


@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_t13_t20_t34_every_address_answers_with_all_headers(method):
    """To who is logged in and who is not, to htmx and by every method."""
    found = []
    for client in (Client(), root()):
        for path in (*PATHS, *STATIC, "/no/such/page", "/static/../settings.py"):
            found += asked(client, path, method)
        found += asked(client, "/messages/", method, headers={"HX-Request": "true"})
    assert found == []


def test_t13_t34_every_refusal_too():
    strict = Client(enforce_csrf_checks=True)
    found = asked(strict, "/accounts/login/", "post")
    found += asked(strict, "/health/live", headers={"Host": "evil.example"})
    found += asked(strict, "/messages/\x00")
    found += asked(strict, "/messages/?" + "a=1&" * 3000)
    assert found == []


def test_t13_t34_and_a_crash(monkeypatch):
    def broken(*_args: object) -> None:
        raise RuntimeError("broken on purpose")

    client = root()
    client.raise_request_exception = False
    monkeypatch.setattr("messages_app.views.messages.asked", broken)
    monkeypatch.setattr("messages_app.views.analytics.asked", broken, raising=False)
    answer = client.get("/messages/")
    assert answer.status_code == 500
    assert objections("/messages/", answer) == []
