"""The review counts its own statuses, each by a question of its own."""

import re

from sandbox import Faults
from tests.views.test_pages import found, text

MONTH = {"period": "last_30_days", "wait": "1"}


def section(shown: str, name: str) -> str:
    return found(rf'(?s)data-review="{name}"(.*?)</section>', shown)


def count(shown: str, name: str) -> int:
    digits = found(r'class="figure-value" href="[^"]*">([\d,]+)<', section(shown, name))
    return int(digits.replace(",", ""))


def test_a_month_that_is_too_much_to_read_whole_is_reviewed_status_by_status(
    account, administrator_client, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 1000)
    whole = text(administrator_client.get("/analytics/", MONTH))
    assert "Too much to read live" in whole
    shown = text(administrator_client.get("/review/", MONTH))
    rows = [r for r in account.rows() if "2026-10-20" <= r["date"] <= "2026-11-18 15:00:00"]
    for name in ("moderation", "denied", "not_sent", "undelivered"):
        wanted = sum(r["type"] == "sms_mt" and r["status"].lower() == name for r in rows)
        assert count(shown, name) == wanted
        assert wanted > 0


def test_a_status_that_is_too_much_says_so_and_the_others_are_counted(
    account, administrator_client, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 100)
    shown = text(administrator_client.get("/review/", MONTH))
    assert "Too much to read live" in section(shown, "undelivered")
    assert "status=" not in found(r'state-actions"><a class="[^"]*" href="([^"]+)"', shown)
    assert count(shown, "denied") > 0


def test_direction_and_status_have_no_part_in_the_review_and_it_says_so(
    account, administrator_client
):
    yesterday = {"period": "yesterday", "wait": "1"}
    plain = text(administrator_client.get("/review/", yesterday))
    assert "have no part in it" not in plain
    assert 'name="status"' not in plain
    assert 'name="type"' not in plain
    for asked in ({"status": "delivered"}, {"type": "messages-in"}):
        shown = text(administrator_client.get("/review/", {**yesterday, **asked}))
        assert "have no part in it" in shown
        assert count(shown, "undelivered") == count(plain, "undelivered") > 0
        assert 'class="chip-remove"' in shown  # the period's
        assert shown.count('class="chip-remove"') == plain.count('class="chip-remove"')


def test_a_status_that_does_not_exist_is_told_though_it_has_no_field_here(
    account, administrator_client
):
    shown = text(administrator_client.get("/review/", {"status": "delivred"}))
    assert "delivred” is no status" in shown


def test_the_review_says_what_it_counted_of_which_range(account, administrator_client):
    shown = text(administrator_client.get("/review/", {"period": "yesterday", "wait": "1"}))
    total = sum(count(shown, name) for name in ("moderation", "denied", "not_sent", "undelivered"))
    assert re.search(rf"{total:,} messages?, status: in moderation or denied or", shown)
    assert ", yesterday</p>" in shown


def test_a_provider_that_fails_is_asked_about_one_status_alone(
    account, administrator_client, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.PATIENCE", 1.0)
    administrator_client.get("/review/", {"period": "yesterday", "wait": "1"})
    account.faults = Faults(wrong_token="always")
    account.reset_calls()
    shown = text(administrator_client.get("/review/", {"period": "today", "wait": "1"}))
    assert shown.count("state-error") == 1
    assert account.calls <= 4
