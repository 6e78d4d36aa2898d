"""Limiter, budget and breaker: how fast, how many, how long."""

import itertools
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messages_app.provider import (
    ClientClosed,
    ClientLimits,
    ProviderError,
    RateLimited,
    TimedOut,
    Turn,
)
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


def test_the_breaker_tells_how_long_it_holds_calls_back():
    fake, limits = FakeTime(), ClientLimits()
    breaker = Breaker(limits.breaker_failures, limits.breaker_pause, fake.clock, fake.now)
    for _ in range(limits.breaker_failures):
        assert breaker.holds_for() == 0
        breaker.failed()
    assert breaker.holds_for() == limits.breaker_pause
    fake.sleep(20)
    assert breaker.holds_for() == limits.breaker_pause - 20
    breaker.worked()
    assert breaker.holds_for() == 0


class Others:
    """Limits that are shared with other processes, as a test wants them."""

    def __init__(self, *turns: Turn | None) -> None:
        self.turns = list(turns)
        self.busy = self.asked = 0
        self.quiet = self.held = 0.0
        self.is_closed = False

    def enter(self, timeout):
        self.asked += 1
        turn = self.turns.pop(0) if self.turns else None
        self.busy += turn is not None
        return turn

    def leave(self):
        self.busy -= 1

    def hold(self, seconds):
        self.held = seconds

    def held_for(self):
        return self.quiet

    def close(self):
        self.is_closed = True


def test_a_call_starts_at_the_turn_that_others_leave_it():
    fake, others = FakeTime(), Others(None, None, Turn(0.7))
    limiter = limiter_of(fake, shared=others)
    began = fake.seconds
    with limiter.slot(None):
        assert others.busy == 1
    assert fake.seconds - began == pytest.approx(0.7)
    assert (others.busy, others.asked) == (0, 3)


def test_shared_turns_are_not_spaced_once_more():
    fake, others = FakeTime(), Others(*[Turn(0.0)] * 5)
    limiter = limiter_of(fake, per_second=1, shared=others)
    began = fake.seconds
    for _ in range(5):
        with limiter.slot(None):
            pass
    assert fake.seconds == began


def test_where_the_others_cannot_be_asked_the_own_turns_hold():
    fake, others = FakeTime(), Others(*[Turn(0.0, is_alone=True)] * 5)
    limiter = limiter_of(fake, per_second=1, shared=others)
    began = fake.seconds
    for _ in range(5):
        with limiter.slot(None):
            pass
    assert fake.seconds - began == pytest.approx(4.0)
    assert others.busy == 0


def test_no_shared_turn_in_time_is_a_time_out_and_gives_the_own_place_back():
    fake = FakeTime()
    limiter = limiter_of(fake, concurrency=1, shared=Others(Turn(3.0), None, Turn(0.0)))
    with pytest.raises(TimedOut), limiter.slot(fake.seconds + 2):
        pass
    with pytest.raises(TimedOut), limiter.slot(fake.seconds):
        pass
    with limiter.slot(fake.seconds + 1):
        pass


def test_quiet_time_that_another_process_was_asked_for_is_told_or_waited_for():
    fake, others = FakeTime(), Others()
    limiter = limiter_of(fake, shared=others)
    others.quiet = 600
    with pytest.raises(RateLimited) as caught, limiter.slot(None):
        pass
    assert caught.value.retry_after == 600
    others.quiet = 5
    with pytest.raises(RateLimited), limiter.slot(fake.seconds):
        pass


def test_a_turn_that_quiet_time_has_overtaken_is_not_used():
    class Overtaken(Others):
        def held_for(self):
            return 5.0 if self.asked == 1 and self.busy else 0.0

    fake, others = FakeTime(), Overtaken(Turn(0.2), Turn(0.0))
    with limiter_of(fake, shared=others).slot(None):
        assert (others.asked, others.busy) == (2, 1)
    assert others.busy == 0


def test_a_429_is_told_to_the_others_and_closing_closes_them(new_client, server):
    others = Others(Turn(0.0))
    client = new_client(pace=others, limits=replace(QUICK, patience=2))
    server.script(reply(b"", "429 Slow", Retry_After="30"))
    with pytest.raises(RateLimited):
        client.page(request())
    assert (others.held, others.busy) == (30, 0)
    client.close()
    assert others.is_closed


def test_a_client_that_is_closed_waits_for_no_shared_turn(new_client):
    client = new_client(pace=Others())
    threading.Timer(0.2, client.close).start()
    with pytest.raises(ClientClosed):
        client.page(request())
