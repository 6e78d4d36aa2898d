"""The sandbox itself: an account's traffic behind the provider's API, in process or over HTTP.

Ties clock, traffic, question and faults together; the socket is the server's affair.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from hmac import compare_digest
from random import Random
from threading import Lock
from typing import Any, NamedTuple

from sandbox.clock import NEVER, Clock, now_instant, wall_of_naive
from sandbox.days import Days
from sandbox.encode import JSON_TYPE, XML_TYPE, wants_json
from sandbox.faults import Faults
from sandbox.paging import cut_page
from sandbox.question import BadParameterError, Question
from sandbox.search import Search
from sandbox.spoil import (
    GZIP_ANNOUNCED,
    HTML,
    WRONG_TOKEN,
    encode,
    spoil_envelope,
    spoil_rows,
    totals,
)

_BODILESS = frozenset({204, 304})
_STILL_RIGHT = frozenset({200, 206, 999})  # statuses that come with the right body all the same


class Answer(NamedTuple):
    """An HTTP answer: status, headers, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Turn(NamedTuple):
    """One call: its number, the faults as they were, and the names of those that apply."""

    number: int
    faults: Faults
    active: frozenset[str]


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
        self._seed = seed
        self._days = Days(rows, seed)
        self._search = Search(self._days)
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

    def answer(
        self, params: Mapping[str, str], accept: str = JSON_TYPE, token: str | None = None
    ) -> Answer:
        """Answer one call without a socket; no token means the right one.

        Faults of the transport do not show here.
        """
        right = self.token if token is None else token
        return self.respond(self.begin(), params, accept, right)

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

    def prepare(self) -> None:
        """Write all days now, so that the first filtered question need not."""
        self._days.prepare(self.now())

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> AbstractContextManager[str]:
        """Serve over HTTP while the context lasts; it yields the base address."""
        from sandbox.server import serving

        return serving(self, host, port)

    def _rows(self, low: int, high: int, now: datetime | None) -> Iterator[dict[str, Any]]:
        instant = now_instant(now or self.clock)
        return (one.row(instant) for one in self._search.between(low, high, instant))

    def _envelope(self, turn: Turn, params: Mapping[str, str], token: str) -> dict[str, Any]:
        if not compare_digest(token.encode(), self.token.encode()):
            return dict(WRONG_TOKEN)
        try:
            question = Question.read(params, turn.faults)
        except BadParameterError as error:
            return {"status": -7, "message": "Data error", "details": str(error)}
        return self._found(turn, question)

    def _found(self, turn: Turn, question: Question) -> dict[str, Any]:
        now = self.now()
        stable = turn.faults.ties == "stable"
        ties = None if stable else Random(f"{self._seed}/ties/{turn.number}")
        page = cut_page(self._search, question, now, ties, turn.active)
        rows = spoil_rows([one.row(now) for one in page.messages], turn.active)
        counts = totals(turn.faults.totals, page.within, page.passing, len(rows))
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
