"""Every export holds what the list holds: all of it, in its order, as it was written."""

import html
import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from messages_app.access import PERMISSIONS, Viewer
from messages_app.analysis.query import MessageQuery
from messages_app.answers import gathered
from messages_app.exports import csv_file, direct_csv, jobs
from messages_app.exports.columns import COLUMNS, DERIVED
from messages_app.exports.csv_file import SIGNS, delimiter, guarded
from messages_app.filters import question_url
from messages_app.models import Export, Message, Span
from messages_app.privacy import OPEN
from messages_app.provider import MessageRecord
from sandbox import Faults
from tests.archive.storing import store
from tests.campaign import rounds
from tests.conftest import browser, person
from tests.exports.reading import about, read_csv, read_ndjson, read_xlsx, sheets
from tests.factories import record
from tests.views.conftest import NOW, WALL, account, box
from tests.views.test_archive import HELD, archive, held_questions, held_rows
from tests.views.test_differential import expected, truth

__all__ = ["account", "archive", "box", "held_rows", "truth"]

FORMATS = ("csv", "xlsx", "ndjson")
HOSTILE = (
    "=1+1", "=cmd|' /C calc'!A0", "+33639981278", "-2+3", "@SUM(A1)", "'quoted", "''twice", "\tTab",
    "\rReturn", "\nLine", " =1+1", "\u00a0=1+1", "\ufeff=1+1", "\uff1d1+1", "\u3000\uff20x", "a;b,c\td",
    'He said "no"', "two\nlines\r\nand three", "\u202ereversed", "\u200bzero", "😀 é ñ 漢字 עברית",
    "_x0041_ stays", "<b>&amp;</b>", "x" * 5000, "=" * 5000, "https://example.org", "00123", "1e5",
    "TRUE", "#REF!", "{=1}", "\u2028next", "end\\", '"', "'", "''", " ", "a\x0bb", "\x01\x02",
    "\x1d=1", "a\x1e", '\n"=1', "=1\n", "\\.", "ends,", "ends;", "ends\n",
)  # fmt: skip


@pytest.fixture
def exporter(db) -> Client:
    """Somebody who may export and sees everything."""
    user = person("exporter")
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=("see_messages", "see_personal", "see_figures", "export")
        )
    )
    return browser(user)


def body_of(client: Client, address: str, status: int = 200) -> bytes:
    answer = client.get(address, follow=True)
    body = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code == status, body[:500]
    return body


