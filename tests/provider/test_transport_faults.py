"""F1-F12: faults below the answer's status, on real sockets."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from dataclasses import replace

import pytest

from messages_app.analysis.live import PATIENCE
from messages_app.provider import (
    ClientLimits,
    CutAnswer,
    NetworkFault,
    OversizedAnswer,
    ProviderDown,
    RedirectRefused,
    TimedOut,
    TlsFault,
    UnreadableAnswer,
)
from tests.provider.answers import CANARY_TOKEN, body, request, row
from tests.provider.conftest import QUICK
from tests.provider.fault_server import drip, head, raw, reply, reset, silence

GOOD = body(row())


def failure_of(client, kind, **options):
    with pytest.raises(kind) as caught:
        client.page(request(), **options)
    assert type(caught.value) is kind
    return caught.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_f01_refused_connection_is_tried_three_times_and_told_since_when(new_client):
    client = new_client(f"http://127.0.0.1:{closed_port()}")
    first = failure_of(client, NetworkFault)
    assert client.calls == 3
    assert first.since is not None
    assert first.detail == "the connection was refused"
    again = failure_of(client, NetworkFault)
    assert again.since == first.since, "since the first failure in a row"
    assert failure_of(client, ProviderDown).since == first.since


def test_f01_unknown_host_name_is_tried_three_times(new_client, monkeypatch):
    def unknown(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = new_client("https://provider.invalid")
    assert failure_of(client, NetworkFault).detail == "the host name is not known"
    assert client.calls == 3


def test_f01_a_name_look_up_that_hangs_ends_at_the_deadline(new_client, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [] * over.wait(10))
    client = new_client("https://provider.invalid", limits=replace(QUICK, connect=0.1, tries=1))
    began = time.monotonic()
    failure_of(client, TimedOut)
    over.set()
    assert time.monotonic() - began < 0.6


def test_f01_plain_http_reaches_no_address_outside_this_machine(new_client, server, monkeypatch):
    """0.0.0.0 is no loopback address, but would reach the server: so it was not even tried."""
    server.script(reply(GOOD))
    outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("0.0.0.0", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: outside)
    failure_of(new_client(f"http://localhost:{server.port}"), NetworkFault)
    assert server.connections == 0


@pytest.fixture
def full_port():
    """A port whose queue of connections is full: one more hangs in SYN."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield port
        for filler in fillers:
            filler.close()


def test_f02_connect_that_hangs_ends_after_the_connect_limit(new_client, full_port):
    client = new_client(
        f"http://127.0.0.1:{full_port}", limits=replace(QUICK, connect=0.15, read=5, total=5)
    )
    began = time.monotonic()
    failure_of(client, TimedOut)
    assert client.calls == 3
    assert 0.4 < time.monotonic() - began < 1.2


def test_f02_many_hanging_addresses_share_one_connect_limit(new_client, full_port, monkeypatch):
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", full_port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [address] * 8)
    limits = replace(QUICK, connect=0.2, read=5, total=5, tries=1)
    began = time.monotonic()
    failure_of(new_client(f"http://127.0.0.1:{full_port}", limits=limits), TimedOut)
    assert time.monotonic() - began < 0.6


def test_f03_silence_after_the_request_ends_after_the_read_limit(new_client, server):
    server.script(silence)
    client = new_client(limits=replace(QUICK, read=0.1, total=5))
    began = time.monotonic()
    failure_of(client, TimedOut)
    assert (client.calls, len(server.requests)) == (3, 3)
    assert time.monotonic() - began < 1


def test_f03_one_silence_is_healed_by_the_next_try(new_client, server):
    server.script(silence, reply(GOOD))
    assert new_client(limits=replace(QUICK, read=0.1)).page(request()).size == 1


