"""A fault server and clients with limits shrunk to fractions of a second."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from messages_app.provider import ClientLimits, ProviderClient, Token
from tests.provider.answers import CANARY_TOKEN
from tests.provider.fault_server import FaultServer

QUICK = ClientLimits(connect=0.4, read=0.3, total=0.6, backoff_base=0.001, backoff_cap=0.002)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    started = FaultServer()
    yield started
    started.close()


@pytest.fixture
def new_client(server: FaultServer) -> Iterator[Callable[..., ProviderClient]]:
    """Make a client of the fault server; keywords go to the constructor."""
    with ExitStack() as opened:

        def make(url: str = server.url, **options: Any) -> ProviderClient:
            options = {"limits": QUICK, "max_requests_per_second": 10_000, **options}
            return opened.enter_context(ProviderClient(url, Token(CANARY_TOKEN), **options))

        yield make


@pytest.fixture
def client(new_client: Callable[..., ProviderClient]) -> ProviderClient:
    return new_client()
