"""Reading in process: what a server would send, at the time that a virtual clock shows."""

import http.client
import json
import time
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox import BrokenLineError, Composed, Faults, Sandbox, VirtualClock, outgoing
from sandbox.faults import LINE_FAULTS
from tests.sandbox.conftest import ALL, NOW, found, key

HEADERS = {"Authorization": "Bearer sandbox-token", "Accept": "application/json"}
QUERY = urlencode(ALL | {"length": "20"})


def rows(answer):
    """Return the rows of a JSON answer."""
    return json.loads(answer.body)["messages"]


@pytest.fixture
def clock():
    """A clock that a test moves."""
    return VirtualClock(NOW)


@pytest.fixture
def box(clock):
    """A hundred messages of the last hours, and a clock that a test moves."""
    sent = [outgoing(number, NOW - timedelta(minutes=number)) for number in range(1, 101)]
    return Composed(sent, clock=clock, faults=Faults(ties="stable"))


@pytest.mark.parametrize("query", [QUERY, "", "date_start=x", QUERY + "&type=messages-in", "a=%ff"])
@pytest.mark.parametrize("accept", ["application/json", "text/xml", ""])
@pytest.mark.parametrize("authorization", ["Bearer sandbox-token", "bearer  x", ""])
def test_in_process_and_served_answers_are_the_same_but_for_the_time(
    box, query, accept, authorization
):
    headers = {"AUTHORIZATION": authorization, "accept": accept}
    assert_same(box, query, headers)


@pytest.mark.parametrize(
    "faults",
    [
        {"http_error": True, "http_status": 429, "retry_after": "3"},
        {"http_error": True, "http_status": 204}, {"http_error": True, "http_status": 401},
        {"redirect": True}, {"html": True}, {"bad_gzip": True}, {"empty_body": True},
        {"late_rows": 0.5, "moved_rows": 0.5}, {"stale": True}, {"cut_json": True},
    ],
)  # fmt: skip
def test_so_they_are_under_faults(box, faults):
    box.faults = Faults(ties="stable", **faults)
    assert_same(box, QUERY, HEADERS)


def assert_same(box, query, headers):
    with box.serve() as url:
        parts = urlsplit(url)
        line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        line.request("GET", f"/messages?{query}", headers=headers)
        with line.getresponse() as served:
            sent = served.status, dict(served.getheaders()), served.read()
        line.close()
    assert tuple(box.get(query, headers)) == sent


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_a_fault_of_the_line_is_raised_by_name_F1_F7_F11(box, fault):
    box.faults = Faults.from_values({fault: "first:1"})
    with pytest.raises(BrokenLineError, match=f"^{fault}$"):
        box.get(QUERY, HEADERS)
    assert box.get(QUERY, HEADERS).status == 200
    assert box.calls == 2


def test_a_running_clock_dates_the_answer_F49(box, clock):
    assert box.get(QUERY, HEADERS).headers["Date"] == "Thu, 12 Mar 2026 14:00:00 GMT"
    clock.sleep(3600)
    assert box.get(QUERY, HEADERS).headers["Date"] == "Thu, 12 Mar 2026 15:00:00 GMT"


def test_a_clock_that_stands_still_leaves_the_date_to_real_time(small):
    year = str(datetime.fromtimestamp(time.time()).year)  # noqa: DTZ006 - the year alone
    assert year in small.get(QUERY, HEADERS).headers["Date"]


def test_latency_moves_a_virtual_clock_before_the_answer_is_read(box, clock):
    box.faults = Faults(latency=120)
    box.insert(outgoing(500, NOW + timedelta(seconds=60)))
    assert 500 in [row["message_id"] for row in rows(box.get(QUERY, HEADERS))]


# F45


def test_stale_answers_tell_of_the_past_now_and_then_F45(box, clock):
    clock.sleep(100)
    box.insert(outgoing(500, NOW))
    clock.sleep(30)
    box.faults = Faults(ties="stable", stale="every:2", stale_seconds=60)
    seen = [500 in [row["message_id"] for row in rows(box.get(QUERY, HEADERS))] for _ in range(6)]
    assert seen == [True, False] * 3
    assert 500 in [row["message_id"] for row in box.shown()]
    clock.sleep(30)
    assert 500 in [row["message_id"] for row in rows(box.get(QUERY, HEADERS))]


