"""The client: pages of messages, with retries, limits and a breaker around one transport.

Decides when to ask again and when to stop; how HTTP is done and what bodies mean is elsewhere.
Knows no Django, no database and no other part of the app.
"""

import itertools
import logging
import random as random_module
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import requests

from messages_app.provider.address import checked_base
from messages_app.provider.answers import FORMATS, hider, page_of
from messages_app.provider.breaker import Breaker
from messages_app.provider.connections import new_session
from messages_app.provider.errors import (
    ClientClosed,
    ConfigurationFault,
    NetworkFault,
    Outage,
    PagingFault,
    ProviderDown,
    ProviderError,
    RateLimited,
    Refusal,
    TimedOut,
    gettext_noop,
)
from messages_app.provider.limiter import Limiter, SharedPace, Slot
from messages_app.provider.limits import ClientLimits
from messages_app.provider.records import MAX_LENGTH, Page, PageRequest
from messages_app.provider.retry_after import backoff
from messages_app.provider.secret import Token
from messages_app.provider.transport import StaleConnection, Transport

PATH = "/messages"
log = logging.getLogger("messages_app.provider")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ProviderClient:
    """Asks one provider account for messages. Share one between threads; close it at the end.

    `base_url` is without `/messages`; https, or http to this machine. Raises ConfigurationFault
    when it or the token cannot be used. `pace` holds the same limits over all processes, and is
    closed with the client; without one they hold for this client alone.
    `session_factory` (places in parallel → session), `clock` (seconds, monotonic), `now` (aware
    UTC), `sleep` and `random` are for tests.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        format: Literal["json", "xml"] = "json",
        concurrency: int = 4,
        max_requests_per_second: float = 10.0,
        limits: ClientLimits = ClientLimits(),  # noqa: B008 - frozen
        pace: SharedPace | None = None,
        session_factory: Callable[[int], requests.Session] = new_session,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
        sleep: Callable[[float], object] | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        base = checked_base(base_url)
        _check_options(token, format, concurrency, max_requests_per_second)
        self._host = base.netloc
        self._token = token
        self._parse = FORMATS[format].parse
        self._limits = limits
        self._concurrency = concurrency
        self._clock = clock
        self._now = now
        self._random = random
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._counting = threading.Lock()
        self.calls = 0
        self._breaker = Breaker(limits.breaker_failures, limits.breaker_pause, clock, now)
        self._limiter = Limiter(
            concurrency,
            max_requests_per_second,
            patience=limits.patience,
            regain_after=limits.regain_after,
            clock=clock,
            sleep=self._pause,
            shared=pace,
        )
        self._pace = pace
        self._transport = Transport(
            f"{base.geturl()}{PATH}",
            token,
            FORMATS[format].accept,
            limits,
            session_factory(concurrency),
        )
        self._path = f"{base.path}{PATH}"

    def __repr__(self) -> str:
        return f"<ProviderClient of {self._host}>"

    def __enter__(self) -> "ProviderClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections and wake whoever waits: those calls end in an error."""
        self._closed.set()
        self._transport.close()
        if self._pace:
            self._pace.close()

    def page(self, request: PageRequest, *, budget: float | None = None) -> Page:
        """Ask for one page, trying again as far as it helps. Raises ProviderError.

        `budget`: seconds in all, over tries and waits, for a page that a person waits for. A try
        that it cuts before the provider had `ClientLimits.read` seconds is no failure of the
        provider's. `calls` counts the HTTP calls that all this makes.
        """
        outcome = self._ask(request, None if budget is None else self._clock() + budget)
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def pages(
        self, request: PageRequest, *, page_length: int = MAX_LENGTH, budget: float | None = None
    ) -> Iterator[Page]:
        """Every page from `request.start` on. Ends on an empty page only: a short one or a total
        proves nothing. `budget` holds for each page. Raises ProviderError; PagingFault when a page
        brings nothing new.
        """
        request = replace(request, length=page_length)
        seen: set[str] = set()
        while not (page := self.page(request, budget=budget)).is_empty:
            known = len(seen)
            seen.update(record.key for record in page.records)
            seen.update(f"bad:{row.message_id}" for row in page.bad_rows if row.message_id)
            if len(seen) == known:
                raise PagingFault
            yield page
            request = request.at(request.start + page.size)

    def _ask(self, request: PageRequest, until: float | None) -> Page | ProviderError:
        """The retry loop. The last answer's failure is what is told, not that time ran out."""
        failure: ProviderError | None = None
        for tries_made in itertools.count(1):
            try:
                outcome = self._try(request, until, tries_made)
                if isinstance(outcome, Page):
                    return outcome
                failure = outcome
                pause = self._pause_after(failure, tries_made)
                if pause is None or (until is not None and self._clock() + pause >= until):
                    return failure
                self._pause(pause)
            except ProviderError as unasked:
                return failure or unasked.bare()
        raise AssertionError("the loop above has no end")

    def _pause_after(self, failure: ProviderError, tries_made: int) -> float | None:
        """Seconds to wait before the next try; None when there is to be none."""
        asked = failure.retry_after or 0.0
        if (
            not failure.retryable
            or tries_made >= self._limits.tries
            or asked > self._limits.patience
        ):
            return None
        return max(asked, backoff(tries_made, self._limits, self._random))

    def _pause(self, seconds: float) -> None:
        self._sleep(seconds)
        if self._closed.is_set():
            raise ClientClosed

    def _try(self, request: PageRequest, until: float | None, number: int) -> Page | ProviderError:
        """One try; a kept connection that the server had closed costs none.

        Each place may hold one such connection, so it is met at most that often.
        """
        for _ in range(self._concurrency + 1):
            outcome = self._call(request, until, number)
            if not isinstance(outcome, StaleConnection):
                return outcome
        return NetworkFault(gettext_noop("every kept connection was lost"))

    def _call(self, request: PageRequest, until: float | None, number: int) -> Page | ProviderError:
        """One HTTP call under limiter and breaker, told to the log. Its failures are returned;
        raised is only why no call was made.
        """
        if self._closed.is_set():
            raise ClientClosed
        with self._limiter.slot(until) as slot:
            seconds = self._limits.total if until is None else until - self._clock()
            if seconds <= 0:
                raise TimedOut(gettext_noop("no time was left"))
            if not self._breaker.admits():
                raise self._down()
            began = time.monotonic()
            outcome = self._exchange(request, seconds)
            took = time.monotonic() - began
            hurried = took >= seconds and seconds < self._limits.read
            self._learn(outcome, slot, hurried=hurried)
        self._log(request, outcome, number, took)
        return replace(outcome, seconds=took) if isinstance(outcome, Page) else outcome

    def _exchange(self, request: PageRequest, seconds: float) -> Page | ProviderError:
        with self._counting:
            self.calls += 1
        sent = self._now()
        answer = self._transport.get(request.params, seconds)
        if isinstance(answer, ProviderError):
            return answer
        hide = hider(request, self._token)
        return page_of(answer, self._parse, sent, self._limits.hold_cap, hide)

    def _learn(self, outcome: Page | ProviderError, slot: Slot, *, hurried: bool) -> None:
        """Tell limiter and breaker how it went; a failing provider's error is told since when.

        A time-out of a try that a person's impatience cut short says nothing about the provider.
        """
        if isinstance(outcome, Page):
            self._limiter.worked()
            self._breaker.worked()
        elif isinstance(outcome, Outage):
            if not (hurried and isinstance(outcome, TimedOut)):
                self._breaker.failed()
            outcome.since = self._breaker.since
        elif isinstance(outcome, RateLimited):
            self._limiter.throttled(slot)
        elif isinstance(outcome, Refusal):
            self._breaker.worked()
        if isinstance(outcome, ProviderError) and outcome.retry_after:
            self._limiter.hold(outcome.retry_after)

    def _down(self) -> ProviderDown:
        down = ProviderDown(retry_after=self._breaker.holds_for())
        down.since = self._breaker.since
        return down

    def _log(
        self, request: PageRequest, outcome: Page | ProviderError, number: int, seconds: float
    ) -> None:
        """One line a call: what was asked for without number and text, and what came of it."""
        harmless = isinstance(outcome, Page | StaleConnection)
        log.log(
            logging.INFO if harmless else logging.WARNING,
            "GET %s %s..%s start=%d length=%d try=%d outcome=%s seconds=%.3f",
            self._path,
            request.date_start.isoformat(),
            request.date_end.isoformat(),
            request.start,
            request.length,
            number,
            f"rows:{outcome.size}" if isinstance(outcome, Page) else outcome.kind,
            seconds,
        )


def _check_options(token: Token, form: str, concurrency: int, per_second: float) -> None:
    if not token.is_sendable():
        raise ConfigurationFault(
            gettext_noop("the API token is missing, or holds blanks or special characters")
        )
    if form not in FORMATS:
        raise ConfigurationFault(gettext_noop("the format is json or xml"))
    if concurrency < 1 or not per_second > 0:
        raise ConfigurationFault(gettext_noop("concurrency and requests per second are above 0"))
