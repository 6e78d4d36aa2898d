"""Each page's ladder: works, empty, bad question, htmx, logged out, not allowed, provider down."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as campaign
from hypothesis import strategies as st

from messages_app.provider import MAX_MESSAGE_ID
from sandbox import Faults
from tests.campaign import rounds

NUMBER = "33639981234"
PAGES = ("/messages/", "/analytics/", "/review/")
HTMX = {"HTTP_HX_REQUEST": "true"}


def switched(fault: str) -> Faults:
    always: dict[str, Any] = {fault: "always"}
    return Faults(**always)


def found(pattern: str, shown: str) -> str:
    """What a pattern's one group finds; it must be there."""
    match = re.search(pattern, shown)
    assert match, pattern
    return match[1]


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def impatient(monkeypatch):
    """A person who waits a second: the tests of a provider in trouble need not take longer."""
    monkeypatch.setattr("messages_app.analysis.live.PATIENCE", 1.0)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works(account, administrator_client, page):
    answer = administrator_client.get(page, {"period": "yesterday", "wait": "1"})
    assert answer.status_code == 200
    assert "<html" in text(answer)
    assert "state-error" not in text(answer)


@pytest.mark.parametrize("page", PAGES)
def test_htmx_gets_the_content_alone_and_a_history_restore_the_whole(
    account, administrator_client, page
):
    part = administrator_client.get(page, **HTMX)
    whole = administrator_client.get(page, HTTP_HX_HISTORY_RESTORE_REQUEST="true", **HTMX)
    assert "<html" not in text(part)
    assert "<html" in text(whole)


@pytest.mark.parametrize("page", [*PAGES, "/messages/figures/", "/analytics/data.json"])
def test_who_is_not_logged_in_is_sent_to_the_login(client, db, page):
    answer = client.get(page)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("page", [*PAGES, "/messages/figures/", "/analytics/data.json"])
def test_who_has_no_permission_is_refused_before_anything_is_read(account, stranger_client, page):
    account.reset_calls()
    assert stranger_client.get(page).status_code == 403
    assert account.calls == 0


def test_the_review_is_not_for_support(account, support_client):
    assert support_client.get("/review/").status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_bad_question_is_told_beside_its_field_and_reads_nothing(
    account, administrator_client, page
):
    account.reset_calls()
    answer = administrator_client.get(page, {"date_start": "2023-09-01", "date_end": "2023-09-31"})
    assert answer.status_code == 200
    assert "2023-09-31 does not exist in the calendar" in text(answer)
    assert 'value="2023-09-31"' in text(answer)
    assert "data-key" not in text(answer)
    assert account.calls == 0


def test_a_bad_question_as_json_is_a_400_with_the_same_sentence(account, support_client):
    answer = support_client.get("/analytics/data.json", {"status": "delivred"})
    assert answer.status_code == 400
    assert "delivred" in answer.json()["errors"]["status"][0]["message"]


@pytest.mark.parametrize("page", PAGES)
def test_a_provider_that_is_down_is_told_and_the_filters_stay(
    account, administrator_client, impatient, page
):
    account.faults = Faults(down="always")
    answer = administrator_client.get(page, {"country": "FR", "period": "yesterday", "wait": "1"})
    assert answer.status_code == 200
    assert "state-error" in text(answer)
    assert "Try again" in text(answer)
    assert 'value="FR"' in text(answer)


def test_data_json_without_the_provider_is_a_503_that_claims_no_figure(
    account, support_client, impatient
):
    account.faults = Faults(down="always")
    answer = support_client.get("/analytics/data.json")
    assert answer.status_code == 503
    assert answer.json()["totals"] is None
    assert answer.json()["coverage"]["complete"] is False


@pytest.mark.parametrize("fault", ["wrong_token", "html", "cut_json", "negative", "messages_null"])
def test_what_is_no_answer_is_never_an_empty_table(account, support_client, impatient, fault):
    account.faults = switched(fault)
    answer = support_client.get("/messages/")
    assert "state-error" in text(answer)
    assert "data-total" not in text(answer)


