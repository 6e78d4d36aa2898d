"""One HTTP call to the provider, from socket to whole body, or the error it ended in.

The one place that does HTTP. No retries, no meaning of the body. What it returns holds neither
header nor URL, so no traceback of a caller can show the token or a number.
"""

import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import requests
import urllib3
from requests.auth import AuthBase

from messages_app.provider import quiet  # noqa: F401 - importing it silences urllib3's URLs
from messages_app.provider.connections import Attempt, running
from messages_app.provider.errors import (
    CutAnswer,
    NetworkFault,
    OversizedAnswer,
    ProviderError,
    TimedOut,
    TlsFault,
    UnreadableAnswer,
    gettext_noop,
)
from messages_app.provider.limits import ClientLimits
from messages_app.provider.secret import Token

CHUNK = 64 * 1024
MAX_ERROR_BODY = 64 * 1024
"""Of a failed answer only the provider's sentence is read."""

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", re.I)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer. The body is decompressed, and in no `repr`."""

    status: int
    body: bytes = field(repr=False)
    charset: str | None
    retry_after: str | None
    date: str | None


class StaleConnection(ProviderError):
    """A kept connection had been closed by the server before it read our request."""

    kind = "stale"


class BearerAuth(AuthBase):
    """Sets the header; the plain token stands in no variable."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request


class Transport:
    """Makes GET calls to one URL with one token. Thread safe."""

    def __init__(
        self,
        url: str,
        token: Token,
        accept: str,
        limits: ClientLimits,
        session: requests.Session,
    ) -> None:
        self._url = url
        self._auth = BearerAuth(token)
        self._limits = limits
        self._session = session
        self._headers = {
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "message-traffic-dashboard",
        }

    def get(self, params: Callable[[], dict[str, str]], seconds: float) -> Answer | ProviderError:
        """Make one call, `seconds` at most in all. Never raises: what failed is returned.

        The exceptions of requests and urllib3 hold the URL and the headers, as do the frames of
        their tracebacks; here they are turned into ours, which hold nothing, and dropped.
        """
        attempt = Attempt(ends=time.monotonic() + min(seconds, self._limits.total))
        running.attempt = attempt
        try:
            return self._exchange(params, attempt)
        except ProviderError as error:
            return error.bare()
        except Exception as problem:  # whatever a hostile answer makes the libraries raise
            return _error_of(problem, attempt)
        finally:
            running.attempt = Attempt()

    def _exchange(self, params: Callable[[], dict[str, str]], attempt: Attempt) -> Answer:
        request = requests.Request(
            "GET", self._url, params=params(), headers=self._headers, auth=self._auth
        )
        timeout = (attempt.left(self._limits.connect), attempt.left(self._limits.read))
        response = self._session.send(
            self._session.prepare_request(request),
            stream=True,
            timeout=timeout,
            allow_redirects=False,
        )
        try:
            return Answer(
                status=response.status_code,
                body=self._body(response),
                charset=_charset(response.headers.get("Content-Type", "")),
                retry_after=response.headers.get("Retry-After"),
                date=response.headers.get("Date"),
            )
        finally:
            response.close()

    def _body(self, response: requests.Response) -> bytes:
        if 300 <= response.status_code < 400:
            # Nothing in it could help, and its end may never come.
            return b""
        if response.status_code != 200:
            return _start_of_body(response)
        parts = []
        size = 0
        for part in _parts(response):
            size += len(part)
            if size > self._limits.body:
                raise OversizedAnswer
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        self._session.close()


def _parts(response: requests.Response) -> Iterator[bytes]:
    while part := response.raw.read(CHUNK, decode_content=True):
        yield part


def _start_of_body(response: requests.Response) -> bytes:
    """The start of a failed answer's body; that it is damaged does not matter any more."""
    try:
        return bytes(response.raw.read(MAX_ERROR_BODY, decode_content=True))
    except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException):
        return b""


def _charset(content_type: str) -> str | None:
    found = _CHARSET.search(content_type)
    return found[1] if found else None


def _error_of(problem: Exception, attempt: Attempt) -> ProviderError:
    """Our error for whatever the libraries raised: by the root causes wrapped in it."""
    causes = tuple(_causes(problem))
    if not _is_any(causes, TimeoutError, urllib3.exceptions.TimeoutError):
        if attempt.reused and not attempt.answered:
            return StaleConnection()
        if not attempt.connected and _is_any(causes, ssl.SSLError, urllib3.exceptions.SSLError):
            # A connection that merely ends during the handshake is a network matter.
            return NetworkFault() if _is_any(causes, ssl.SSLEOFError) else TlsFault()
    for kinds, error, detail in _OF_CAUSE:
        if _is_any(causes, *kinds):
            return error(detail)
    return UnreadableAnswer(gettext_noop("it is not HTTP"))


_Kinds = tuple[type[BaseException], ...]
_OF_CAUSE: tuple[tuple[_Kinds, type[ProviderError], str], ...] = (
    ((TimeoutError, urllib3.exceptions.TimeoutError), TimedOut, ""),
    ((socket.gaierror,), NetworkFault, gettext_noop("the host name is not known")),
    ((ConnectionRefusedError,), NetworkFault, gettext_noop("the connection was refused")),
    (
        (urllib3.exceptions.DecodeError,),
        UnreadableAnswer,
        gettext_noop("its compression is damaged"),
    ),
    ((http.client.IncompleteRead, urllib3.exceptions.IncompleteRead), CutAnswer, ""),
    ((ConnectionError, ssl.SSLError), NetworkFault, gettext_noop("the connection was lost")),
    (
        (http.client.HTTPException, urllib3.exceptions.InvalidHeader),
        UnreadableAnswer,
        gettext_noop("it is not HTTP"),
    ),
    ((OSError,), NetworkFault, ""),
)
"""The first match counts. OSError comes last: `requests` derives its own exceptions from it."""


def _is_any(causes: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _causes(problem: BaseException, depth: int = 0) -> Iterator[BaseException]:
    """The exception and those wrapped in it; not `__context__`, which may be the caller's own."""
    yield problem
    if depth > 8:
        return
    inner = [*problem.args, getattr(problem, "reason", None), problem.__cause__]
    for cause in inner:
        if isinstance(cause, BaseException):
            yield from _causes(cause, depth + 1)
