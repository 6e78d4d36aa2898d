"""Each fault of an answer's content really shows, its schedule holds, and it is off by default."""

import gzip
import json
import xml.etree.ElementTree as ET
from dataclasses import fields

import pytest

from sandbox import Faults
from sandbox.faults import FAULTS, NAMES, fires
from tests.sandbox.conftest import ALL, ask, found, key


def raw(box, **params):
    """Return status, headers and body of one answer."""
    return box.answer(ALL | {name: str(value) for name, value in params.items()})


@pytest.fixture
def spoiled(small):
    """Return a function that sets faults and asks once."""

    def spoil(**faults):
        small.faults = Faults(ties="stable", **faults)
        return raw(small, length=300)

    return spoil


def said(value):
    """Return a value as text; null and absent are nothing."""
    return "" if value is None else str(value)


# Schedules


@pytest.mark.parametrize(
    ("schedule", "calls"),
    [("", []), ("always", [1, 2, 3, 4, 5, 6]), ("first:2", [1, 2]), ("every:3", [3, 6])],
)
def test_a_schedule_says_which_calls_are_spoiled(schedule, calls):
    assert [call for call in range(1, 7) if fires(schedule, call)] == calls


def test_a_schedule_starts_anew_when_faults_are_set(small):
    for _ in range(2):
        small.faults = Faults(http_error="first:1")
        assert [raw(small).status for _ in range(3)] == [503, 200, 200]


def test_true_and_false_mean_always_and_never():
    assert Faults(html=True, down=False) == Faults(html="always")


@pytest.mark.parametrize(
    "values",
    [
        {"html": "sometimes"}, {"html": "first:0"}, {"html": 3}, {"ties": "none"}, {"cap": "10"},
        {"cap": True}, {"latency": "slow"}, {"retry_after": 5}, {"html": "first:1\n"},
    ],
)  # fmt: skip
def test_values_that_cannot_be_understood_are_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        Faults(**values)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="unknown: meltdown"):
        Faults.from_values({"meltdown": "always"})


def test_every_fault_is_off_by_default_and_explained():
    assert not Faults().active(1)
    assert all(item.metadata["help"] for item in fields(Faults))
    assert set(FAULTS) < set(NAMES)


def test_calls_are_counted_spoiled_ones_too(small):
    small.faults = Faults(http_error=True)
    raw(small)
    small.faults = Faults()
    raw(small)
    assert small.calls == 2
    small.reset_calls()
    assert small.calls == 0


# HTTP statuses


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 404, 400, 405, 422])
def test_an_http_error_has_its_status_and_an_html_body_F14_F17(spoiled, status):
    answer = spoiled(http_error=True, http_status=status)
    assert answer.status == status
    assert answer.headers == {"Content-Type": "text/html"}
    assert answer.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("value", ["1", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-5", "9" * 20])
def test_too_many_requests_say_when_to_come_back_F13(spoiled, value):
    answer = spoiled(http_error=True, http_status=429, retry_after=value)
    assert (answer.status, answer.headers["Retry-After"]) == (429, value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_has_the_recorded_body_F16(spoiled, status):
    answer = spoiled(http_error=True, http_status=status)
    assert (answer.status, json.loads(answer.body)["status"]) == (status, -1)


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body_F18(spoiled, status):
    assert spoiled(http_error=True, http_status=status) == (status, {}, b"")


@pytest.mark.parametrize("status", [206, 999])
def test_odd_statuses_with_a_right_body_F18(spoiled, status):
    right = spoiled()
    assert spoiled(http_error=True, http_status=status) == (status, right.headers, right.body)


def test_a_redirect_names_another_place_F9(spoiled):
    answer = spoiled(redirect=True, redirect_to="http://127.0.0.1:9/x")
    assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1:9/x")


# Envelopes


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"wrong_token": True}, {"status": -1}),
        ({"negative": True}, {"status": -99}),
        ({"negative": True, "body_status": -8}, {"status": -8}),
        ({"error_object": True}, {"error": "Something went wrong"}),
        ({"status_typed": True}, {"status": {"code": True}, "message": "OK"}),
        ({"messages_null": True}, {"status": 1, "messages": None}),
    ],
)
def test_envelopes_are_spoiled_F19_F20_F24(spoiled, fault, expected):
    answer = spoiled(**fault)
    assert answer.status == 200
    assert json.loads(answer.body).items() >= expected.items()


@pytest.mark.parametrize(
    ("fault", "name"), [("status_missing", "status"), ("messages_missing", "messages")]
)
def test_envelopes_can_lack_a_field_F20_F24(spoiled, fault, name):
    right, wrong = json.loads(spoiled().body), json.loads(spoiled(**{fault: True}).body)
    assert right.keys() - wrong.keys() == {name}


def test_messages_can_be_an_object_F24(spoiled):
    assert spoiled(messages_object=True).body.count(b'"messages":{"0":{') == 1


# Bytes


@pytest.mark.parametrize(
    ("fault", "body"),
    [("empty_body", b""), ("json_null", b"null"), ("json_list", b"[]"), ("json_object", b"{}")],
)
def test_bodies_that_are_no_answer_F22(spoiled, fault, body):
    answer = spoiled(**{fault: True})
    assert (answer.status, answer.body) == (200, body)


def test_html_comes_with_status_200_F21(spoiled):
    answer = spoiled(html=True)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_the_other_format_is_answered_F22(small):
    small.faults = Faults(other_format=True)
    assert ET.fromstring(raw(small).body).tag == "response"
    assert json.loads(small.answer(ALL, "text/xml").body)["status"] == 1


