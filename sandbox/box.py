"""The sandbox itself: an account's traffic behind the provider's API, in process or over HTTP.

Ties clock, traffic, question and faults together; the socket is the server's affair.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from email.utils import formatdate
from hmac import compare_digest
from random import Random
from threading import Lock, RLock
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from sandbox.clock import NEVER, Clock, VirtualClock, now_instant, wall_of_naive
from sandbox.days import Days
from sandbox.encode import JSON_TYPE, XML_TYPE, wants_json
from sandbox.faults import LINE_FAULTS, Faults, Shares
from sandbox.lives import Lives
from sandbox.paging import cut_page
from sandbox.question import BadParameterError, Question
from sandbox.search import Search, Source
from sandbox.spoil import (
    GZIP_ANNOUNCED,
    HTML,
    SPOILING,
    WRONG_TOKEN,
    encode,
    spoil_envelope,
    spoil_rows,
    totals,
)
from sandbox.troubled import Troubled
from sandbox.wording import Worded, Wordings

_BODILESS = frozenset({204, 304})
_KEPT_ACCOUNTS = 4
Account = tuple[Shares, bool]  # the shares that trouble it, and whether it is the other token's
_STILL_RIGHT = frozenset({200, 206, 999})  # statuses that come with the right body all the same


class Answer(NamedTuple):
    """An HTTP answer: status, headers, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class BrokenLineError(ConnectionError):
    """What a fault of the transport becomes where there is no socket; `args[0]` is its name."""


class Turn(NamedTuple):
    """One call: its number, the faults as they were, and the names of those that apply."""

    number: int
    faults: Faults
    active: frozenset[str]

    @property
    def lag(self) -> int:
        """Return how many seconds ago the answer was true."""
        return self.faults.stale_seconds if "stale" in self.active else 0

    @property
    def delay(self) -> float:
        """Return the seconds that the answer is under way once it has been read."""
        return self.faults.slow_seconds if "slow" in self.active else 0.0