DRIPS = {
    "f04_body": drip(head(Content_Length="100000"), b" "),
    "f04_chunked_body": drip(head(Transfer_Encoding="chunked"), b"1\r\n \r\n"),
    "f04_chunk_size": drip(head(Transfer_Encoding="chunked"), b"0"),
    "f04_body_without_length": drip(head(Connection="close"), b" "),
    "f04_compressed_body": drip(head(Content_Encoding="gzip") + gzip.compress(b"")[:10], b"\0"),
    "f05_header_line": drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "f05_headers": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", every=0.02),
    "f05_status_line": drip(b"HTTP/1.1 200 ", b"O"),
    "f05_continues": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("fault", DRIPS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_f04_f05_the_deadline_holds_against_drips(fault, scheme, new_client, server, tls, request_):
    where = server if scheme == "http" else tls.server
    where.script(DRIPS[fault])
    limits = replace(QUICK, read=0.2, total=0.25, tries=1)
    client = new_client(where.url, limits=limits, session_factory=tls.trusting_session)
    began = time.monotonic()
    with pytest.raises(TimedOut):
        client.page(request_)
    assert 0.2 < time.monotonic() - began < 0.7


@pytest.fixture
def request_():
    return request()


SHRUNK = 0.02
CONTRACT = ClientLimits()
AS_A_PAGE_ASKS = replace(
    QUICK,
    connect=CONTRACT.connect * SHRUNK,
    read=CONTRACT.read * SHRUNK,
    total=CONTRACT.total * SHRUNK,
)
"""The contract's times and a page's patience in their real ratio, fifty times as fast."""

HANGS = {
    "f02_connect": None,
    "f03_silence": silence,
    "f04_body": DRIPS["f04_body"],
    "f05_headers": DRIPS["f05_headers"],
}


@pytest.mark.parametrize("fault", HANGS)
def test_f02_to_f05_time_outs_of_pages_open_the_breaker(fault, new_client, server, full_port):
    step = HANGS[fault]
    server.script(step or silence)
    client = new_client(
        server.url if step else f"http://127.0.0.1:{full_port}", limits=AS_A_PAGE_ASKS
    )
    told = []
    for _ in range(CONTRACT.breaker_failures):
        with pytest.raises((TimedOut, ProviderDown)) as caught:
            client.page(request(), budget=PATIENCE * SHRUNK)
        told.append(caught.value.since)
    assert told[0] is not None
    assert set(told) == {told[0]}, "since the first of them"
    calls = client.calls
    failure_of(client, ProviderDown, budget=PATIENCE * SHRUNK)
    assert client.calls == calls, "nobody waits for it any more"


def test_f02_a_connection_that_hangs_to_its_own_limit_counts_however_short_the_rest(
    new_client, full_port
):
    limits = replace(QUICK, connect=0.05, read=5, total=10, tries=1)
    client = new_client(f"http://127.0.0.1:{full_port}", limits=limits)
    assert failure_of(client, TimedOut, budget=1).since is not None


@pytest.mark.parametrize("fault", HANGS)
def test_a_time_out_of_an_impatient_person_is_no_failure_of_the_provider(
    fault, new_client, server, full_port
):
    step = HANGS[fault]
    server.script(step or silence)
    client = new_client(
        server.url if step else f"http://127.0.0.1:{full_port}",
        limits=replace(QUICK, connect=0.5, read=0.5, total=1),
    )
    for _ in range(CONTRACT.breaker_failures + 1):
        assert failure_of(client, TimedOut, budget=0.05).since is None
    assert client.calls == CONTRACT.breaker_failures + 1


def test_f04_a_dripped_answer_within_the_deadline_is_fine(client, server):
    def slowly(connection):
        connection.send(head(Content_Length=str(len(GOOD))))
        for part in (GOOD[:50], GOOD[50:100], GOOD[100:]):
            connection.rest(0.05)
            connection.send(part)

    server.script(slowly)
    assert client.page(request()).size == 1


def test_f06_reset_in_the_body_is_retried(client, server):
    server.script(reset(head(Content_Length="500") + GOOD[:100]), reply(GOOD))
    assert client.page(request()).size == 1
    assert client.calls == 2


def test_f06_reset_every_time_fails_as_network(client, server):
    server.script(reset(head(Content_Length="500") + GOOD[:100]))
    assert failure_of(client, NetworkFault).detail == "the connection was lost"
    assert client.calls == 3


CUTS = {
    "length": raw(head(Content_Length=str(len(GOOD) + 1)) + GOOD),
    "chunked": raw(head(Transfer_Encoding="chunked") + b"%x\r\n%s\r\n" % (len(GOOD), GOOD)),
    "in_chunk": raw(head(Transfer_Encoding="chunked") + b"fff\r\n" + GOOD),
}


@pytest.mark.parametrize("cut", CUTS)
def test_f07_truncated_body_is_retried_and_nothing_is_kept(cut, client, server):
    server.script(CUTS[cut], reply(body(row(2))))
    assert [record.message_id for record in client.page(request()).records] == [2]
    server.script(CUTS[cut])
    failure_of(client, CutAnswer)


@pytest.mark.parametrize("keep", [False, True])
def test_f07_body_cut_by_plain_close_is_retried(keep, client, server):
    step = raw(head(Connection="close") + GOOD[:-20])
    server.script(step, reply(body(row(2)), keep=keep))
    assert [record.message_id for record in client.page(request()).records] == [2]
    server.script(step)
    assert failure_of(client, UnreadableAnswer).detail == "it is not whole JSON"


def test_f07_a_length_shorter_than_the_body_is_no_page(client, server):
    server.script(raw(head(Content_Length="200") + GOOD))
    failure_of(client, UnreadableAnswer)


def test_f08_untrusted_certificate_is_told_and_nothing_is_sent(new_client, tls):
    tls.server.script(reply(GOOD))
    client = new_client(tls.server.url)
    failure = failure_of(client, TlsFault)
    assert (client.calls, tls.server.requests) == (1, [])
    assert failure.since is not None


def test_f08_bad_tls_makes_no_storm(new_client, tls):
    tls.server.script(reply(GOOD))
    client = new_client(tls.server.url)
    for _ in range(5):
        failure_of(client, TlsFault)
    for _ in range(20):
        failure_of(client, ProviderDown)
    assert client.calls == 5


def test_f08_certificate_of_another_host_is_refused(new_client, tls):
    client = new_client(
        f"https://localhost:{tls.server.port}", session_factory=tls.trusting_session
    )
    failure_of(client, TlsFault)


def test_f08_trusted_certificate_works(new_client, tls):
    tls.server.script(reply(GOOD))
    client = new_client(tls.server.url, session_factory=tls.trusting_session)
    assert client.page(request()).size == 1


def test_f08_plain_http_on_the_tls_port_is_a_tls_fault(new_client):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            sock, _ = listener.accept()
            with sock:
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                sock.recv(1000)

        thread = threading.Thread(target=answer)
        thread.start()
        failure_of(new_client(f"https://127.0.0.1:{listener.getsockname()[1]}"), TlsFault)
        thread.join()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P", "300 M"])
def test_f09_redirects_are_not_followed(status, new_client, server, other_server):
    other_server.script(reply(GOOD))
    server.script(reply(b"moved", status, Location=f"{other_server.url}/messages"))
    client = new_client()
    failure = failure_of(client, RedirectRefused)
    assert failure.code == int(status[:3])
    assert (client.calls, other_server.requests) == (1, [])
    assert CANARY_TOKEN.encode() in server.requests[0]


def test_f09_a_redirect_with_an_endless_body_is_not_read(client, server):
    server.script(drip(head("302 Found", Location="http://[bad", X="y"), b"x" * 1000))
    began = time.monotonic()
    failure_of(client, RedirectRefused)
    assert time.monotonic() - began < 1, "requests would have read it all to look for a target"


def test_f10_kept_connections_are_used_again(client, server):
    server.script(reply(GOOD))
    for _ in range(5):
        client.page(request())
    assert server.connections == 1


@pytest.mark.parametrize("how", ["close", "reset"])
def test_f10_kept_connection_closed_by_the_server_costs_no_try(how, new_client, server):
    """The server promises to keep the connection, and drops it when the next request arrives."""
    drop = reset() if how == "reset" else raw(b"")
    client = new_client(limits=replace(QUICK, tries=1))
    for _ in range(5):
        server.script(reply(GOOD), drop, reply(GOOD))
        client.page(request())
        assert client.page(request()).size == 1
    assert client.calls == 15


def test_f10_a_fresh_connection_that_is_dropped_does_cost_a_try(client, server):
    server.script(raw(b""))
    failure_of(client, NetworkFault)
    assert client.calls == 3


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def test_f11_gzip_bomb_is_stopped_with_flat_memory(new_client, server):
    packed = bomb(200 << 20)
    assert len(packed) < 210_000
    server.script(reply(packed, Content_Encoding="gzip"))
    limit = 4 << 20
    client = new_client(limits=replace(QUICK, total=10, body=limit))
    tracemalloc.start()
    failure_of(client, OversizedAnswer)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert client.calls == 1
    assert peak < 2 * limit


def test_f11_the_default_limit_stops_a_bomb(new_client, server):
    server.script(reply(bomb(200 << 20), Content_Encoding="gzip"))
    failure_of(new_client(limits=replace(QUICK, total=10)), OversizedAnswer)


@pytest.mark.parametrize("how", ["length", "chunked", "plain"])
def test_f11_endless_body_is_stopped(how, new_client, server):
    piece = b" " * 65536
    start = {
        "length": head(Content_Length="999999999999"),
        "chunked": head(Transfer_Encoding="chunked"),
        "plain": head(Connection="close"),
    }[how]
    if how == "chunked":
        piece = b"%x\r\n%s\r\n" % (len(piece), piece)
    server.script(drip(start, piece, every=0, times=10_000))
    client = new_client(limits=replace(QUICK, total=10, read=5, body=2 << 20))
    failure_of(client, OversizedAnswer)
    assert client.calls == 1


def test_f11_endless_compressed_nothing_ends_at_the_deadline(new_client, server):
    """A gzip stream of empty blocks: it never yields a byte that a size limit could count."""
    start = gzip.compress(b"")[:10]
    server.script(
        drip(
            head(Content_Encoding="gzip") + start, b"\0\0\0\xff\xff" * 2000, every=0, times=100_000
        )
    )
    began = time.monotonic()
    failure_of(new_client(limits=replace(QUICK, tries=1)), TimedOut)
    assert time.monotonic() - began < 1


def test_f11_endless_headers_are_stopped(client, server):
    server.script(drip(b"HTTP/1.1 200 OK\r\n", b"X-Header: y\r\n" * 50, every=0, times=10_000))
    failure_of(client, UnreadableAnswer)


@pytest.mark.parametrize("packed", [b"\x1f\x8bjunk", b"no gzip at all", gzip.compress(GOOD)[:-30]])
def test_f12_bad_gzip_fails_and_is_retried(packed, client, server):
    server.script(reply(packed, Content_Encoding="gzip"), reply(GOOD))
    assert client.page(request()).size == 1
    server.script(reply(packed, Content_Encoding="gzip"))
    failure_of(client, UnreadableAnswer)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_f12_good_compression_is_read(coding, client, server):
    packed = gzip.compress(GOOD) if coding == "gzip" else zlib.compress(GOOD)
    server.script(reply(packed, Content_Encoding=coding))
    assert client.page(request()).size == 1


TEXT = body(row(message="Été à 5 €"))
UNESCAPED = TEXT.decode().encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", "; charset=utf-8"),
        ("utf-8", "; charset=iso-8859-1"),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-16-le", ""),
        ("utf-16-be", "; charset=utf-16be"),
        ("utf-32", ""),
        ("cp1252", '; charset="windows-1252"'),
        ("iso-8859-15", "; charset=ISO-8859-15"),
    ],
)
def test_f12_charsets_are_decoded_right(encoding, declared, client, server):
    server.script(reply(UNESCAPED.encode(encoding), Content_Type=f"application/json{declared}"))
    assert client.page(request()).records[0].message == "Été à 5 €"


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (UNESCAPED.encode("cp1252"), ""),
        (UNESCAPED.encode("cp1252"), "; charset=utf-8"),
        (GOOD, "; charset=utf-7"),
        (GOOD, "; charset=no-such"),
        (GOOD, "; charset=rot13"),
        (GOOD.decode().encode("utf-16")[:-1], ""),
        (GOOD.replace(b"via", b"v\xed\xa0\x80a"), ""),
    ],
)
def test_f12_wrong_charsets_fail(data, declared, client, server):
    server.script(reply(data, Content_Type=f"application/json{declared}"))
    failure_of(client, UnreadableAnswer)
