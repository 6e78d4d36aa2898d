"""The sandbox on a real socket: kept connections, each transport fault, the control endpoint."""

import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox import Faults, Sandbox
from tests.sandbox.conftest import ALL, NOW

HEADERS = {"Authorization": "Bearer sandbox-token", "Accept": "application/json"}
PATH = "/messages?" + urlencode(ALL | {"length": "20"})


@pytest.fixture
def box():
    """A small account that a test may spoil."""
    return Sandbox(rows=2_000, seed=3, clock=NOW, faults=Faults(ties="stable"))


@pytest.fixture
def place(box):
    """Host and port of the served account."""
    with box.serve() as url:
        parts = urlsplit(url)
        yield parts.hostname, parts.port


@contextmanager
def connected(place):
    """A kept connection with a time-out."""
    connection = http.client.HTTPConnection(place[0], place[1], timeout=5)
    try:
        yield connection
    finally:
        connection.close()


def get(connection, path=PATH, headers=HEADERS):
    """Return status, headers and body of one request."""
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as answer:
        return answer.status, answer.headers, answer.read()


def raw(place, limit=1_000_000):
    """Return every byte of the answer to one request, up to the end of the connection."""
    with socket.create_connection(place, timeout=5) as line:
        line.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n".encode() + credentials())
        received = b""
        while len(received) < limit and (data := line.recv(65_536)):
            received += data
        return received


def credentials():
    return "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode() + b"\r\n"


def post(connection, path, content):
    """Return status and JSON of one control request."""
    connection.request("POST", path, body=json.dumps(content))
    with connection.getresponse() as answer:
        return answer.status, json.loads(answer.read())


def test_http_and_in_process_answers_are_the_same(box, place):
    right = box.answer(ALL | {"length": "20"})
    with connected(place) as connection:
        status, headers, body = get(connection)
    assert (status, body) == (right.status, right.body)
    assert headers["Content-Type"] == "application/json"


def test_a_connection_is_kept(place):
    with connected(place) as connection:
        get(connection)
        first = connection.sock
        get(connection)
        assert first is connection.sock is not None


def test_several_connections_are_served_at_once(place):
    def ask(_):
        with connected(place) as connection:
            return get(connection)[0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(24))) == [200] * 24


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", "Basic sandbox-token", "Bearer é"])
def test_a_wrong_token_is_refused_with_status_200(place, value):
    with connected(place) as connection:
        status, _, body = get(
            connection, headers=HEADERS | {"Authorization": value.encode("utf-8")}
        )
    assert (status, json.loads(body)["status"]) == (200, -1)


def test_the_last_of_a_repeated_parameter_counts(place):
    with connected(place) as connection:
        body = json.loads(get(connection, f"{PATH}&length=2&length=3")[2])
    assert len(body["messages"]) == 3


def test_other_paths_and_methods_are_not_found(place):
    with connected(place) as connection:
        assert get(connection, "/message")[0] == 404
        assert get(connection, "/messages/1")[0] == 404
        assert post(connection, "/messages", {})[0] == 404


def test_nothing_is_logged(place, capfd):
    with connected(place) as connection:
        get(connection, f"{PATH}&destination=33639980001")
    assert capfd.readouterr() == ("", "")


def test_the_port_is_free_again_after_serving(box):
    with box.serve() as url:
        port = urlsplit(url).port
    with box.serve(port=port) as again:
        assert again == url


# Transport faults


def test_a_provider_that_is_down_closes_without_a_word_F1(box, place):
    box.faults = Faults(down=True)
    assert raw(place) == b""


def test_silence_lasts_until_the_client_gives_up_F3(box, place):
    box.faults = Faults(silence=True)
    with socket.create_connection(place, timeout=0.3) as line:
        line.sendall(f"GET {PATH} HTTP/1.1\r\n".encode() + credentials())
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_silence_does_not_keep_the_server_from_stopping_F3(box):
    asked = Event()

    def clock():
        asked.set()
        return NOW

    box.clock, box.faults = clock, Faults(silence=True)
    with box.serve() as url:
        parts = urlsplit(url)
        line = socket.create_connection((parts.hostname, parts.port), timeout=5)
        line.sendall(f"GET {PATH} HTTP/1.1\r\n".encode() + credentials())
        assert asked.wait(5)
    with line:
        assert line.recv(1) == b""


@pytest.mark.parametrize("fault", ["drip_body", "drip_headers"])
def test_a_dripped_answer_comes_byte_by_byte_F4_F5(box, place, fault):
    pause, count = 0.01, 20
    box.faults = Faults.from_values({fault: True, "drip_pause": pause})
    with socket.create_connection(place, timeout=5) as line:
        # Only a lower bound is sure: a reader that the machine keeps waiting finds several at once.
        begun = time.monotonic()
        line.sendall(f"GET {PATH} HTTP/1.1\r\n".encode() + credentials())
        head = b""
        while fault == "drip_body" and not head.endswith(b"\r\n\r\n"):
            head += line.recv(1)
        dripped = b"".join(line.recv(1) for _ in range(count))
    assert len(dripped) == count
    assert time.monotonic() - begun >= pause * (count - 1)