@pytest.mark.parametrize("sort", ["date", "-date", "destination", "status"])
@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
def test_a_stale_answer_is_the_whole_answer_of_then_F45(sort, accept):
    earlier = NOW - timedelta(hours=30)
    params = ALL | {"sort": sort, "start": "10"}
    stale = Faults(ties="stable", stale=True, stale_seconds=30 * 3600)
    box, past = (
        Sandbox(rows=4_000, seed=3, clock=now, faults=faults)
        for now, faults in ((NOW, stale), (earlier, Faults(ties="stable")))
    )
    assert box.answer(params, accept) == past.answer(params, accept)
    box.faults = Faults(ties="stable")
    assert box.answer(params, accept) != past.answer(params, accept)


# F46


def test_a_slow_answer_was_read_before_it_is_delivered_F46(box, clock):
    box.faults = Faults(slow="first:1", slow_seconds=45)
    asked = []

    def under_way(seconds):
        asked.append(seconds)
        box.change(("sms_mt", 1), lambda one: one._replace(text="newer"))

    box.pause = under_way
    older, newer = (rows(box.get(QUERY + "&sort=-date", HEADERS))[0] for _ in range(2))
    assert asked == [45]
    assert (older["message"], newer["message"]) == ("Bonjour", "newer")


def test_a_slow_answer_moves_a_virtual_clock_F46(box, clock):
    box.faults = Faults(slow=True, slow_seconds=45)
    box.insert(outgoing(500, NOW + timedelta(seconds=10)))
    assert 500 not in [row["message_id"] for row in rows(box.get(QUERY, HEADERS))]
    assert 500 in [row["message_id"] for row in rows(box.get(QUERY, HEADERS))]


def test_a_slow_answer_takes_its_time_on_a_socket_F46(small):
    small.faults = Faults(slow=True, slow_seconds=0.3)
    with small.serve() as url:
        parts = urlsplit(url)
        line = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
        begun = time.monotonic()
        line.request("GET", f"/messages?{QUERY}", headers=HEADERS)
        time.sleep(0.1)
        small.clock = NOW - timedelta(days=90)
        with line.getresponse() as served:
            late = json.load(served)["messages"]
        line.close()
    assert time.monotonic() - begun >= 0.3
    small.clock = NOW
    assert late == list(reversed(list(small.rows())))[:20]


# F66


OTHER = {"Authorization": "Bearer other"}


@pytest.mark.parametrize("generated", [True, False])
def test_another_token_opens_other_traffic_with_the_same_ids_F66(box, clock, generated):
    account = Sandbox(rows=2_000, seed=3, clock=NOW) if generated else box
    for header in (OTHER, {"Authorization": "Bearer "}):
        assert json.loads(account.get(QUERY, HEADERS | header).body)["status"] == -1
    account.faults = Faults(ties="stable", other_token="other")
    mine = {key(row): row for row in account.shown()}
    theirs = {key(row): row for row in account.shown(other=True)}
    assert 0.5 < len(theirs) / len(mine) < 0.8
    assert theirs.keys() < mine.keys()
    for name, row in theirs.items():
        assert row["client_id"] != mine[name]["client_id"]
        assert row["message"] != mine[name]["message"]
    assert rows(account.get(QUERY, HEADERS | OTHER)) == account.shown(other=True)[::-1][:20]
    assert rows(account.get(QUERY, HEADERS)) == account.shown()[::-1][:20]
    shown = ET.fromstring(account.get(QUERY, OTHER | {"Accept": "text/xml"}).body)
    assert shown.findtext("totalRecords") == str(len(theirs))
    assert (
        json.loads(account.get(QUERY, HEADERS | {"Authorization": "Bearer x"}).body)["status"] == -1
    )


def test_turns_reach_the_other_account_too_F66(box, clock):
    box.faults = Faults(ties="stable", other_token="other")
    before = {key(row) for row in box.shown(other=True)}
    gone = min(before)
    clock.sleep(1)
    box.remove(gone)
    assert {key(row) for row in box.shown(other=True)} == before - {gone}
    assert gone not in {key(row) for row in found(box)}
