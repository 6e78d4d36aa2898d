"""F13-F20: statuses, of HTTP and of the body, and what waiting they cause."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from messages_app.provider import (
    AuthenticationFault,
    BadRequest,
    ClientLimits,
    Outage,
    OutOfCredit,
    ProviderDown,
    ProviderError,
    RateLimited,
    ServerFault,
    UnderModeration,
    UnexpectedStatus,
    UnknownRefusal,
    UnreadableAnswer,
)
from messages_app.provider.retry_after import backoff, retry_after
from tests.provider.answers import body, request, row
from tests.provider.conftest import QUICK
from tests.provider.fake_time import FakeTime
from tests.provider.fault_server import reply, silence

GOOD = reply(body(row()))


@pytest.fixture
def timed(new_client):
    """A client whose waits take no time, and its clock."""
    time = FakeTime()
    limits = replace(ClientLimits(), connect=1, read=1, total=2)
    client = new_client(limits=limits, clock=time.clock, now=time.now, sleep=time.sleep)
    return client, time


def failure_of(client, kind, **options):
    with pytest.raises(kind) as caught:
        client.page(request(), **options)
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize(
    ("value", "waited"),
    [
        ("7", 7),
        ("60", 60),
        ("DATE", 30),
        (None, 0.5),
        ("soon", 0.5),
        ("", 0.5),
        ("-5", 0.5),
        ("1.5", 0.5),
        ("٣", 0.5),
        ("0", 0.5),
        ("Wed, 99 Foo 2024 99:99:99 GMT", 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.5),
    ],
)
def test_f13_429_waits_as_asked_or_backs_off(value, waited, timed, server):
    client, time = timed
    if value == "DATE":
        value = format_datetime(time.now() + timedelta(seconds=30), usegmt=True)
    headers = {} if value is None else {"Retry-After": value.encode().decode("latin-1")}
    server.script(reply(b"", "429 Too Many Requests", **headers), GOOD)
    assert client.page(request()).size == 1
    assert sum(time.naps) == pytest.approx(waited, abs=1)
    assert client.calls == 2


@pytest.mark.parametrize(
    ("value", "told"),
    [("61", 61), ("600", 600), ("999999", 3600), ("9" * 5000, 3600), ("FAR DATE", 3600)],
)
def test_f13_a_long_retry_after_ends_the_call_and_tells_the_next_start(value, told, timed, server):
    client, time = timed
    if value == "FAR DATE":
        value = "Fri, 31 Dec 9999 23:59:59 GMT"
    server.script(reply(b"", "429 Too Many Requests", Retry_After=value), GOOD)
    failure = failure_of(client, RateLimited)
    assert (failure.retry_after, failure.code, client.calls) == (told, 429, 1)
    time.sleep(told - 61 if told > 61 else 0)
    with pytest.raises(RateLimited) as caught:
        client.page(request(), budget=5)
    assert 0 < (caught.value.retry_after or 0) <= 61
    assert client.calls == 1, "nothing is asked before the time has come"
    time.sleep(62)
    assert client.page(request()).size == 1


def test_f13_the_quiet_time_binds_every_call_of_the_client(timed, server):
    client, time = timed
    server.script(reply(b"", "429 Too Many Requests", Retry_After="20"), GOOD)
    failure_of(client, RateLimited, budget=5)
    assert client.page(request()).size == 1
    assert sum(time.naps) >= 20


def test_f13_a_date_counts_from_the_answers_own_clock():
    """Our clock may be wrong; the two dates of one answer come from the same one."""
    at, now = "Wed, 21 Oct 2015 07:28:30 GMT", datetime(2015, 10, 21, 7, 28, 0, tzinfo=UTC)
    assert retry_after(at, now, 3600) == 30


def test_f13_429_for_ever_ends_after_three_tries(timed, server):
    client, _ = timed
    server.script(reply(b"", "429 Too Many Requests"))
    failure_of(client, RateLimited)
    assert client.calls == 3


def test_f13_503_with_retry_after_is_obeyed_too(timed, server):
    client, time = timed
    server.script(reply(b"", "503 Unavailable", Retry_After="9"), GOOD)
    assert client.page(request()).size == 1
    assert sum(time.naps) >= 9


@pytest.mark.parametrize("status", ["500 E", "502 E", "503 E", "504 E", "599 E", "408 Timeout"])
def test_f14_one_server_fault_is_retried(status, client, server):
    server.script(reply(b"oops", status), GOOD)
    assert client.page(request()).size == 1
    assert client.calls == 2


def test_f14_back_off_is_full_jitter_with_a_cap():
    limits = ClientLimits()
    most = [backoff(n, limits, lambda: 1.0) for n in range(1, 9)]
    assert most == [1, 2, 4, 8, 16, 30, 30, 30]
    assert backoff(3, limits, lambda: 0.25) == 1


def test_f15_an_hour_of_server_faults_makes_few_calls_and_heals_alone(timed, server):
    client, time = timed
    server.script(reply(b"oops", "500 Server Error"))
    began = time.now()
    seen = set()
    while time.now() < began + timedelta(hours=1):
        with pytest.raises(ProviderError) as caught:
            client.page(request())
        seen.add(type(caught.value))
        assert caught.value.since <= began + timedelta(seconds=1)
        time.sleep(10)
    assert seen == {ServerFault, ProviderDown}
    assert 60 <= client.calls <= 70
    server.script(GOOD)
    time.sleep(60)
    assert client.page(request()).size == 1
    assert client.page(request()).size == 1


def test_f15_one_good_answer_closes_the_breaker_again(client, server):
    for _ in range(10):
        server.script(reply(b"oops", "500 Server Error"), reply(b"", "502 Bad Gateway"), GOOD)
        assert client.page(request()).size == 1


def test_f15_an_impatient_person_does_not_open_the_breaker(new_client, server):
    client = new_client(limits=replace(QUICK, read=5, total=5))
    server.script(silence)
    for _ in range(8):
        with pytest.raises(Outage):
            client.page(request(), budget=0.02)
    # A try may be over before it reached the server: what comes next is told only now.
    server.script(GOOD)
    assert client.page(request()).size == 1


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_f16_authentication_is_told_at_once(status, client, server):
    answer = json.dumps({"message": "no", "details": "Token invalide"}).encode()
    server.script(reply(answer, status))
    failure = failure_of(client, AuthenticationFault)
    assert (failure.detail, failure.code, client.calls) == ("Token invalide", int(status[:3]), 1)


@pytest.mark.parametrize("code", [400, 404, 405, 422])
def test_f17_a_bad_request_is_shown_and_not_repeated(code, client, server):
    server.script(reply(b'{"message": "date_start\\u0000 is\\nwrong"}', f"{code} No"))
    failure = failure_of(client, BadRequest)
    assert (failure.detail, failure.code, client.calls) == ("date_start is wrong", code, 1)


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "304 Not Modified", "999 Huh"])
@pytest.mark.parametrize("data", [b"", body(), body(row())])
def test_f18_no_other_status_is_ever_an_empty_page(status, data, client, server):
    server.script(reply(data, status, keep=False))
    failure = failure_of(client, UnexpectedStatus)
    assert (failure.code, client.calls) == (int(status[:3]), 1)


RECORDED = (
    b'{"status":-1,"message":"Le login et le mot de passe ne correspondent pas",'
    b'"details":"Token invalide"}'
)


def test_f19_a_wrong_token_comes_with_200(client, server):
    server.script(reply(RECORDED))
    failure = failure_of(client, AuthenticationFault)
    assert (failure.detail, failure.code, client.calls) == ("Token invalide", -1, 1)
    assert str(failure) == "The provider does not accept the API token. (Token invalide)"


def test_f19_a_wrong_token_in_xml(new_client, server):
    answer = b"<response><status>-1</status><message>x</message><details>Token invalide</details>"
    server.script(reply(answer + b"</response>"))
    assert failure_of(new_client(format="xml"), AuthenticationFault).detail == "Token invalide"


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(
    ("status", "kind", "calls"),
    [
        (-2, BadRequest, 1),
        (-3, OutOfCredit, 1),
        (-4, BadRequest, 1),
        (-5, BadRequest, 1),
        (-6, BadRequest, 1),
        (-7, BadRequest, 1),
        (-8, UnderModeration, 1),
        (-99, ServerFault, 3),
        (-42, UnknownRefusal, 1),
        (0, UnknownRefusal, 1),
        (2, UnknownRefusal, 1),
        (200, UnknownRefusal, 1),
    ],
)
def test_f20_every_other_status_of_the_body_is_an_error(
    form, status, kind, calls, new_client, server
):
    client = new_client(format=form)
    answer = body(row(), status=status, message="why")
    if form == "xml":
        answer = f"<response><status>{status}</status><message>why</message></response>".encode()
    server.script(reply(answer))
    failure = failure_of(client, kind)
    assert (failure.code, failure.detail, client.calls) == (status, "why", calls)


@pytest.mark.parametrize(
    "answer",
    [b'{"error": "quota"}', body(row(), error="quota"), b'{"error": {"x": 1}, "message": "quota"}'],
)
def test_f20_an_error_without_a_status_fails(answer, client, server):
    server.script(reply(answer))
    assert failure_of(client, UnknownRefusal).detail == "quota"
    assert client.calls == 1


@pytest.mark.parametrize("status", [None, "1", True, 1.0, [1], {"a": 1}, "OK", ""])
def test_f20_a_status_of_a_wrong_type_fails_closed(status, client, server):
    server.script(reply(body(row(), status=status)))
    failure_of(client, UnreadableAnswer)


def test_f20_a_missing_status_fails_closed(client, server):
    server.script(reply(b'{"messages": []}'))
    failure_of(client, UnreadableAnswer)


def test_f20_a_negative_status_as_text_is_still_that_error(client, server):
    server.script(reply(body(row(), status="-1")))
    failure_of(client, AuthenticationFault)
