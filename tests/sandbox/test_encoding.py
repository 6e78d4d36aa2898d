"""The two forms of an answer, as the provider writes them, and that they say the same."""

import xml.etree.ElementTree as ET

from sandbox.encode import as_json, as_xml
from sandbox.texts import HOSTILE
from tests.sandbox.conftest import ALL, ask

SENT = {
    "campaign_id": 123, "client_id": 1, "client_message_id": "my id", "contact_list_id": "",
    "message": "Message via API", "message_length": 15, "cost": 1.4, "country": "FR",
    "destination": "33639980001", "message_id": 138, "sender": "", "date": "2024-12-11 15:55:49",
    "dlr_date": "2024-12-11 15:55:49", "status": "SENT", "status_details": "SENT",
    "type": "sms_mt",
}  # fmt: skip
ENVELOPE = {"status": 1, "message": "OK", "totalRecords": 1, "totalDisplayRecords": 1}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<response>
    <status>1</status>
    <message>OK</message>
    <totalRecords>1</totalRecords>
    <totalDisplayRecords>1</totalDisplayRecords>
    <messages>
        <campaign_id>123</campaign_id>
        <client_id>1</client_id>
        <client_message_id>my id</client_message_id>
        <contact_list_id></contact_list_id>
        <message>Message via API</message>
        <message_length>15</message_length>
        <cost>1.4</cost>
        <country>FR</country>
        <destination>33639980001</destination>
        <message_id>138</message_id>
        <sender></sender>
        <date>"2024-12-11 15:55:49"</date>
        <dlr_date>"2024-12-11 15:55:49"</dlr_date>
        <status>SENT</status>
        <status_details>SENT</status_details>
        <type>sms_mt</type>
    </messages>
</response>"""


def xml_rows(body):
    """Read rows back out of XML: every value as text, dates without their quotes."""
    rows = []
    for element in ET.fromstring(body).findall("messages"):
        row = {field.tag: field.text or "" for field in element}
        rows.append(row | {name: row[name].strip('"') for name in ("date", "dlr_date")})
    return rows


def written(row):
    """Return a row as XML can say it: text, null as nothing, no control characters."""
    texts = {name: "" if value is None else str(value) for name, value in row.items()}
    allowed = "\t\n\r"
    message = "".join(
        "\ufffd" if sign < " " and sign not in allowed else sign for sign in row["message"]
    )
    return texts | {"message": message}


def test_xml_is_written_as_on_the_providers_page():
    assert as_xml(ENVELOPE | {"messages": [SENT]}).decode() == XML


def test_xml_without_rows_has_no_messages_element():
    assert b"<messages" not in as_xml(ENVELOPE | {"messages": []})


def test_json_fields_stand_in_the_providers_order(account):
    answer = ask(account, length=2)
    assert list(answer) == [*ENVELOPE, "messages"]
    assert [list(row) for row in answer["messages"]] == [list(SENT)] * 2


def test_json_is_plain_ascii():
    assert as_json({"message": "é😀\ud83d"}) == b'{"message":"\\u00e9\\ud83d\\ude00\\ud83d"}'


def test_both_forms_say_the_same(account, truth):
    for start in (0, 3_000, 9_000):
        params = ALL | {"start": str(start)}
        _, headers, body = account.answer(params, "text/html, */*")
        assert headers["Content-Type"].startswith("text/xml")
        rows = ask(account, start=start)["messages"]
        assert xml_rows(body) == [written(row) for row in rows]


def test_hostile_texts_pass_through_xml_unharmed(account, truth):
    _, _, body = account.answer(ALL | {"type": "messages-in"}, "")
    texts = {row["message"] for row in xml_rows(body)}
    assert {text for text in HOSTILE if min(text) >= " "} <= texts
    assert next(text for text in HOSTILE if "\r\n" in text) in texts


def test_xml_is_the_answer_to_any_other_accept_header(account):
    for accept in ("", "*/*", "text/html", "application/xml"):
        assert account.answer(ALL, accept).body.startswith(b"<?xml")
    assert account.answer(ALL, "application/JSON; q=0.9").body.startswith(b"{")


def test_errors_come_in_xml_too(account):
    _, _, body = account.answer({}, "text/xml", token="wrong")
    assert ET.fromstring(body).findtext("details") == "Token invalide"
