"""The table holds what the sandbox holds, the figures equal the pure function over all its rows.

Generated questions go the whole way: page → provider client → real HTTP → sandbox, and back.
"""

import html
import random
import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from messages_app.analysis.breakdowns import analyse
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import bucket_for
from messages_app.figures_json import answer_json
from messages_app.filters import question_url
from messages_app.provider import MessageRecord
from sandbox import Faults
from tests.campaign import rounds
from tests.factories import answered
from tests.views.conftest import NOW, WALL

ROW = re.compile(r'<tr data-key="([^"]+)"')
TOTAL = re.compile(r'data-total="(\d+)" data-total-known="(\w+)"')
SORTS = ("date", "destination", "sender", "status")


def record_of(row: dict) -> MessageRecord:
    """The truth's own row as a record, by another way than the client's."""
    return MessageRecord(
        message_id=row["message_id"],
        type=row["type"],
        date=datetime.fromisoformat(row["date"]),
        status=row["status"],
        status_details=row["status_details"],
        destination=row["destination"],
        sender=row["sender"],
        message=row["message"],
        message_length=row["message_length"],
        cost=None if row["cost"] is None else Decimal(str(row["cost"])),
        country=row["country"],
        campaign_id=row["campaign_id"],
        client_id=row["client_id"],
        client_message_id=row["client_message_id"] or "",
        contact_list_id=row["contact_list_id"] or "",
        dlr_date=datetime.fromisoformat(row["dlr_date"]) if row["dlr_date"] else None,
        extra=(),
    )


@pytest.fixture(scope="module")
def truth(box):
    """Every row of the account, once."""
    return [record_of(row) for row in box.rows(WALL)]


def questions(truth: list[MessageRecord], seed: int, count: int) -> list[MessageQuery]:
    chance = random.Random(seed)
    return [question(truth, chance) for _ in range(count)]


def question(truth: list[MessageRecord], chance: random.Random) -> MessageQuery:
    """A question as people ask it, its edges often on a row's own second."""
    anchor = chance.choice(truth)
    width = timedelta(seconds=chance.choice([0, 1, 60, 3600, 86_400, 3 * 86_400]))
    row = chance.choice(truth)
    narrowed: dict[str, Any] = {
        "destination": row.destination if chance.random() < 0.15 else "",
        "message": row.message[:12].strip() if chance.random() < 0.15 else "",
        "type": chance.choice(["", "", "messages-out", "messages-in"]),
        "countries": (chance.choice(["FR", "SN", "BE"]),) if chance.random() < 0.3 else (),
        "statuses": (chance.choice(["delivered", "sent", "not_sent"]),) if chance.random() < 0.3 else (),
    }  # fmt: skip
    return MessageQuery(
        now=NOW,
        period="custom",
        date_start=anchor.date,
        date_end=anchor.date + width,
        sort=chance.choice(["", "-"]) + chance.choice(SORTS),
        page=chance.choice([1, 1, 2, 3, 7]),
        per_page=chance.choice([25, 50, 200]),
        **narrowed,
    )


def holds(record: MessageRecord, query: MessageQuery) -> bool:
    """The question's meaning, written down a second time and without the code under test."""
    kinds = {"": record.type, "messages-out": "sms_mt", "messages-in": "sms_mo"}
    return (
        query.span[0] <= record.date <= query.span[1]
        and query.destination in ("", record.destination)
        and query.message.casefold() in record.message.casefold()
        and record.type == kinds[query.type]
        and (not query.countries or record.country in query.countries)
        and (not query.statuses or record.status.lower() in query.statuses)
    )


def expected(truth: list[MessageRecord], query: MessageQuery) -> list[MessageRecord]:
    rows = [record for record in truth if holds(record, query)]
    return sorted(rows, key=lambda r: sort_value(r, query), reverse=query.descends)


def sort_value(record: MessageRecord, query: MessageQuery) -> str:
    value = getattr(record, query.sort_key)
    return str(value)


