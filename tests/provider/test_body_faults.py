"""F21-F25: damaged and strange bodies, in JSON and XML."""

import json
import time

import pytest

from messages_app.provider import BadRow, HtmlAnswer, ProviderError, UnreadableAnswer
from messages_app.provider.wire import parse_json, parse_xml
from tests.provider.answers import body, envelope, request, row, xml_body
from tests.provider.fault_server import reply

ROW = json.dumps(row())


def whole(messages: str) -> bytes:
    """An answer whose messages are this JSON text."""
    return b'{"status": 1, "message": "OK", "messages": %s}' % messages.encode()


@pytest.mark.parametrize(
    "html",
    [
        b"<!DOCTYPE html><html><body>maintenance</body></html>",
        b"\n <html lang='fr'>\n<h1>502</h1>",
        b"\xef\xbb\xbf<!-- cache --> <!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'><p>",
    ],
)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_f21_html_with_200_is_retried_and_never_empty(html, form, new_client, server):
    client = new_client(format=form)
    server.script(reply(html, Content_Type="text/html"))
    with pytest.raises(HtmlAnswer):
        client.page(request())
    assert client.calls == 3
    good = body(row()) if form == "json" else xml_body(row())
    server.script(reply(html), reply(good, Content_Type="text/html"))
    assert client.page(request()).size == 1


NOT_THE_FORM = {
    "f22_xml": xml_body(row()),
    "f22_empty": b"",
    "f22_blank": b" \n",
    "f22_null": b"null",
    "f22_list": b"[]",
    "f22_object": b"{}",
    "f22_text": b'"OK"',
    "f22_number": b"1",
    "f22_binary": bytes(range(256)),
    "f23_cut": whole(f"[{ROW}]")[:-1],
    "f23_cut_in_a_row": whole(f"[{ROW}]")[:100],
    "f23_two_documents": whole("[]") * 2,
    "f23_junk_behind": whole("[]") + b"x",
    "f23_nan": whole("[]").replace(b"1", b"NaN"),
    "f23_infinity_in_a_row": whole(f"[{ROW}]".replace("15,", "-Infinity,")),
    "f23_duplicate_keys": whole("[]").replace(b'"message"', b'"status"'),
    "f23_duplicate_keys_in_a_row": whole('[{"message_id": 1, "message_id": 2}]'),
    "f23_duplicate_messages": whole('[], "messages": []'),
    "f23_depth": whole("[" * 100_000 + "]" * 100_000),
    "f23_depth_of_objects": whole('{"a":' * 100_000 + "1" + "}" * 100_000),
    "f23_depth_open": b"[" * 1_000_000,
    "f23_million_digits": whole(f"[{ROW}]".replace("138", "1" * 1_000_000)),
    "f23_thousand_digits": whole(f"[{ROW}]".replace("138", "1" * 1000)),
    "f23_million_digits_float": whole(f"[{ROW}]".replace("138", "1." + "1" * 1_000_000)),
    "f23_many_values": whole("[" + "{}," * 3_000_000 + "{}]"),
    "f23_many_lists": whole("[" + "[]," * 3_000_000 + "[]]"),
    "f23_control_character": whole(f"[{ROW}]").replace(b"via", b"v\0a"),
    "f24_missing": b'{"status": 1, "message": "OK"}',
    "f24_null": whole("null"),
    "f24_object": whole('{"0": ROW}'.replace("ROW", ROW)),
    "f24_false": whole("false"),
    "f24_text": whole('""'),
    "f24_number": whole("0"),
}


@pytest.mark.parametrize("fault", NOT_THE_FORM)
def test_f22_f23_f24_is_unreadable_within_a_second(fault):
    began = time.thread_time()
    with pytest.raises(UnreadableAnswer):
        parse_json(NOT_THE_FORM[fault])
    assert time.thread_time() - began < 1


def test_f23_a_moderate_depth_in_an_unknown_field_is_kept_or_refused_but_never_crashes():
    for depth in (10, 300, 900, 990, 1100):
        try:
            rows = parse_json(body(row(strange="X")).replace(b'"X"', b"[" * depth + b"]" * depth))
        except UnreadableAnswer:
            assert depth > 200
        else:
            assert rows.records[0].extra == (("strange", "[" * depth + "]" * depth),)


def test_f22_is_retried_over_http(client, server):
    server.script(reply(b"{}"), reply(b""), reply(body(row())))
    assert client.page(request()).size == 1
    assert client.calls == 3


def test_f24_only_a_present_empty_list_is_empty(client, server):
    server.script(reply(body()))
    assert client.page(request()).is_empty


GOOD_XML = xml_body(row())
ENTITIES = b"""<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>"""
BAD_XML = {
    "json": body(row()),
    "empty": b"",
    "cut": GOOD_XML[:-1],
    "cut_before_the_rows": GOOD_XML[: GOOD_XML.index(b"<messages>")],
    "two_documents": GOOD_XML * 2,
    "entities": GOOD_XML.replace(b"<response>", ENTITIES + b"<response>"),
    "external": GOOD_XML.replace(
        b"<response>", b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><response>'
    ),
    "dtd_only": GOOD_XML.replace(b"<response>", b"<!DOCTYPE response><response>"),
    "undefined_entity": GOOD_XML.replace(b"via", b"&via;"),
    "other_root": GOOD_XML.replace(b"response>", b"answer>"),
    "no_status": GOOD_XML.replace(b"<status>1</status>", b""),
    "nested_status": GOOD_XML.replace(b"<status>1</status>", b"<status><a>1</a></status>"),
    "two_statuses": GOOD_XML.replace(b"<message>", b"<status>1</status><message>", 1),
    "two_ids_in_a_row": GOOD_XML.replace(b"<cost>", b"<message_id>1</message_id><cost>"),
    "depth": b"<response>" + b"<a>" * 100_000,
    "depth_closed": b"<response>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</response>",
    "many_values": b"<response><status>1</status>" + b"<a/>" * 1_000_000 + b"</response>",
    "nul": GOOD_XML.replace(b"via", b"v\0a"),
    "control_reference": GOOD_XML.replace(b"via", b"v&#1;a"),
    "bad_utf8": GOOD_XML.replace(b"via", b"v\xe9a"),
    "unknown_charset": GOOD_XML.replace(b"UTF-8", b"x-klingon"),
}