def text_of(value: object) -> str:
    """A value as CSV and XLSX write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def texts_of(row: MessageRecord) -> dict[str, str]:
    return {name: text_of(getattr(row, name)) for name in COLUMNS}


def same_numbers(row: dict[str, str]) -> dict[str, str]:
    """With 4 and 4.0 alike: a sheet has no decimals of its own."""
    cost = row["cost"]
    return row | {"cost": str(float(cost)) if cost else ""}


def lines_of(row: MessageRecord) -> dict[str, object]:
    found = {name: getattr(row, name) for name in COLUMNS}
    for name in ("date", "dlr_date"):
        found[name] = found[name] and text_of(found[name])
    found["contact_list_id"] = text_of(row.contact_list_id)
    return found | {"cost": None if row.cost is None else float(row.cost)}


def test_a_table_for_people_has_the_columns_of_the_list(archive, exporter):
    exporter.post("/preferences/columns/", {"column": ["time", "route", "reason", "parts", "cost"]})
    page = exporter.get("/messages/", {"period": "yesterday"}).content.decode()
    links = [html.unescape(one) for one in re.findall(r'href="(/messages/export[^"]*)"', page)]
    of_list = [one for one in links if "columns=" in one]
    assert [urlsplit(one).path for one in of_list] == [
        "/messages/export.xlsx",
        "/messages/export.csv",
    ], "a workbook first: it opens whatever divides lists there"
    fields = ["date", "sender", "destination", "status_details", "parts", "cost"]
    assert list(read_xlsx(body_of(exporter, of_list[0]))[0]) == fields
    assert list(read_csv(body_of(exporter, of_list[1]))[0]) == fields
    whole = {urlsplit(one).path for one in links if "columns=" not in one}
    assert whole == {f"/messages/export.{name}" for name in FORMATS}


def test_columns_are_named_in_the_address_and_unknown_ones_refused(archive, exporter):
    asked = "/messages/export.ndjson?period=yesterday&columns="
    assert list(read_ndjson(body_of(exporter, f"{asked}cost,date"))[0]) == [
        "type", "message_id", "cost", "date"
    ]  # fmt: skip
    refused = json.loads(body_of(exporter, f"{asked}cost,price", 400))
    assert list(refused["errors"]) == ["columns"]


@pytest.mark.parametrize("source", ["archive", "live"])
def test_parts_and_encoding_are_those_of_the_list_where_they_are_chosen(archive, exporter, source):
    if source == "live":
        Span.objects.all().delete()
    exporter.post("/preferences/columns/", {"column": ["time", "parts", "encoding"]})
    page = exporter.get("/messages/", {"period": "last_hour", "per_page": "200"}).content.decode()
    keys = re.findall(r'<tr data-key="([^"]+)"', page)
    shown = re.findall(r'<td class="num col-parts" title="([^"]+)">(\d+)</td>', page)
    asked = "period=last_hour&columns=type,message_id,parts,encoding"
    found = {name: body_of(exporter, f"/messages/export.{name}?{asked}") for name in FORMATS}
    rows = read_csv(found["csv"])
    assert rows == read_xlsx(found["xlsx"])
    assert rows == [
        one | {"message_id": str(one["message_id"]), "parts": str(one["parts"])}
        for one in read_ndjson(found["ndjson"])
    ]
    held = {(row.type, str(row.message_id)): row for row in Message.objects.all()}
    words = {True: "Unicode", False: "GSM-7"}
    for row in rows:
        one = held[row["type"], row["message_id"]]
        assert (row["parts"], row["encoding"]) == (str(one.parts), words[one.is_unicode])
    assert {row["encoding"] for row in rows} == {"Unicode", "GSM-7"}
    assert [f"{row['type']}:{row['message_id']}" for row in rows] == keys
    assert [(row["encoding"], row["parts"]) for row in rows] == shown


@pytest.mark.parametrize("source", ["archive", "live"])
def test_every_format_equals_the_list_and_the_provider_s_rows(archive, held_rows, exporter, source):
    if source == "live":
        Span.objects.all().delete()
    asked = held_questions(held_rows, 7, rounds(sample=8, full=100))
    for query in (one.but(page=3) for one in asked):
        rows = expected(held_rows, query)
        addresses = {one: question_url(reverse(f"export_{one}"), query) for one in FORMATS}
        csv_rows = read_csv(body_of(exporter, addresses["csv"]))
        by_key = {(row.type, str(row.message_id)): row for row in rows}
        order = [by_key[one["type"], one["message_id"]] for one in csv_rows]
        assert [getattr(row, query.sort_key) for row in order] == [
            getattr(row, query.sort_key) for row in rows
        ]
        assert csv_rows == [texts_of(row) for row in order]
        for line, row in zip(
            read_ndjson(body_of(exporter, addresses["ndjson"])), order, strict=True
        ):
            assert line == lines_of(row)
        in_cells = [same_numbers(one) for one in read_xlsx(body_of(exporter, addresses["xlsx"]))]
        assert in_cells == [same_numbers(texts_of(row)) for row in order]
        assert len(csv_rows) == len(by_key) == len(rows)


@pytest.mark.parametrize(
    "sort", ["-date", "date", "cost", "-cost", "message", "-status", "country"]
)
def test_slices_touch_each_other_in_any_order(archive, exporter, monkeypatch, sort):
    monkeypatch.setattr("messages_app.answers.SLICE", 7)
    address = f"/messages/export.ndjson?period=last_24_hours&sort={sort}"
    rows = read_ndjson(body_of(exporter, address))
    start = WALL - timedelta(days=1)
    held = Message.objects.filter(date__gt=start, date__lte=WALL)
    assert [(one["type"], one["message_id"]) for one in rows] == [
        (one["type"], one["message_id"])
        for one in read_ndjson(body_of(exporter, f"{address}&per_page=200"))
    ]
    assert len(rows) == len({(one["type"], one["message_id"]) for one in rows}) == held.count() > 50
    listed = exporter.get("/messages/", {"period": "last_24_hours", "sort": sort, "per_page": "50"})
    keys = re.findall(r'<tr data-key="([^"]+)"', listed.content.decode())
    assert keys == [f"{one['type']}:{one['message_id']}" for one in rows[:50]]


def store_hostile() -> dict[str, str]:
    """A row for each hostile text, in every field that holds words; by message id."""
    when = WALL - timedelta(hours=1)
    store(
        [
            record(message_id=9_100_000 + at, date=when, message=text, sender=text[:20],
                   client_message_id=text[:200], status_details=text[:100], campaign_id=777)
            for at, text in enumerate(HOSTILE)
        ]
    )  # fmt: skip
    return {str(9_100_000 + at): text for at, text in enumerate(HOSTILE)}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("format", FORMATS)
def test_hostile_texts_come_back_as_they_were(archive, exporter, format, language):
    """T32."""
    wanted = store_hostile()
    exporter.cookies["django_language"] = language
    body = body_of(exporter, f"/messages/export.{format}?period=last_24_hours&campaign=777")
    if format == "csv":
        rows = read_csv(body, delimiter(language))
    else:
        rows = read_xlsx(body) if format == "xlsx" else read_ndjson(body)
    assert {str(row["message_id"]): row["message"] for row in rows} == wanted
    for row in rows:
        text = wanted[str(row["message_id"])]
        assert row["sender"] == text[:20]
        assert row["client_message_id"] == text[:200]
        assert row["status_details"] == text[:100]


EVERY = (*COLUMNS[1:], *DERIVED, COLUMNS[0])
"""All columns, a text first and a number last."""


@pytest.mark.parametrize(
    ("language", "sort", "names"),
    [
        ("en", "-cost", EVERY), ("fr", "cost", EVERY[::-1]), ("en", "-date", EVERY),
        ("fr", "date", EVERY[::-1]), ("en", "message", EVERY), ("en", "date", ("cost", "message")),
        ("fr", "-date", ("cost", "message")), ("en", "date", ("message",)), ("en", "date", ("cost",)),
        ("fr", "date", ("dlr_date",)),
    ],
)  # fmt: skip
def test_cells_made_by_the_database_are_those_made_by_hand(
    archive, monkeypatch, language, sort, names
):
    monkeypatch.setitem(direct_csv.SLICES, connection.vendor, 70)
    monkeypatch.setattr(direct_csv, "COPIED", 7)
    store_hostile()
    costs = ("0", "0.000001", "4.25", "100", "12.5", "1234567.891", "-2", "-0.5", "10",
             "0.000099", "0.0001", "999999999.999999", "1000000000")  # fmt: skip
    when = WALL - timedelta(hours=1)
    rows = [
        record(message_id=9_110_000 + at, date=when, cost=Decimal(cost), dlr_date=None,
               message_length=None, campaign_id=None, client_id=None)
        for at, cost in enumerate(costs)
    ]  # fmt: skip
    # A text that ends with the delimiter ends a line, and a sign begins the next.
    beside = [
        record(message_id=9_130_000 + at, date=when - timedelta(minutes=7, seconds=at),
               message=f"ends{delimiter(language)}", cost=Decimal(-2))
        for at in range(3)
    ]  # fmt: skip
    store([*rows, *beside, record(message_id=9_120_000, date=when, cost=None)])
    query = MessageQuery(now=NOW, period="last_24_hours", sort=sort, mask=OPEN)
    by_database = [*direct_csv.chunks(query, names, language)]
    answer = gathered(query, is_patient=True)
    assert answer.source == "archive"
    by_hand = b"".join(csv_file.chunks(answer.value.slices(), names, language))
    mark = delimiter(language)
    pieces = [piece for _rows, pieces in by_database for piece in pieces]
    found = read_csv(b"".join(pieces), mark, bare=False)
    assert len(by_database) > 3
    assert found == read_csv(by_hand, mark, bare=False)
    assert sum(rows for rows, _pieces in by_database) == len(found) == answer.value.total


def test_no_cell_of_a_csv_begins_like_a_formula(archive, exporter, monkeypatch):
    """T32. Also behind blanks, its own mark and full-width signs."""
    # One by one: a text that holds SQLite's marks has its whole slice made by hand.
    monkeypatch.setitem(direct_csv.SLICES, connection.vendor, 1)
    store_hostile()
    body = body_of(exporter, "/messages/export.csv?period=last_24_hours&campaign=777")
    import csv
    import io

    cells = [
        cell
        for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        for cell in row
    ]
    for cell in cells:
        bare = cell.strip(" \t\r\n\u00a0\u3000\ufeff\u200b")
        assert not bare or bare[0] not in SIGNS or cell[0] == "'"
    assert "33639980001" in cells, "digits without a plus"


def test_texts_in_a_sheet_are_strings_whatever_they_look_like(archive, exporter):
    wanted = store_hostile()
    body = body_of(exporter, "/messages/export.xlsx?period=last_24_hours&campaign=777")
    head, *rows = next(iter(sheets(body).values()))
    columns = {name: column for column, (_t, name) in head.items()}
    assert len(rows) == len(wanted)
    for row in rows:
        for name in ("message", "message_id", "destination", "date", "sender"):
            assert row[columns[name]][0] == "inlineStr"
        assert row[columns["cost"]][0] == "n"


def test_a_sheet_that_is_full_goes_on_in_the_next(archive, exporter, monkeypatch):
    monkeypatch.setattr("messages_app.exports.xlsx_file.SHEET_ROWS", 40)
    address = "/messages/export.{}?period=last_24_hours"
    body = body_of(exporter, address.format("xlsx"))
    found = sheets(body)
    rows = read_ndjson(body_of(exporter, address.format("ndjson")))
    assert [len(one) for one in found.values()][:-2] == [40] * (len(found) - 2)
    assert list(found)[:2] == ["Messages", "Messages 2"]
    assert [one["message_id"] for one in read_xlsx(body)] == [
        str(one["message_id"]) for one in rows
    ]


def test_a_text_too_long_for_a_cell_is_cut_and_told(archive, exporter):
    store([record(message_id=9_200_000, date=WALL, message="y" * 40_000, campaign_id=778)])
    body = body_of(exporter, "/messages/export.xlsx?campaign=778")
    (row,) = read_xlsx(body)
    assert row["message"] == "y" * 32_767
    assert about(body)["Texts cut to the length of a cell"] == "1"
    assert Export.objects.get().cut == 1


def test_a_french_file_opens_in_columns_there(archive, exporter):
    exporter.cookies["django_language"] = "fr"
    body = body_of(exporter, "/messages/export.csv?period=last_hour")
    assert body.startswith("\ufeffmessage_id;type;date;".encode())
    assert len(read_csv(body, ";")) > 0


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "bad", ["status=bogus", "date_end=2026-02-31", "no_such_filter=1", "page=x", "country=Atlantis"]
)
def test_a_bad_question_is_refused_with_the_errors_of_the_figures(account, exporter, format, bad):
    answer = exporter.get(f"/messages/export.{format}?{bad}")
    assert answer.status_code == 400
    assert answer.json() == exporter.get(f"/analytics/data.json?{bad}").json()
    assert not Export.objects.exists()


@pytest.mark.parametrize("path", [*(f"/messages/export.{one}" for one in FORMATS), "/exports/"])
def test_t33_an_export_needs_its_permissions(account, path):
    for missing in ("export", "see_messages"):
        user = person(f"all-but-{missing}")
        others = [name for name in PERMISSIONS if name != missing]
        user.user_permissions.set(Permission.objects.filter(codename__in=others))
        assert browser(user).get(path).status_code == 403
    assert Client().get(path).status_code == 302


def test_an_empty_answer_is_a_head_alone(archive, exporter):
    asked = "period=last_hour&country=AQ"
    assert read_csv(body_of(exporter, f"/messages/export.csv?{asked}")) == []
    assert body_of(exporter, f"/messages/export.ndjson?{asked}") == b""
    assert read_xlsx(body_of(exporter, f"/messages/export.xlsx?{asked}")) == []


def test_a_typed_number_is_sealed_on_the_way(archive, held_rows, exporter):
    number = next(row.destination for row in held_rows if row.destination.startswith("33"))
    answer = exporter.get("/messages/export.csv", {"destination": number})
    assert answer.status_code == 302
    assert number not in answer.headers["Location"]
    rows = read_csv(body_of(exporter, answer.headers["Location"]))
    assert {row["destination"] for row in rows} <= {number}


def test_a_provider_that_fails_is_told_and_no_file_begun(account, exporter):
    account.faults = Faults(wrong_token="always")
    answer = exporter.get("/messages/export.csv?period=last_hour")
    assert answer.status_code == 503
    assert answer.json()["errors"]["__all__"][0]["code"] == "error"
    assert not Export.objects.exists()


def lose_a_day(monkeypatch) -> None:
    """A part of the week is not in the archive, and it is more than is read live."""
    Span.objects.filter(start__lt=WALL - timedelta(days=5)).delete()
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 100)


def test_a_range_that_lacks_rows_is_never_exported_in_silence(archive, exporter, monkeypatch):
    lose_a_day(monkeypatch)
    refused = exporter.get("/messages/export.csv")
    assert refused.status_code == 409
    assert refused.json()["missing"]
    page = exporter.get("/messages/export.csv", headers={"Sec-Fetch-Dest": "document"})
    shown = page.content.decode()
    assert page.status_code == 409
    assert "Not all of this range is there" in shown
    assert 'name="waits" value="1"' in shown
    assert re.search(r'href="/messages/export.csv\?partial=1"', shown)
    answer = exporter.get("/messages/export.csv?partial=1")
    rows = read_csv(b"".join(answer))
    assert "INCOMPLETE" in answer.headers["Content-Disposition"]
    assert len(rows) > 0
    manifest = exporter.get(re.findall("<(.*)>", answer.headers["Link"])[0]).json()
    assert manifest["complete"] is False
    assert manifest["missing"] == refused.json()["missing"]
    assert manifest["rows"] == len(rows)


def test_a_manifest_says_what_the_file_is(archive, exporter):
    import hashlib

    answer = exporter.get("/messages/export.csv?period=last_24_hours&status=delivered")
    body = b"".join(answer)
    found = exporter.get(re.findall("<(.*)>", answer.headers["Link"])[0]).json()
    assert found["sha256"] == hashlib.sha256(body).hexdigest()
    assert found["rows"] == len(read_csv(body))
    assert found["question"].startswith(
        "Messages, status: delivered, 17 Nov 2026 15:00:01 to 18 Nov 2026"
    )
    assert found["url"].startswith("http://testserver/messages/?")
    assert found["file"] in answer.headers["Content-Disposition"]
    assert found["made_by"] == "exporter"
    assert found["masking"] == {"numbers": "full", "texts": "full"}
    assert (found["complete"], found["finished"], found["source"]) == (True, True, "archive")
    assert found["time_zone"] == "Europe/Paris"
    assert found["columns"] == list(COLUMNS)
    assert (found["date_start"], found["date_end"]) == (
        "2026-11-17 15:00:01",
        "2026-11-18 15:00:00",
    )
    assert found["as_of"]
    assert found["made_at"]


def test_a_file_that_breaks_off_is_told_as_unfinished(archive, exporter, monkeypatch):
    monkeypatch.setattr("messages_app.answers.SLICE", 10)
    viewer = Viewer(User.objects.get(username="exporter").pk, frozenset(PERMISSIONS))
    query = MessageQuery(now=NOW, period="last_24_hours", mask=viewer.mask)
    wanted: dict[str, Any] = {"columns": COLUMNS, "language": "en", "site": ""}
    export = jobs.asked_for(viewer, query, "ndjson", NOW, state="failed", **wanted)
    pieces = jobs.sent(export, gathered(query), lambda: NOW)
    assert [next(pieces), next(pieces)]
    pieces.close()  # as a server does when nobody listens any more
    export = Export.objects.get()
    found = exporter.get(f"/exports/{export.pk}/manifest.json").json()
    assert (found["finished"], found["complete"]) == (False, False)
    assert "INCOMPLETE" in found["file"]
    assert "Could not be finished" in exporter.get("/exports/").content.decode()


def test_t37_a_file_forgotten_while_it_is_sent_ends_and_counts_until_then(
    archive, exporter, monkeypatch
):
    monkeypatch.setattr("messages_app.answers.SLICE", 10)
    monkeypatch.setattr(jobs, "MOST", 1)
    asked = "/messages/export.ndjson?period=last_24_hours"
    sending = iter(exporter.get(asked))
    assert [next(sending), next(sending)]
    (export,) = Export.objects.all()
    exporter.post(f"/exports/{export.pk}/")
    assert "Being ended" in exporter.get("/exports/").content.decode()
    assert exporter.get(asked).status_code == 429
    with pytest.raises(ConnectionResetError):
        list(sending)
    assert not Export.objects.exists()
    assert body_of(exporter, asked)
    exporter.post(f"/exports/{Export.objects.get().pk}/")
    assert not Export.objects.exists()


def test_guarding_a_cell_can_be_taken_back():
    for text in HOSTILE:
        cell = guarded(text)
        assert (cell.removeprefix("'") if cell != text else cell) == text
        assert cell.removeprefix("'") == text


def test_a_head_request_makes_nothing(archive, exporter):
    answer = exporter.head("/messages/export.csv?period=last_hour")
    assert answer.status_code == 200
    assert answer.content == b""
    assert not Export.objects.exists()


def test_the_list_offers_the_files_to_who_may_have_them(archive, exporter, support_client):
    shown = exporter.get("/messages/?period=last_hour&page=1&per_page=25").content.decode()
    for name in FORMATS:
        assert f'href="/messages/export.{name}?period=last_hour"' in shown
    assert (
        "/messages/export" not in support_client.get("/messages/?period=last_hour").content.decode()
    )
    assert HELD.start < WALL
    assert NOW