def page_of(client, query: MessageQuery) -> tuple[list[str], int, bool]:
    answer = client.get(question_url("/messages/", query))
    assert answer.status_code == 200
    text = answer.content.decode()
    total = TOTAL.search(text)
    assert total, text[text.find('id="results"') :][:2000]
    return [html.unescape(key) for key in ROW.findall(text)], int(total[1]), total[2] == "true"


def check_page(client, truth, query: MessageQuery, *, totals_known: bool = True) -> None:
    wanted = expected(truth, query)
    shown = wanted[query.offset : query.offset + query.per_page]
    keys, total, known = page_of(client, query)
    by_key = {record.key: record for record in wanted}
    assert set(keys) <= by_key.keys()
    assert len(keys) == len(set(keys)) == len(shown)
    # Equals may come in any order and lie on either side of a page's edge: their values may not.
    values = [sort_value(record, query) for record in shown]
    assert [sort_value(by_key[key], query) for key in keys] == values
    inner = {v for v in values if v not in (values[0], values[-1])} if values else set()
    assert {k for k in keys if sort_value(by_key[k], query) in inner} == {
        record.key for record in shown if sort_value(record, query) in inner
    }
    if totals_known or known:
        assert (total, known) == (len(wanted), True)
    else:
        assert total < len(wanted)


@pytest.mark.parametrize("seed", range(4))
def test_the_table_holds_what_the_provider_holds(account, truth, support_client, seed):
    for query in questions(truth, seed, rounds(sample=30, full=200)):
        check_page(support_client, truth, query)


LIBERTIES = {
    "exclusive bounds": Faults(start_bound="exclusive", end_bound="exclusive"),
    "exclusive end": Faults(end_bound="exclusive"),
    "a cap of 40 rows a page": Faults(cap=40, ties="stable"),
    "drifting types": Faults(drift="always"),
    "totals that count the page": Faults(totals="page"),
    "totals that lie": Faults(totals="zero"),
}


@pytest.mark.parametrize("liberty", LIBERTIES)
def test_the_table_holds_it_whatever_liberties_the_provider_takes(
    account, truth, support_client, liberty
):
    account.faults = LIBERTIES[liberty]
    for query in questions(truth, 99, rounds(sample=10, full=60)):
        check_page(support_client, truth, query, totals_known=False)


def test_xml_gives_the_same_table(account, truth, support_client, settings):
    settings.SMSFACTOR_FORMAT = "xml"
    for query in questions(truth, 5, rounds(sample=10, full=60)):
        check_page(support_client, truth, query)


def test_orders_and_filters_that_the_provider_lacks_are_answered_from_all_rows(
    account, truth, support_client
):
    for seed, query in enumerate(questions(truth, 3, rounds(sample=10, full=60))):
        several = replace(
            query,
            countries=("BE", "FR", "SN"),
            statuses=("not_sent", "sent", "undelivered"),
            sort=("cost", "-cost", "country", "-parts")[seed % 4],
        )
        keys, total, known = page_of(support_client, replace(several, page=1, per_page=200))
        wanted = {record.key for record in truth if holds(record, several)}
        assert (total, known) == (len(wanted), True)
        assert set(keys) <= wanted
        assert len(keys) == min(200, len(wanted))


PARTS = (
    "totals", "by_country", "by_status", "by_country_status", "by_reason", "by_sender", "by_campaign",
    "by_hour_of_week", "by_month", "delays", "series", "range",
)  # fmt: skip
"""What the figures' JSON says of the question's own rows."""


@pytest.mark.parametrize("seed", range(2))
def test_the_figures_equal_the_pure_function_over_all_rows(account, truth, support_client, seed):
    for query in questions(truth, 50 + seed, rounds(sample=12, full=100)):
        answer = support_client.get(question_url(reverse("analytics_data"), query))
        assert answer.status_code == 200
        found = answer.json()
        rows = [record for record in truth if holds(record, query)]
        wanted = answer_json(answered(analyse(rows, query, bucket_for(query))))
        for part in PARTS:
            assert found[part] == wanted[part], (part, query)
        assert found["coverage"]["complete"] is True
        assert found["totals"]["outgoing"] + found["totals"]["incoming"] == len(rows)