@pytest.mark.parametrize("fault", BAD_XML)
def test_f22_f23_bad_xml_is_unreadable_within_a_second(fault):
    began = time.thread_time()
    with pytest.raises(UnreadableAnswer):
        parse_xml(BAD_XML[fault])
    assert time.thread_time() - began < 1


def test_f24_whole_xml_with_status_1_and_no_messages_is_empty():
    assert parse_xml(xml_body()).records == ()
    assert parse_xml(b"<response><status>1</status></response>").bad_rows == ()


def test_f24_an_empty_messages_element_is_a_bad_row_not_an_empty_page():
    rows = parse_xml(b"<response><status>1</status><messages/></response>")
    assert rows.bad_rows == (BadRow(0, None, "the row is not an object"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_f12_xml_is_decoded_by_its_declaration(encoding):
    text = GOOD_XML.decode().replace("UTF-8", encoding).replace("via", "été")
    assert parse_xml(text.encode(encoding)).records[0].message == "Message été API"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"message_id": None}, "message_id is missing"),
        ({"message_id": ""}, "message_id is missing"),
        ({"message_id": "12a"}, "not a whole number"),
        ({"message_id": -1}, "not a whole number"),
        ({"message_id": True}, "not a whole number"),
        ({"message_id": 1.5}, "not a whole number"),
        ({"message_id": "١٢"}, "not a whole number"),
        ({"message_id": [1]}, "not a whole number"),
        ({"message_id": 2**61}, "message_id is too large"),
        ({"message_id": str(2**61)}, "message_id is too large"),
        ({"message_id": 10**30}, "not a whole number"),
        ({"type": ""}, "type is missing"),
        ({"type": None}, "type is missing"),
        ({"type": True}, "type is not a text"),
        ({"type": "x" * 65}, "type is not a name"),
        ({"type": "sms\0mt"}, None),
        ({"status": None}, "status is missing"),
        ({"status": " "}, "status is missing"),
        ({"status": {}}, "status is not a text"),
        ({"date": None}, "the date is missing"),
        ({"date": ""}, "the date is missing"),
        ({"date": "0000-00-00 00:00:00"}, "the date is missing"),
        ({"date": "2023-09-31 00:00:00"}, "the date does not exist"),
        ({"date": "2023-02-29 00:00:00"}, "the date does not exist"),
        ({"date": "2024-12-11 24:00:00"}, "the date does not exist"),
        ({"date": "2024-12-11 15:55:60"}, "the date does not exist"),
        ({"date": "0000-01-01 00:00:00"}, "the date does not exist"),
        ({"date": "9999-12-31 23:59:59"}, "the date is at the edge of the calendar"),
        ({"date": "2024-12-11"}, "the date is not YYYY-MM-DD HH:MM:SS"),
        ({"date": "2024-12-11T15:55:49Z"}, "the date is not YYYY-MM-DD HH:MM:SS"),
        ({"date": "٢٠٢٤-12-11 15:55:49"}, "the date is not YYYY-MM-DD HH:MM:SS"),
        ({"date": 1733932549}, "the date is not YYYY-MM-DD HH:MM:SS"),
    ],
)
def test_f25_one_bad_row_among_good_ones_is_told_and_the_others_are_kept(changes, reason):
    rows = parse_json(body(row(1), row(**{"message_id": 2, **changes}), row(3)))
    if reason is None:
        assert rows.records[1].type == "sms␀mt"
        return
    assert [record.message_id for record in rows.records] == [1, 3]
    (bad,) = rows.bad_rows
    assert (bad.index, bad.reason) == (1, reason)
    assert bad.message_id == ("2" if "message_id" not in changes else bad.message_id)


@pytest.mark.parametrize("strange", [None, 1, "row", [], True])
def test_f25_a_row_that_is_no_object_is_bad(strange):
    rows = parse_json(body(row(1), strange))
    assert rows.bad_rows == (BadRow(1, None, "the row is not an object"),)
    assert len(rows.records) == 1


def test_f25_one_bad_row_in_a_hundred(client, server):
    server.script(reply(body(*(row(n) for n in range(99)), row(99, date="soon"))))
    page = client.page(request())
    assert (page.size, len(page.records), len(page.bad_rows)) == (100, 99, 1)


def test_f25_a_bad_rows_id_shows_nothing_else_that_stands_there():
    (bad,) = parse_json(body(row("call +33 6 39 98 00 00"))).bad_rows
    assert bad == BadRow(0, None, "not a whole number")


def test_totals_that_are_no_numbers_are_none():
    strange: tuple[object, ...] = ("many", -1, True, [], 1.5)
    for wrong in strange:
        rows = parse_json(json.dumps(envelope(row(), totalRecords=wrong)).encode())
        assert (rows.total_records, rows.total_display_records) == (None, 1)


def test_errors_of_the_wire_are_provider_errors_alone():
    with pytest.raises(ProviderError):
        parse_json(b'{"status": -1}')
