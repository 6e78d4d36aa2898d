"""The real provider client on a sandbox without a socket, all of it on one virtual clock."""

from io import BytesIO
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import IncompleteRead

from messages_app.provider import ProviderClient, Token
from sandbox import BrokenLineError, Sandbox, VirtualClock

URL = "http://127.0.0.1:9"
"""Nobody listens there: a call that took the network would be refused."""

TOKEN = "sandbox-token"
CALL_SECONDS = 0.05
LINE_SECONDS = {"silence": 15.0, "drip_body": 30.0, "drip_headers": 30.0, "endless": 5.0}
"""What a fault of the line takes before the client gives up; the others end at once."""

_CUT = ("cut_length", "cut_chunked", "cut_close", "reset")


class Line(HTTPAdapter):
    """Carries requests to a sandbox in this process; every call takes virtual time."""

    def __init__(self, box: Sandbox, clock: VirtualClock) -> None:
        super().__init__(max_retries=0)
        self._box, self._clock = box, clock
        self._one_by_one = Lock()

    def send(self, request: Any, *_args: Any, **_options: Any) -> requests.Response:
        """Answer as the sandbox does; broken lines raise what a socket would."""
        with self._one_by_one:
            self._clock.sleep(CALL_SECONDS)
            try:
                answer = self._box.get(urlsplit(request.url).query, request.headers)
            except BrokenLineError as broken:
                raise requests.ConnectionError(self._failure(broken.args[0])) from None
        raw = HTTPResponse(
            body=BytesIO(answer.body),
            headers=answer.headers,
            status=answer.status,
            preload_content=False,
            request_method="GET",
        )
        return self.build_response(request, raw)

    def _failure(self, name: str) -> Exception:
        self._clock.sleep(LINE_SECONDS.get(name, 0.0))
        if name in LINE_SECONDS:
            return TimeoutError(name)
        return IncompleteRead(0, 1) if name in _CUT else ConnectionResetError(name)


def client_of(box: Sandbox, clock: VirtualClock, *, concurrency: int = 1) -> ProviderClient:
    """The client of production, whose waits move the virtual clock."""

    def session(_concurrency: int) -> requests.Session:
        made = requests.Session()
        made.mount("http://", Line(box, clock))
        return made

    return ProviderClient(
        URL,
        Token(TOKEN),
        concurrency=concurrency,
        max_requests_per_second=1000.0,
        session_factory=session,
        clock=lambda: clock().timestamp(),
        now=clock,
        sleep=clock.sleep,
        random=lambda: 0.5,
    )