@pytest.mark.parametrize("fault", ["cut_json", "two_documents", "bad_gzip"])
def test_bodies_that_no_parser_takes_F12_F23(spoiled, fault):
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        json.loads(spoiled(**{fault: True}).body)


def test_nan_duplicate_keys_depth_and_digits_F23(spoiled):
    assert b'"cost":NaN' in spoiled(nan=True).body
    assert spoiled(duplicate_keys=True).body.count(b'"messages":[') == 2
    assert b"[" * 100_000 in spoiled(deep=True).body
    assert b"9" * 1_000_000 in spoiled(digits=True).body


def test_odd_encodings_F12(spoiled):
    right = spoiled().body
    assert spoiled(bom=True).body == b"\xef\xbb\xbf" + right
    assert spoiled(utf16=True).body.decode("utf-16").encode() == right
    latin = spoiled(bad_charset=True)
    assert latin.headers["Content-Type"] == "application/json; charset=utf-8"
    with pytest.raises(UnicodeDecodeError):
        latin.body.decode("utf-8")
    assert spoiled(bad_gzip=True).headers["Content-Encoding"] == "gzip"


def test_a_bomb_is_small_on_the_wire_and_huge_unpacked_F11(spoiled):
    answer = spoiled(bomb=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 250_000
    assert len(gzip.decompress(answer.body)) == 200_000_000


# Rows


def test_one_row_in_a_hundred_is_unreadable_F25(spoiled):
    right, wrong = (
        json.loads(answer.body)["messages"] for answer in (spoiled(), spoiled(bad_row=True))
    )
    changed = [rank for rank, row in enumerate(wrong) if row != right[rank]]
    assert changed == [50, 150, 250]


def test_a_short_page_has_its_bad_row_too_F25(small):
    right = ask(small, length=3)["messages"]
    small.faults = Faults(bad_row=True)
    assert sum(a != b for a, b in zip(right, ask(small, length=3)["messages"], strict=True)) == 1


def test_types_drift_and_the_facts_stay_F26(spoiled):
    right, drifted = (
        json.loads(answer.body)["messages"] for answer in (spoiled(), spoiled(drift=True))
    )
    assert {type(row["message_id"]) for row in drifted} == {int, str}
    assert {type(row["destination"]) for row in drifted} == {int, str}
    assert len({len(row) for row in drifted}) > 1
    for row, other in zip(right, drifted, strict=True):
        assert {name: said(other.get(name)) for name in row} == {
            name: said(value) for name, value in row.items()
        }


def test_unknown_statuses_types_and_fields_F27(spoiled):
    rows = json.loads(spoiled(unknown=True).body)["messages"]
    assert any(row["status"] == "PARKED" for row in rows)
    assert any(row["type"] == "rcs_mt" for row in rows)
    assert any("smpp_code" in row for row in rows)


def test_odd_texts_F28(spoiled):
    texts = [row["message"] for row in json.loads(spoiled(odd_text=True).body)["messages"][:4]]
    assert "\0" in texts[0]
    assert "\ud83d" in texts[1]
    assert "e\u0301" in texts[2]
    assert len(texts[3]) >= 999_999


def test_odd_texts_in_xml_can_still_be_read_F28(small):
    small.faults = Faults(odd_text=True)
    assert ET.fromstring(small.answer(ALL, "text/xml").body).tag == "response"


@pytest.mark.parametrize("fault", ["drift", "unknown", "bad_row", "messages_null", "nan"])
def test_spoiled_rows_come_in_xml_too(small, fault):
    small.faults = Faults.from_values({fault: True})
    assert ET.fromstring(small.answer(ALL, "text/xml").body).findtext("status") == "1"


# Pages


def pages(box, count=3, **params):
    """Return the first pages of 10 rows as lists of keys."""
    starts = range(0, count * 10, 10)
    return [[key(r) for r in ask(box, **params, start=s, length=10)["messages"]] for s in starts]


def test_a_row_inserted_at_the_head_shows_the_last_row_again_F30(small):
    right = pages(small)
    small.faults = Faults(ties="stable", insert_at_head=True)
    assert pages(small)[1] == [right[0][-1], *right[1][:-1]]


def test_a_deletion_hides_the_next_row_F31(small):
    right = pages(small)
    small.faults = Faults(ties="stable", delete_between=True)
    assert pages(small)[1] == [*right[1][1:], right[2][0]]


def test_a_short_page_stands_in_the_middle_and_loses_nothing_F33(small):
    everything = found(small)
    small.faults = Faults(ties="stable", short_page="first:2")
    assert len(ask(small)["messages"]) == 500
    assert found(small) == everything


def test_start_can_be_ignored_F35(small):
    small.faults = Faults(ties="stable", start_ignored=True)
    first, second, _ = pages(small)
    assert first == second


def test_sort_can_be_ignored_F36(small):
    right = pages(small)
    small.faults = Faults(ties="stable", sort_ignored=True)
    assert pages(small, sort="destination") == right


def test_a_row_can_come_twice_F39(small):
    everything = found(small)
    small.faults = Faults(ties="stable", twice=True)
    rows = found(small)
    assert rows[49] == rows[50]
    assert len(rows) == len(everything) + len(everything) // 50
    assert [row for i, row in enumerate(rows) if i % 51 != 50] == everything
    assert ask(small)["totalDisplayRecords"] == len(rows)
