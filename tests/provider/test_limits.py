"""Limiter, budget and breaker: how fast, how many, how long."""

import itertools
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messages_app.provider import ClientLimits, ProviderError, RateLimited, TimedOut
from messages_app.provider.breaker import Breaker
from messages_app.provider.limiter import Limiter
from tests.provider.answers import body, request, row
from tests.provider.conftest import QUICK
from tests.provider.fake_time import FakeTime
from tests.provider.fault_server import reply, silence

GOOD = reply(body(row()))


def limiter_of(fake, concurrency=8, per_second=10.0, **options):
    options = {"patience": 60, "regain_after": 20, **options}
    return Limiter(concurrency, per_second, clock=fake.clock, sleep=fake.sleep, **options)


def test_no_more_starts_than_so_many_a_second():
    fake = FakeTime()
    limiter = limiter_of(fake)
    began = fake.seconds
    for _ in range(51):
        with limiter.slot(None):
            pass
    assert fake.seconds - began == pytest.approx(5.0)


def test_the_rate_holds_over_all_threads():
    fake = FakeTime()
    limiter = limiter_of(fake, concurrency=4, per_second=100)
    starts = []

    def work():
        for _ in range(10):
            with limiter.slot(None):
                starts.append(fake.seconds)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts.sort()
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert len(starts) == 40
    assert min(gaps) > 0.009


def test_429_halves_the_places_once_for_calls_under_way_together():
    limiter = limiter_of(FakeTime())
    with limiter.slot(None) as one, limiter.slot(None) as other:
        limiter.throttled(one)
        limiter.throttled(other)
        assert limiter.allowed == 4
    with limiter.slot(None) as later:
        limiter.throttled(later)
    assert limiter.allowed == 2
    for _ in range(5):
        with limiter.slot(None) as slot:
            limiter.throttled(slot)
    assert limiter.allowed == 1


def test_places_are_regained_slowly_and_never_above_the_setting():
    limiter = limiter_of(FakeTime(), concurrency=2)
    with limiter.slot(None) as slot:
        limiter.throttled(slot)
    for _ in range(19):
        limiter.worked()
    assert limiter.allowed == 1
    limiter.worked()
    assert limiter.allowed == 2
    for _ in range(100):
        limiter.worked()
    assert limiter.allowed == 2


def test_429_over_http_halves_and_good_answers_restore(new_client, server):
    client = new_client(limits=replace(QUICK, regain_after=3))
    server.script(reply(b"", "429 Too Many"), GOOD)
    client.page(request())
    assert client._limiter.allowed == 2
    for _ in range(6):
        client.page(request())
    assert client._limiter.allowed == 4


def test_a_place_is_given_back_when_the_wait_is_refused():
    fake = FakeTime()
    limiter = limiter_of(fake, concurrency=1)
    limiter.hold(600)
    with pytest.raises(RateLimited) as caught, limiter.slot(None):
        pass
    assert caught.value.retry_after == 600
    fake.sleep(601)
    with limiter.slot(fake.seconds):
        pass


def test_a_busy_limiter_refuses_at_the_deadline():
    fake = FakeTime()
    limiter = limiter_of(fake, concurrency=1)
    with limiter.slot(None), pytest.raises(TimedOut), limiter.slot(fake.seconds + 0.05):
        pass


def test_a_shorter_hold_does_not_shorten_a_longer_one():
    fake = FakeTime()
    limiter = limiter_of(fake)
    limiter.hold(30)
    limiter.hold(5)
    assert limiter.held_for() == 30


@pytest.mark.parametrize(
    "step", [silence, reply(b"", "500 E"), reply(b"", "429 Slow", Retry_After="3")]
)
def test_a_budget_bounds_everything(step, new_client, server):
    limits = replace(QUICK, read=5, total=5, backoff_base=10, backoff_cap=10)
    client = new_client(limits=limits, random=lambda: 1.0)
    server.script(step)
    began = time.monotonic()
    with pytest.raises(ProviderError):
        client.page(request(), budget=0.3)
    assert time.monotonic() - began < 0.6


def test_a_budget_leaves_room_for_tries(new_client, server):
    server.script(reply(b"", "500 E"), reply(b"", "502 E"), GOOD)
    assert new_client().page(request(), budget=5).size == 1


def test_a_budget_counts_the_wait_for_a_turn(new_client, server):
    server.script(GOOD)
    client = new_client(max_requests_per_second=0.1)
    client.page(request(), budget=5)
    began = time.monotonic()
    with pytest.raises(TimedOut):
        client.page(request(), budget=0.2)
    assert time.monotonic() - began < 0.4
    assert client.calls == 1


def test_no_time_left_makes_no_call(client, server):
    server.script(GOOD)
    with pytest.raises(TimedOut):
        client.page(request(), budget=0)
    assert client.calls == 0


def test_the_breaker_opens_after_five_failures_in_a_row_and_probes_once_a_minute():
    fake = FakeTime()
    limits = ClientLimits()
    breaker = Breaker(limits.breaker_failures, limits.breaker_pause, fake.clock, fake.now)
    began = fake.now()
    for _ in range(5):
        assert breaker.admits()
        breaker.failed()
        fake.sleep(1)
    assert breaker.since == began
    assert not breaker.admits()
    fake.sleep(60)
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.failed()
    fake.sleep(59)
    assert not breaker.admits()
    fake.sleep(2)
    assert breaker.admits()
    breaker.worked()
    assert (breaker.admits(), breaker.admits(), breaker.since) == (True, True, None)


def test_the_limits_are_those_of_the_contract():
    assert ClientLimits() == ClientLimits(
        connect=5,
        read=15,
        total=30,
        body=32 * 1024 * 1024,
        tries=3,
        backoff_base=1,
        backoff_cap=30,
        patience=60,
        hold_cap=3600,
        breaker_failures=5,
        breaker_pause=60,
    )


def test_fetching_says_since_when_it_fails(client, server):
    server.script(reply(b"", "500 E"))
    before = datetime.now(UTC)
    with pytest.raises(ProviderError) as caught:
        client.page(request())
    assert caught.value.since
    assert before <= caught.value.since <= datetime.now(UTC)
