"""F26-F29: type drift, unknown values, texts that databases refuse, sub-accounts."""

import json
from datetime import datetime
from decimal import Decimal

import pytest

from messages_app.provider import MessageRecord
from messages_app.provider.wire import parse_json, parse_xml
from tests.provider.answers import body, row, xml_body


def read(**changes) -> MessageRecord:
    (record,) = parse_json(body(row(**changes))).records
    return record


DRIFT = [
    ("message_id", "138", 138),
    ("message_id", 2**61 - 1, 2**61 - 1),
    ("message_id", 0, 0),
    ("campaign_id", "7", 7),
    ("campaign_id", None, None),
    ("campaign_id", "", None),
    ("client_id", "12", 12),
    ("message_length", "15", 15),
    ("message_length", None, None),
    ("cost", 4.25, Decimal("4.25")),
    ("cost", "4.25", Decimal("4.25")),
    ("cost", "4", Decimal(4)),
    ("cost", 0, Decimal(0)),
    ("cost", 1e-3, Decimal("0.001")),
    ("cost", None, None),
    ("cost", "", None),
    ("destination", 33639980001, "33639980001"),
    ("destination", None, ""),
    ("sender", "PIZZA 24h", "PIZZA 24h"),
    ("sender", 36000, "36000"),
    ("contact_list_id", 12, "12"),
    ("contact_list_id", "507f1f77bcf86cd799439011", "507f1f77bcf86cd799439011"),
    ("client_message_id", None, ""),
    ("date", "2024-12-11T15:55:49", datetime(2024, 12, 11, 15, 55, 49)),
    ("date", '"2024-12-11 15:55:49"', datetime(2024, 12, 11, 15, 55, 49)),
    ("date", "2024-02-29 00:00:00", datetime(2024, 2, 29)),
    ("dlr_date", "", None),
    ("dlr_date", '""', None),
    ("dlr_date", None, None),
    ("dlr_date", "0000-00-00 00:00:00", None),
    ("dlr_date", "2024-12-11T16:00:00", datetime(2024, 12, 11, 16)),
    ("status", "delivered", "delivered"),
    ("country", None, ""),
    ("message", "", ""),
    ("message", None, ""),
    ("message", 1234, "1234"),
    ("message", " keep  \r\n blanks ", " keep  \r\n blanks "),
]


@pytest.mark.parametrize(("name", "value", "read_as"), DRIFT)
def test_f26_type_drift_is_accepted_as_documented(name, value, read_as):
    record = read(**{name: value})
    assert getattr(record, name) == read_as
    assert type(getattr(record, name)) is type(read_as)
    assert record.extra == ()


@pytest.mark.parametrize("name", [*row()])
def test_f26_absent_optional_fields_are_no_fault(name):
    answer = row()
    del answer[name]
    rows = parse_json(body(answer))
    required = name in ("message_id", "type", "date", "status")
    assert len(rows.bad_rows) == required
    assert len(rows.records) == (not required)


NOT_UNDERSTOOD = [
    ("cost", "free", None, '"free"'),
    ("cost", True, None, "true"),
    ("cost", "1_000", None, '"1_000"'),
    ("cost", "٤", None, '"٤"'),
    ("cost", 10**12, None, "1000000000000"),
    ("cost", "1e3", None, '"1e3"'),
    ("campaign_id", True, None, "true"),
    ("campaign_id", -1, None, "-1"),
    ("campaign_id", 2**63, None, str(2**63)),
    ("client_id", 1.5, None, "1.5"),
    ("message_length", [1], None, "[1]"),
    ("destination", True, "", "true"),
    ("message", {"a": None}, "", '{"a": null}'),
    ("dlr_date", "2023-09-31 10:00:00", None, '"2023-09-31 10:00:00"'),
    ("dlr_date", False, None, "false"),
]


@pytest.mark.parametrize(("name", "value", "read_as", "kept"), NOT_UNDERSTOOD)
def test_f26_what_is_not_understood_is_kept_raw_and_the_row_is_good(name, value, read_as, kept):
    record = read(**{name: value})
    assert getattr(record, name) == read_as
    assert record.extra == ((name, kept),)


def test_f26_a_huge_exponent_costs_no_time_and_no_memory():
    answer = body(row()).replace(b'"cost": 1', b'"cost": 1e999999999')
    (record,) = parse_json(answer).records
    assert record.cost is None
    assert record.extra == (("cost", "1E+999999999"),)


def test_f27_unknown_status_type_and_fields_are_kept_as_they_came():
    record = read(
        status="Quantum_Sent", type="rcs_mt", zone="EU", nested={"b": [1, 2.50, None]}, alpha=True
    )
    assert (record.status, record.status_name) == ("Quantum_Sent", "quantum_sent")
    assert record.key == "rcs_mt:138"
    assert record.extra == (
        ("alpha", "true"),
        ("nested", '{"b": [1, 2.5, null]}'),
        ("zone", '"EU"'),
    )


HOSTILE = "nul \0, half \ud800 pair \udfff, whole 😀, nfd e\u0301, rtl \u202e, <script>, =1+1, \x1b"


def test_f28_texts_are_stored_alike_by_every_database():
    record = read(message=HOSTILE, sender="a\0b", odd={"k\0": HOSTILE})
    assert record.sender == "a␀b"
    assert record.message == HOSTILE.replace("\0", "␀").replace("\ud800", "\ufffd").replace(
        "\udfff", "\ufffd"
    )
    everything = json.dumps([record.message, record.extra], ensure_ascii=False)
    assert "\0" not in everything
    assert "\\u0000" not in everything
    everything.encode("utf-8")


def test_f28_decomposed_characters_stay_decomposed():
    assert read(message="e\u0301").message == "e\u0301"


def test_f28_a_megabyte_of_text_survives():
    text = "é,{[😀" * 200_000
    assert read(message=text).message == text
    assert parse_xml(xml_body(row(message="é<&😀" * 200_000))).records[0].message.endswith("&😀")


def test_f29_sub_accounts_are_told_apart():
    rows = parse_json(body(row(1, client_id=1), row(2, client_id="2"), row(3, client_id=None)))
    assert [record.client_id for record in rows.records] == [1, 2, None]


def test_json_and_xml_give_the_same_records():
    ugly = [
        row(1, cost="4.25", campaign_id=None, message="<b>&amp; é 😀"),
        row(2, type="sms_mo", status="incoming_message", dlr_date="", cost=0, sender="33639980002"),
        row(3, cost="free", date="2024-12-11T15:55:49"),
        row(4, date="2023-09-31 00:00:00"),
        row(5, unknown="x"),
    ]
    as_json, as_xml = parse_json(body(*ugly)), parse_xml(xml_body(*ugly))
    assert as_json == as_xml
    assert len(as_json.records) == 4


def test_the_repr_of_a_record_shows_no_number_and_no_text():
    shown = repr(read(destination="33639980003", sender="33639980004", message="secret"))
    assert "sms_mt" in shown
    assert not any(hidden in shown for hidden in ("33639980003", "33639980004", "secret"))
