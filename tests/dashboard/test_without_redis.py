"""T37: what is counted is not done while nothing can count it, and a sentence says so."""

import socket
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache.backends.redis import RedisCache
from django.test import Client

from messages_app.addresses import sealed_row
from messages_app.audit import Act
from messages_app.audited import AuditLine
from tests.factories import record
from tests.views.conftest import NOW, WALL
from tests.views.links_made import at, keep, link_of, visitor

DATE = WALL - timedelta(hours=1)


@pytest.fixture
def away(db, monkeypatch) -> Callable[[], None]:
    """An archive with one message, and a way to take Redis away."""
    at(NOW, monkeypatch)
    keep([record(message_id=7, date=DATE, message="Your parcel: 4711")])

    def go() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        gone = RedisCache(f"redis://127.0.0.1:{port}/0", {})
        for user in ("messages_app.limits", "allauth.core.internal.ratelimit"):
            monkeypatch.setattr(f"{user}.cache", gone)

    return go


def is_refused(answer) -> bool:
    page = answer.content.decode()
    return answer.status_code == 503 and "what counts it does not answer" in page


def test_t37_no_link_is_opened_and_no_page_of_one_shown(away, administrator):
    _link, token = link_of(administrator, numbers="masked", texts="off")
    inside = visitor(token)
    assert inside.get("/shared/messages/").status_code == 200
    away()
    assert is_refused(inside.get("/shared/messages/"))
    assert is_refused(Client().post(f"/s/{token}/"))


def test_t37_nothing_is_revealed(away, analyst_client):
    away()
    path = f"/messages/{sealed_row('sms_mt:7', DATE)}/reveal/"
    answer = analyst_client.post(path, {"reason": "A customer asks"})
    assert is_refused(answer)
    assert "4711" not in answer.content.decode()
    assert not AuditLine.objects.filter(act=Act.REVEALED).exists()


def test_t06_no_password_is_tried(away, client, support):
    away()
    words = {"login": "support", "password": "a long password"}
    assert is_refused(client.post("/accounts/login/", words))
    assert "_auth_user_id" not in client.session
