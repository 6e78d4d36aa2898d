"""T7: behind a trusted proxy everybody is counted alone; from others, forwarding headers are air."""

from ipaddress import ip_network

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import RequestFactory

from dashboard.proxies import TrustedProxies

PROXY, OTHER_PROXY, CLIENT, LIAR = "10.0.0.5", "10.0.1.7", "198.51.100.20", "203.0.113.9"


@pytest.fixture
def trusted(settings):
    settings.TRUSTED_PROXIES = (
        ip_network(PROXY),
        ip_network("10.0.1.0/24"),
        ip_network("fd00::/8"),
    )
    return settings


def seen(**headers):
    """The request as what lies behind the middleware sees it."""
    request = RequestFactory().get("/")
    request.META.update(headers)
    TrustedProxies(lambda _: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}", CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}, {OTHER_PROXY}", CLIENT),
        (PROXY, f"{LIAR}, {OTHER_PROXY}, {CLIENT}, {OTHER_PROXY}", CLIENT),
        (PROXY, f"{OTHER_PROXY}", OTHER_PROXY),
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, f"{CLIENT}, nonsense, {OTHER_PROXY}", OTHER_PROXY),
        (PROXY, f"{CLIENT}:50123", CLIENT),
        (PROXY, "[2001:db8::1]:50123", "2001:db8::1"),
        (f"::ffff:{PROXY}", f"::ffff:{CLIENT}", CLIENT),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        (LIAR, CLIENT, LIAR),
        (LIAR, PROXY, LIAR),
        ("", CLIENT, ""),
    ],
)
def test_t07_the_client_is_the_right_most_that_no_trusted_proxy_is(trusted, peer, told, client):
    assert seen(REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=told).META["REMOTE_ADDR"] == client


def test_t07_nobody_is_trusted_unless_named():
    meta = seen(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=CLIENT).META
    assert meta["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_X_FORWARDED_FOR" not in meta


@pytest.mark.parametrize(("peer", "secure"), [(PROXY, True), (LIAR, False)])
def test_https_is_believed_of_trusted_proxies_alone(trusted, peer, secure):
    trusted.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen(REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https").is_secure() is secure


@pytest.fixture
def no_attempts():
    cache.clear()
    yield
    cache.clear()


def wrong_logins(client, how_many, peer, told):
    """The last answer's status, after wrong passwords for as many names."""
    for n in range(how_many):
        answer = client.post(
            "/accounts/login/",
            {"login": f"name{n}", "password": "wrong"},
            REMOTE_ADDR=peer,
            HTTP_X_FORWARDED_FOR=told(n) if callable(told) else told,
        )
    return answer.status_code


def logs_in(client, peer, told):
    client.post(
        "/accounts/login/",
        {"login": "support", "password": "a long password"},
        REMOTE_ADDR=peer,
        HTTP_X_FORWARDED_FOR=told,
    )
    return "_auth_user_id" in client.session


def test_t07_one_guesser_behind_the_proxy_locks_out_nobody_else(
    client, support, trusted, no_attempts
):
    wrong_logins(client, 12, PROXY, LIAR)
    assert not logs_in(client, PROXY, LIAR)
    assert logs_in(client, PROXY, CLIENT)


def test_t07_forged_addresses_do_not_help_a_guesser(client, support, trusted, no_attempts):
    wrong_logins(client, 12, LIAR, lambda n: f"198.51.100.{n}")
    assert not logs_in(client, LIAR, CLIENT), "told by himself"
    cache.clear()
    wrong_logins(client, 12, PROXY, lambda n: f"198.51.100.{n}, {LIAR}")
    assert not logs_in(client, PROXY, f"{CLIENT}, {LIAR}"), "told by himself to the proxy"


def test_t06_wrong_passwords_are_counted_whatever_port_the_address_names(client, db):
    cache.clear()
    form = {"login": "support", "password": "wrong"}
    for turn in range(6):
        host = {"headers": {"host": f"localhost:{8000 + turn}"}}
        answer = client.post("/accounts/login/", form, REMOTE_ADDR=f"203.0.113.{turn}", **host)
    assert "Too many failed login attempts" in answer.content.decode()
    cache.clear()