def test_a_bad_row_is_told_and_the_others_are_shown(account, support_client):
    account.faults = Faults(bad_row="always")
    shown = text(support_client.get("/messages/", {"per_page": "200"}))
    assert "could not be understood" in shown
    assert shown.count("data-key=") >= 190


def test_no_rows_is_said_with_what_to_try(account, support_client):
    answer = support_client.get("/messages/", {"country": "AQ"})
    assert 'data-total="0"' in text(answer)
    assert "Take a filter off" in text(answer)


def test_past_the_last_page_leads_back(account, support_client):
    answer = support_client.get("/messages/", {"period": "last_hour", "page": "900000"})
    assert "There is nothing on this page" in text(answer)


def test_a_form_is_answered_by_the_sealed_address_of_its_question(account, support_client):
    answer = support_client.post(
        "/messages/",
        {"period": "last_30_days", "destination": "06 39 98 12 34", "country": "france"},
    )
    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    params = dict(parse_qsl(target.query))
    assert params["period"] == "last_30_days"
    assert params["country"] == "FR"
    assert params["destination"].startswith("~1.")
    assert NUMBER not in answer.headers["Location"]
    shown = text(support_client.get(answer.headers["Location"]))
    assert 'value="+33 6 39 98 12 34"' in shown


def test_a_typed_plain_number_is_redirected_to_its_sealed_address(account, support_client):
    answer = support_client.get("/messages/", {"destination": NUMBER, "refresh": "1"})
    assert answer.status_code == 302
    assert NUMBER not in answer.headers["Location"]
    assert "refresh=1" in answer.headers["Location"]


def test_a_form_with_an_error_keeps_what_was_typed(account, support_client):
    answer = support_client.post("/messages/", {"destination": "06 39", "country": "Atlantis"})
    assert answer.status_code == 200
    assert 'value="Atlantis"' in text(answer)
    assert "Atlantis” is no country" in text(answer)


def test_no_link_of_a_page_holds_a_number(account, support_client):
    row = next(r for r in account.rows() if r["type"] == "sms_mt" and r["country"] == "FR")
    answer = support_client.get(
        "/messages/", {"destination": row["destination"], "period": "last_30_days"}, follow=True
    )
    links = re.findall(r'(?:href|hx-get|action|data-copy)="([^"]*)"', text(answer))
    assert len(links) > 10
    assert [link for link in links if row["destination"] in link] == []


def test_t23_the_log_names_routes_and_never_what_was_asked(account, support_client, caplog):
    caplog.set_level("DEBUG")
    row = next(r for r in account.rows() if r["type"] == "sms_mt" and r["country"] == "FR")
    question = {"destination": row["destination"], "message": "canary", "period": "last_30_days"}
    sealed = support_client.get("/messages/", question, follow=True).redirect_chain[0][0]
    support_client.post("/messages/", question)
    support_client.get("/no/such/canary")
    lines = "\n".join(record.getMessage() for record in caplog.records)
    assert "GET messages 200" in lines
    assert "POST messages 302" in lines
    assert "GET unknown 404" in lines
    for secret in (
        row["destination"],
        "canary",
        sealed.split("destination=")[1][:20],
        account.token,
    ):
        assert secret not in lines


def test_the_number_of_sql_queries_does_not_depend_on_the_number_of_rows(account, support_client):
    counts = []
    for size in ("25", "200"):
        support_client.get("/messages/", {"per_page": size})
        with CaptureQueriesContext(connection) as queries:
            support_client.get("/messages/", {"per_page": size})
        counts.append(len(queries))
    # One asks which rows are flagged, one whether the list of erased numbers has grown.
    assert counts[0] == counts[1] <= 16


def test_a_page_of_the_table_is_one_page_of_the_provider(account, support_client):
    support_client.get("/messages/")
    account.reset_calls()
    support_client.get("/messages/", {"page": "2"})
    assert account.calls == 1


