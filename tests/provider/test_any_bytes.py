"""Whatever comes, the client gives records or a ProviderError: random and damaged answers."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messages_app.provider import MessageRecord, ProviderError
from messages_app.provider.wire import parse_json, parse_xml
from tests.campaign import rounds
from tests.provider.answers import body, request, row, xml_body
from tests.provider.fault_server import raw

RARELY = settings(
    max_examples=rounds(sample=60, full=3000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
OFTEN = settings(RARELY, max_examples=rounds(sample=200, full=10_000))

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from([*row(), "extra", "é"])
ROWS = st.lists(
    JSON_VALUES | st.dictionaries(FIELDS, JSON_VALUES).map(lambda changes: {**row(), **changes}),
    max_size=4,
)


def check(parse, data: bytes, charset: str | None = None) -> None:
    """Records that can be stored, or a ProviderError; nothing else."""
    try:
        rows = parse(data, charset)
    except ProviderError:
        return
    for record in rows.records:
        check_storable(record)


def check_storable(record: MessageRecord) -> None:
    texts = [value for name in record.__slots__ if isinstance(value := getattr(record, name), str)]
    texts += [text for pair in record.extra for text in pair]
    assert "\0" not in "".join(texts)
    "".join(texts).encode("utf-8")
    assert 0 <= record.message_id < 2**61
    assert record.type
    assert record.status
    assert record.cost is None or abs(record.cost) < 10**12


@OFTEN
@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "utf-16", "latin-1", "junk", ""]))
def test_any_bytes_give_records_or_a_provider_error(data, charset):
    check(parse_json, data, charset)
    check(parse_xml, data, charset)


@OFTEN
@given(
    ROWS, st.dictionaries(st.sampled_from(["status", "error", "messages", "details"]), JSON_VALUES)
)
def test_any_json_gives_records_or_a_provider_error(rows, changes):
    check(parse_json, json.dumps({**json.loads(body()), "messages": rows, **changes}).encode())


@OFTEN
@given(ROWS)
def test_every_row_of_a_good_answer_is_either_good_or_bad(rows):
    read = (
        parse_json(json.dumps({"status": 1, "messages": rows}, allow_nan=True).encode())
        if (_is_plain(rows))
        else None
    )
    assert read is None or len(read.records) + len(read.bad_rows) == len(rows)


def _is_plain(value: Any) -> bool:
    """Whether JSON proper can hold it: no NaN, no infinity, no number that is too long."""
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    return not isinstance(value, int) or len(str(value)) <= 40


@OFTEN
@given(st.data())
def test_damaged_answers_give_records_or_a_provider_error(data):
    parse, good = data.draw(
        st.sampled_from([(parse_json, body(row(1), row(2))), (parse_xml, xml_body(row(1), row(2)))])
    )
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        length = data.draw(st.integers(0, 30))
        damaged[at : at + length] = data.draw(
            st.binary(max_size=6)
            | st.sampled_from([b"<", b'"', b"&lt;", b"null", b"[", b"\\u0000"])
        )
    check(parse, bytes(damaged))


@RARELY
@given(st.binary(max_size=120), st.booleans(), st.sampled_from(["json", "xml"]))
def test_any_bytes_on_the_wire_give_a_page_or_a_provider_error(
    new_client, server, data, in_body, form
):
    """A bare stream of bytes, or a 200 answer with such a body."""
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" if in_body else b"HTTP/1.1 "
    server.script(raw(head + data))
    with new_client(format=form) as client, pytest.raises(ProviderError):
        client.page(request())