class Sandbox:
    """A provider account with `rows` messages in the last six months, alive as its clock moves.

    The traffic is a pure function of (seed, rows, clock). `clock` is None for real time, a fixed
    datetime, or a callable; naive ones are Paris time. Safe to use from several threads.
    """

    def __init__(
        self,
        rows: int = 200_000,
        seed: int = 1,
        token: str = "sandbox-token",  # noqa: S107 - guards nothing but invented rows
        clock: Clock = None,
        faults: Faults | None = None,
    ) -> None:
        self.token = token
        self.clock = clock
        # How `get` waits, in seconds: a virtual clock moves on instead; a test may step in.
        self.pause: Callable[[float], object] = (
            clock.sleep if isinstance(clock, VirtualClock) else time.sleep
        )
        self._seed = seed
        self._days = Days(rows, seed)
        self._searches: dict[Account, Search] = {}
        self._wordings = Wordings()
        self._building = RLock()
        self._lock = Lock()
        self._calls = 0
        self._since = 0
        self._faults = faults or Faults()

    @property
    def calls(self) -> int:
        """Return how many `GET /messages` have come in, spoiled ones included."""
        return self._calls

    def reset_calls(self) -> None:
        """Count from 0 again."""
        with self._lock:
            self._calls = 0

    @property
    def faults(self) -> Faults:
        """Return the present faults; setting them starts their schedules anew."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._lock:
            self._faults = faults
            self._since = 0

    def now(self) -> int:
        """Return the instant that the clock shows."""
        return now_instant(self.clock)

    def begin(self) -> Turn:
        """Count a call and say which faults apply to it."""
        with self._lock:
            self._calls += 1
            self._since += 1
            return Turn(self._calls, self._faults, self._faults.active(self._since))

    def get(self, query: str, headers: Mapping[str, str]) -> Answer:
        """Answer `GET /messages?query` with all that a server would send, without a socket.

        Latency and slowness are waited for by `pause`. Raises BrokenLineError under a fault of
        the transport.
        """
        given = {name.lower(): value for name, value in headers.items()}
        turn = self.begin()
        self._wait(turn.faults.latency)
        answer = self.read(turn, query, given)
        for name in LINE_FAULTS:
            if name in turn.active:
                raise BrokenLineError(name)
        self._wait(turn.delay)
        fields = self.stamped(answer)
        if answer.status not in _BODILESS:
            fields["Content-Length"] = str(len(answer.body))
        return answer._replace(headers=fields)

    def answer(
        self, params: Mapping[str, str], accept: str = JSON_TYPE, token: str | None = None
    ) -> Answer:
        """Answer one call by its parameters; no token means the right one.

        Faults of the transport do not show here, nor does the time that an answer takes.
        """
        right = self.token if token is None else token
        return self.respond(self.begin(), params, accept, right)

    def read(self, turn: Turn, query: str, headers: Mapping[str, str]) -> Answer:
        """Answer a call that has begun, by its query string and headers in lower case."""
        params = dict(parse_qsl(query, keep_blank_values=True))
        scheme, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        return self.respond(turn, params, headers.get("accept", ""), token)

    def stamped(self, answer: Answer) -> dict[str, str]:
        """Return an answer's headers with those that every server adds.

        A clock that runs dates the answer; one that stands still leaves it to real time.
        """
        moment = self.now() if callable(self.clock) else time.time()
        return {"Server": "sandbox", "Date": formatdate(moment, usegmt=True)} | answer.headers

    def respond(self, turn: Turn, params: Mapping[str, str], accept: str, token: str) -> Answer:
        """Answer a call that has begun."""
        if "redirect" in turn.active:
            return Answer(302, {"Location": turn.faults.redirect_to}, b"")
        status = turn.faults.http_status if "http_error" in turn.active else 200
        if status not in _STILL_RIGHT:
            return self._refused(turn.faults, wants_json(accept))
        envelope = self._envelope(turn, params, token)
        envelope = spoil_envelope(envelope, turn.active, turn.faults)
        body = encode(envelope, turn.active, json_wanted=wants_json(accept))
        return Answer(status, self._headers(turn, accept), body)

    def rows(self, now: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Yield every row that shows, by date and number, as dicts with the API's field names."""
        return self._rows(0, NEVER, now)

    def rows_between(
        self, start: datetime, end: datetime, now: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows dated from `start` to `end`, both naive and both included."""
        return self._rows(wall_of_naive(start), wall_of_naive(end), now)

    def shown(self, at: datetime | None = None, *, other: bool = False) -> list[dict[str, Any]]:
        """Return the truth: every row that the provider shows at a moment, now unless given.

        As `rows`, and with `other` for the account of the other token (F66). Faults of single
        answers, stale ones among them, leave it as it is.
        """
        return list(self._rows(0, NEVER, at, other=other))

    def prepare(self) -> None:
        """Write all days now, newest first, so that the first filtered question need not."""
        days = self._account(self._faults).days
        for day in reversed(list(days.kept(0, NEVER, self.now()))):
            days.block(day)

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> AbstractContextManager[str]:
        """Serve over HTTP while the context lasts; it yields the base address."""
        from sandbox.server import serving

        return serving(self, host, port)

    def _wait(self, seconds: float) -> None:
        if seconds:
            self.pause(seconds)

    def _rows(
        self, low: int, high: int, now: datetime | None, *, other: bool = False
    ) -> Iterator[dict[str, Any]]:
        instant = now_instant(now or self.clock)
        search = self._account(self._faults, other=other)
        return (one.row(instant) for one in search.between(low, high, instant))

    def _account(self, faults: Faults, *, other: bool = False) -> Search:
        """Return the account as the shares make it; the last few are kept."""
        account = faults.shares, other
        with self._building:
            if (search := self._searches.get(account)) is None:
                if len(self._searches) >= _KEPT_ACCOUNTS:
                    del self._searches[next(iter(self._searches))]
                search = self._searches[account] = Search(self._source(*account))
            return search

    def _source(self, shares: Shares, other: bool) -> Source:
        plain = not other and not any(shares)
        return self._days if plain else Troubled(self._days, Lives(self._seed, shares, other=other))

    def _envelope(self, turn: Turn, params: Mapping[str, str], token: str) -> dict[str, Any]:
        other = _same(token, turn.faults.other_token)
        if not other and not _same(token, self.token):
            return dict(WRONG_TOKEN)
        try:
            question = Question.read(params, turn.faults)
        except BadParameterError as error:
            return {"status": -7, "message": "Data error", "details": str(error)}
        return self._found(turn, question, self._account(turn.faults, other=other))

    def _found(self, turn: Turn, question: Question, search: Search) -> dict[str, Any]:
        now = self.now() - turn.lag
        stable = turn.faults.ties == "stable"
        ties = None if stable else Random(f"{self._seed}/ties/{turn.number}")
        page = cut_page(search, question, now, ties, turn.active)
        counts = totals(turn.faults.totals, page.within, page.passing, len(page.messages))
        rows: Any = Worded(page.messages, now, self._wordings)
        if turn.active & SPOILING:
            rows = spoil_rows([one.row(now) for one in page.messages], turn.active)
        return {"status": 1, "message": "OK", **counts, "messages": rows}

    def _refused(self, faults: Faults, json_wanted: bool) -> Answer:
        headers = {"Retry-After": faults.retry_after} if faults.retry_after else {}
        if faults.http_status in _BODILESS:
            return Answer(faults.http_status, headers, b"")
        if faults.http_status in (401, 403):
            body = encode(dict(WRONG_TOKEN), frozenset(), json_wanted=json_wanted)
            kind = JSON_TYPE if json_wanted else XML_TYPE
            return Answer(faults.http_status, headers | {"Content-Type": kind}, body)
        return Answer(faults.http_status, headers | {"Content-Type": "text/html"}, HTML)

    def _headers(self, turn: Turn, accept: str) -> dict[str, str]:
        kind = JSON_TYPE if wants_json(accept) else XML_TYPE
        if "other_format" in turn.active:
            kind = XML_TYPE if kind == JSON_TYPE else JSON_TYPE
        if "html" in turn.active:
            kind = "text/html; charset=UTF-8"
        if "bad_charset" in turn.active:
            kind = "application/json; charset=utf-8"
        zipped = {"Content-Encoding": "gzip"} if turn.active & GZIP_ANNOUNCED else {}
        return {"Content-Type": kind} | zipped


def _same(token: str, right: str) -> bool:
    return bool(right) and compare_digest(token.encode(), right.encode())
