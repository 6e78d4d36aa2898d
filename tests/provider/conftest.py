"""A fault server and clients with limits shrunk to fractions of a second."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from messages_app.provider import ClientLimits, ProviderClient, Token
from messages_app.provider.connections import new_session
from tests.provider.answers import CANARY_TOKEN
from tests.provider.fault_server import FaultServer

QUICK = ClientLimits(connect=0.4, read=0.3, total=0.6, backoff_base=0.001, backoff_cap=0.002)
"""For tests of time-outs: a test of anything else would fail on a machine that is busy."""
UNHURRIED = replace(QUICK, connect=10, read=10, total=20)


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
            options = {"limits": UNHURRIED, "max_requests_per_second": 10_000, **options}
            return opened.enter_context(ProviderClient(url, Token(CANARY_TOKEN), **options))

        yield make


@pytest.fixture
def client(new_client: Callable[..., ProviderClient]) -> ProviderClient:
    return new_client()


@pytest.fixture
def other_server() -> Iterator[FaultServer]:
    started = FaultServer()
    yield started
    started.close()


@dataclass(frozen=True)
class Tls:
    """A TLS fault server that nobody trusts, and sessions that do."""

    server: FaultServer
    certificate: Path

    def trusting_session(self, concurrency: int) -> requests.Session:
        session = new_session(concurrency)
        session.verify = str(self.certificate)
        return session


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fault server")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[Tls]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    started = FaultServer(context)
    yield Tls(started, certificate)
    started.close()