def test_bounds_are_probed_once_with_at_most_four_calls(account, support_client):
    account.reset_calls()
    support_client.get("/messages/")
    assert account.calls <= 1 + 4
    account.reset_calls()
    support_client.get("/messages/")
    assert account.calls == 1


def test_a_range_beyond_live_reading_says_what_it_takes_and_offers_a_smaller_one(
    account, support_client
):
    query = {"date_start": "2026-06-01", "date_end": "2026-11-18", "wait": "1"}
    shown = text(support_client.get("/analytics/", query))
    assert "state-refused" in shown
    assert re.search(r"takes \d+ pages", shown)
    offer = re.search(r'<p class="state-actions"><a class="btn btn-primary" href="([^"]+)"', shown)
    assert offer
    smaller = text(support_client.get(offer[1].replace("&amp;", "&") + "&wait=1"))
    assert "data-chart" in smaller


def test_the_analysis_frame_comes_without_waiting_for_the_provider(account, support_client):
    account.reset_calls()
    shown = text(support_client.get("/analytics/"))
    assert account.calls == 0
    assert "wait=1" in shown
    assert "<noscript><meta http-equiv=" in shown


def test_a_message_opens_with_every_field_and_its_meaning(account, support_client):
    row = next(r for r in account.rows() if r["status"] == "UNDELIVERED")
    address = f"/messages/{row['type']}/{row['message_id']}/"
    answer = support_client.get(address, {"at": row["date"]})
    assert answer.status_code == 200
    for field in ("campaign_id", "client_id", "client_message_id", "message_length", "dlr_date",
                  "status_details", "cost", "sender", "destination", "contact_list_id", "type"):  # fmt: skip
        assert f'title="{field}"' in text(answer)
    assert "number not assigned" in " ".join(text(answer).split())


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/messages/sms_mt/1/", 404),
        ("/messages/sms_mt/1/?at=2026-11-01+00:00:00", 404),
        ("/messages/sms_mt/1/?at=nonsense", 404),
        ("/messages/sms_mt/1/?at=9999-12-31+23:59:59", 404),
        ("/messages/sms_xx/1/?at=2026-11-01", 404),
        ("/messages/sms_mt/x/", 404),
        (f"/messages/sms_mt/{MAX_MESSAGE_ID - 1}/?at=2026-11-01", 404),
        (f"/messages/sms_mt/{MAX_MESSAGE_ID}/", 404),
        (f"/messages/sms_mo/{MAX_MESSAGE_ID}/?at=2026-11-01", 404),
        (f"/messages/sms_mt/{2**80}/?at=2026-11-01", 404),
        (f"/messages/sms_mt/{'9' * 5000}/", 404),
    ],
)
def test_a_message_that_is_not_there(account, support_client, address, status):
    assert support_client.get(address).status_code == status


def test_a_hostile_text_is_shown_and_never_markup(account, support_client):
    rows = [r for r in account.rows() if "<" in r["message"]]
    assert rows
    for row in rows[:5]:
        address = f"/messages/{row['type']}/{row['message_id']}/"
        shown = text(support_client.get(address, {"at": row["date"]}))
        assert row["message"] not in shown
        assert "&lt;" in shown


def test_every_figure_of_the_strip_opens_as_many_rows_as_it_counts(account, support_client):
    shown = text(support_client.get("/messages/figures/", {"period": "yesterday"}))
    counted = {"outgoing": "value", "delivery_rate": "note", "failed": "note", "no_receipt": "note"}
    tiles = {tile.split('"')[0]: tile for tile in shown.split('data-figure="')[1:]}
    for name, part in counted.items():
        href = found(r'class="figure-value" href="([^"]+)"', tiles[name])
        wanted = found(rf'class="figure-{part}"[^>]*>([\d,]+)<', tiles[name]).replace(",", "")
        listed = text(support_client.get(href.replace("&amp;", "&")))
        assert f'data-total="{wanted}"' in listed, name