def test_a_dripped_answer_is_whole_in_the_end_F4(box, place):
    right = box.answer(ALL | {"length": "20"}).body
    box.faults = Faults(drip_body=True, drip_pause=0.0, ties="stable")
    with connected(place) as connection:
        assert get(connection)[2] == right


def test_a_reset_in_the_middle_of_the_body_F6(box, place):
    box.faults = Faults(reset=True)
    with pytest.raises(ConnectionResetError):
        raw(place)


@pytest.mark.parametrize("fault", ["cut_length", "cut_chunked"])
def test_a_body_can_end_before_its_time_F7(box, place, fault):
    box.faults = Faults.from_values({fault: True})
    with connected(place) as connection, pytest.raises(http.client.IncompleteRead):
        get(connection)


def test_a_body_of_unannounced_length_can_end_half_way_F7(box, place):
    box.faults = Faults(cut_close=True)
    head, _, body = raw(place).partition(b"\r\n\r\n")
    assert b"Content-Length" not in head
    assert b"Connection: close" in head
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_a_kept_connection_can_be_closed_unannounced_F10(box, place):
    box.faults = Faults(hang_up=True)
    with connected(place) as connection:
        status, headers, _ = get(connection)
        assert (status, headers["Connection"]) == (200, None)
        assert connection.sock.recv(1) == b""


def test_a_body_can_be_endless_F11(box, place):
    box.faults = Faults(endless=True)
    assert len(raw(place, limit=3_000_000)) >= 3_000_000


def test_a_redirect_is_sent_F9(box, place):
    box.faults = Faults(redirect=True)
    with connected(place) as connection:
        status, headers, _ = get(connection)
    assert (status, headers["Location"]) == (302, "/elsewhere")


@pytest.mark.parametrize("status", [204, 304, 206, 429, 503, 999])
def test_any_status_can_be_sent_on_a_kept_connection_F13_F18(box, place, status):
    box.faults = Faults(http_error="first:1", http_status=status, retry_after="7")
    with connected(place) as connection:
        answer = get(connection)
        assert answer[0] == status
        assert get(connection)[0] == 200


def test_latency_delays_an_answer(box, place):
    box.faults = Faults(latency=0.4)
    with socket.create_connection(place, timeout=0.1) as line:
        line.sendall(f"GET {PATH} HTTP/1.1\r\n".encode() + credentials())
        with pytest.raises(TimeoutError):
            line.recv(1)
        line.settimeout(5)
        assert line.recv(8) == b"HTTP/1.1"


# Control


def test_faults_are_set_read_and_cleared(place):
    with connected(place) as connection:
        assert (
            post(connection, "/_sandbox/faults", {"http_error": True, "http_status": 500})[0] == 200
        )
        assert get(connection)[0] == 500
        assert json.loads(get(connection, "/_sandbox/faults")[2])["http_error"] == "always"
        assert post(connection, "/_sandbox/faults", {})[0] == 200
        assert get(connection)[0] == 200


def test_calls_are_counted_and_reset(place):
    with connected(place) as connection:
        for _ in range(3):
            get(connection)
        assert json.loads(get(connection, "/_sandbox/calls")[2]) == {"calls": 3}
        post(connection, "/_sandbox/reset", {})
        assert json.loads(get(connection, "/_sandbox/calls")[2]) == {"calls": 0}


def test_the_clock_is_moved(box, place):
    with connected(place) as connection:
        before = get(connection)[2]
        assert post(connection, "/_sandbox/clock", {"now": "2026-03-14T12:00:00"})[0] == 200
        assert get(connection)[2] != before
        post(connection, "/_sandbox/clock", {"now": None})
    assert box.clock is None


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/_sandbox/faults", {"meltdown": "always"}), ("/_sandbox/faults", {"html": "x"}),
        ("/_sandbox/faults", [1]), ("/_sandbox/faults", None), ("/_sandbox/clock", {"now": "x"}),
        ("/_sandbox/clock", {"now": 5}),
    ],
)  # fmt: skip
def test_bad_control_requests_are_refused_and_change_nothing(box, place, path, content):
    before = box.faults, box.clock
    with connected(place) as connection:
        status, answer = post(connection, path, content)
    assert status == 400
    assert answer["error"]
    assert (box.faults, box.clock) == before


def test_an_error_of_our_own_names_its_place_and_no_value(box, place, capfd):
    box.clock = "33639980001"
    with connected(place) as connection, pytest.raises(http.client.RemoteDisconnected):
        get(connection)
    assert "TypeError in now_instant" in (said := capfd.readouterr().err)
    assert "33639980001" not in said
