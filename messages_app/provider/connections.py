"""Connections that keep a call's deadline, and sessions that send the token nowhere else.

`timeout=` of requests bounds each single read, so a server that drips a byte a second holds a
call for ever, in the headers as in the body. Here every read of the socket, plain or TLS, gets
what is left of the call's own deadline. Knows nothing of messages.
"""

import http.client
import io
import ipaddress
import socket
import threading
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

READ_BUFFER = 64 * 1024


@dataclass(slots=True)
class Attempt:
    """What the connection classes need to know of the call that runs in their thread."""

    ends: float = float("inf")
    reused: bool = False
    connected: bool = False
    answered: bool = False

    def left(self, most: float) -> float:
        """Seconds that the next step may take. Raises TimeoutError when the call is over."""
        left = min(most, self.ends - time.monotonic())
        if left <= 0:
            raise TimeoutError("the call is over")
        return left


class _Running(threading.local):
    """requests passes nothing of ours down to a connection, but runs it in the caller's thread."""

    attempt = Attempt()


running = _Running()


class _TimedReader(io.RawIOBase):
    """Reads a socket, giving every single read what is left of the call's deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._read_timeout = sock.gettimeout() or float("inf")
        self._raw = sock.makefile("rb", buffering=0)
        self._attempt = running.attempt

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._attempt.left(self._read_timeout))
        count = self._raw.readinto(buffer)
        self._attempt.answered = self._attempt.answered or bool(count)
        return int(count or 0)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """What http.client asks of a socket: its file."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock), READ_BUFFER)


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


class _TimedConnection(HTTPConnection):
    """A connection that keeps the deadline in name look-up, connecting and reading.

    Plain http reaches loopback addresses only, whatever a host name resolves to.
    """

    response_class = _TimedResponse
    loopback_only = True
    _used = False

    def _new_conn(self) -> socket.socket:
        self._used = False
        attempt = running.attempt
        ends = time.monotonic() + attempt.left(float(self.timeout or 0) or float("inf"))
        failure: OSError = OSError("no usable address")
        for family, kind, protocol, _, address in _addresses(self._dns_host, self.port, ends):
            if self.loopback_only and not ipaddress.ip_address(address[0]).is_loopback:
                continue
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(_until(ends))
                sock.connect(address)
            except OSError as problem:
                sock.close()
                failure = problem
                continue
            return sock
        raise failure

    def request(self, *args: Any, **kwargs: Any) -> None:
        attempt = running.attempt
        attempt.reused, attempt.connected = self._used, True
        if self.sock is not None:
            # A kept socket still has the last timeout of the call before.
            self.sock.settimeout(attempt.left(float(self.timeout or 0) or float("inf")))
        super().request(*args, **kwargs)

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._used = True
        return response


class _TimedTlsConnection(_TimedConnection, HTTPSConnection):
    loopback_only = False


def _until(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call is over")
    return left


def _addresses(host: str, port: int | None, ends: float) -> list[Any]:
    """`getaddrinfo` with a deadline. It cannot be interrupted, so a thread is left to it."""
    found: list[Any] = []
    failure: list[OSError] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except OSError as problem:
            failure.append(problem)
        except UnicodeError:
            failure.append(socket.gaierror("not a host name"))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_until(ends))
    if failure:
        raise failure[0]
    if not found:
        raise TimeoutError("the name look-up takes too long")
    return found


class _Pool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTlsConnection


class _Adapter(HTTPAdapter):
    """Pools of our connections, one place a parallel call, no retry below ours."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Session(requests.Session):
    """A session that never follows: requests would even read a redirect's body, without limit."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def new_session(concurrency: int) -> requests.Session:
    """A session safe to share between threads: no cookies, no proxies or netrc of the environment.

    `trust_env` off matters: a netrc entry would replace our Authorization header.
    """
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=2, pool_maxsize=concurrency, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