def test_every_cell_of_country_and_status_opens_its_rows(account, support_client):
    shown = text(support_client.get("/analytics/", {"period": "yesterday", "wait": "1"}))
    matrix = shown[shown.index('<table class="matrix">') :]
    cells = re.findall(r'<td class="num heat-[1-9]"[^>]*><a href="([^"]+)">([\d,]+)</a>', matrix)
    assert len(cells) > 10
    for href, count in cells[:15]:
        listed = text(support_client.get(href.replace("&amp;", "&")))
        assert f'data-total="{count.replace(",", "")}"' in listed


def test_the_review_counts_what_its_links_open(account, administrator_client):
    shown = text(administrator_client.get("/review/", {"period": "yesterday", "wait": "1"}))
    links = re.findall(r'<td class="num"><a href="([^"]+)">([\d,]+)</a>', shown)
    assert len(links) > 4
    for href, count in links[:12]:
        listed = text(administrator_client.get(href.replace("&amp;", "&")))
        assert f'data-total="{count.replace(",", "")}"' in listed


hostile = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["~1.", "~1.AAAA", "%00", "\x00", "9" * 400, "-1", "1e309", "NaN", "<script>",
                     "' OR 1=1 --", "2026-13-45", "0000-00-00", "9999-12-31 23:59:59", "FR,FR,,"]),
)  # fmt: skip
names = st.one_of(
    st.sampled_from(["period", "date_start", "date_end", "destination", "sender", "message", "type",
                     "country", "status", "details", "campaign", "sort", "page", "per_page", "at",
                     "bucket", "compare", "compare_start", "kind", "slot", "delay", "refresh", "wait",
                     "start", "length", "format"]),
    st.text(max_size=12),
)  # fmt: skip
ids = st.one_of(
    st.integers(min_value=0, max_value=2**70),
    st.sampled_from([0, MAX_MESSAGE_ID - 1, MAX_MESSAGE_ID, 2**63 - 1, 2**63, 2**64, 10**400]),
)
paths = st.one_of(
    st.sampled_from(["/messages/", "/messages/figures/", "/messages/count/", "/analytics/",
                     "/analytics/data.json", "/review/", "/filling/"]),
    st.builds("/messages/{}/{}/".format, st.sampled_from(["sms_mt", "sms_mo", "sms_xx"]), ids),
)  # fmt: skip


@campaign(
    max_examples=rounds(sample=40, full=500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(names, hostile), max_size=5), paths, st.booleans())
def test_any_address_gives_a_page_and_never_a_500(
    account, administrator_client: Client, pairs, page, htmx
):
    headers: dict[str, Any] = HTMX if htmx else {}
    query = urlencode(pairs, errors="surrogatepass")
    answer = administrator_client.get(f"{page}?{query}", **headers)
    assert answer.status_code in (200, 302, 400, 404)


def test_money_stands_beside_credits_where_a_price_is_set(account, support_client, settings):
    question = {"period": "yesterday"}
    assert "€" not in text(support_client.get("/messages/figures/", question))
    settings.CREDIT_PRICE = ((datetime(1970, 1, 1), Decimal("0.05")),)
    settings.CURRENCY = "EUR"
    shown = text(support_client.get("/messages/figures/", question))
    credits = float(support_client.get("/analytics/data.json", question).json()["totals"]["cost"])
    assert f"€{credits * 0.05:,.2f}" in shown


def test_what_the_provider_has_forgotten_is_told_and_not_taken_for_nothing(account, support_client):
    question = {"date_start": "2025-01-01", "date_end": "2025-01-05"}
    coverage = support_client.get("/analytics/data.json", question).json()["coverage"]
    assert coverage["complete"] is False
    assert coverage["missing"] == [["2025-01-01 00:00:00", "2025-01-05 23:59:59"]]
    shown = text(support_client.get("/analytics/", question | {"wait": "1"}))
    assert "Before 6 Jan 2025 00:00:00 the provider keeps no messages" in shown
    lately = support_client.get("/analytics/data.json", {"period": "yesterday"}).json()
    assert lately["coverage"]["complete"] is True
