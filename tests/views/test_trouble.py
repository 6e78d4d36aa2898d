"""Why there is no answer, in whole sentences of the reader's language, and what to try instead."""

import ast
import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import translation

from messages_app.analysis.query import MessageQuery
from messages_app.archive.windows import TooMuch
from messages_app.models import Span, SyncRun
from messages_app.provider import errors
from messages_app.provider.errors import (
    AuthenticationFault,
    NetworkFault,
    ProviderDown,
    RateLimited,
    UnreadableAnswer,
)
from messages_app.sources import live_source
from messages_app.views.trouble import error_words, too_much
from sandbox import Faults
from tests.views.conftest import NOW, WALL
from tests.views.test_lists import links
from tests.views.test_pages import text

MONTH = {"period": "last_30_days", "wait": "1"}
ROOT = Path(errors.__file__).parent


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    monkeypatch.setattr("messages_app.clock.now", lambda: NOW)


def lost() -> NetworkFault:
    error = NetworkFault("the connection was lost")
    error.since = NOW - timedelta(minutes=10)
    return error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "language", "words"),
    [
        (lost(), "en", "The provider cannot be reached. "
         "The connection was lost. It has been so since 14:50:00."),
        (lost(), "fr", "Le fournisseur est injoignable. "
         "La connexion a été perdue. Il en est ainsi depuis 14:50:00."),
        (UnreadableAnswer("it is not whole JSON"), "fr",
         "La réponse du fournisseur est illisible. Ce n’est pas du JSON complet."),
        (AuthenticationFault("Token invalide"), "en",
         "The provider does not accept the API token. Token invalide."),
        (RateLimited(retry_after=89.6), "en",
         "The provider asks us to slow down. The next attempt is at 15:01:30."),
        (RateLimited("Slow!"), "en", "The provider asks us to slow down. Slow!"),
    ],
)  # fmt: skip
def test_an_error_is_told_in_whole_sentences(db, error, language, words):
    with translation.override(language):
        assert error_words(error) == words


def run(minutes_ago: int, outcome: str, reason: str = "") -> None:
    """A worker's run that ended so long ago."""
    ended = NOW - timedelta(minutes=minutes_ago)
    SyncRun.objects.create(
        kind="gap", owner="a", start=WALL, end=WALL, began_at=ended, ended_at=ended,
        outcome=outcome, reason=reason,
    )  # fmt: skip


@pytest.fixture
def real_clock(db, monkeypatch):
    monkeypatch.setattr("messages_app.clock.real_now", lambda: NOW)


def test_what_was_read_since_proves_that_the_provider_was_well_in_between(real_clock):
    """This process asked last ten minutes ago, in vain; a worker read something since."""
    Span.objects.create(
        start=WALL - timedelta(hours=1), end=WALL, fetched_at=NOW - timedelta(minutes=5),
        settled=False,
    )  # fmt: skip
    assert "since" not in error_words(lost())
    Span.objects.update(fetched_at=NOW - timedelta(minutes=15))
    assert "since 14:50:00." in error_words(lost())


def test_workers_know_best_since_when_the_provider_fails(real_clock):
    run(20, "ok")
    run(16, "failed", "network")
    run(4, "failed", "network")
    assert "since 14:44:00." in error_words(lost())
    run(3, "failed", "DatabaseError")
    assert "since 14:50:00." in error_words(lost()), "that is no failure of the provider"


def test_a_failure_of_yesterday_is_told_with_its_day(real_clock):
    error = lost()
    error.since = NOW - timedelta(days=1)
    assert "since 17 Nov 15:00:00." in error_words(error)


def test_every_detail_of_ours_is_marked_for_translation():
    names = {n for n, kind in vars(errors).items() if isinstance(kind, type)} | {"_Damaged"}
    for path in ROOT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and called in names and node.args:
                assert not isinstance(node.args[0], (ast.Constant, ast.JoinedStr)), (
                    f"{path.name}:{node.lineno}"
                )


def test_an_open_breaker_says_when_it_is_asked_next(account, support_client, monkeypatch):
    monkeypatch.setattr("messages_app.analysis.live.PATIENCE", 5.0)
    breaker = live_source().client._breaker
    for _ in range(5):
        breaker.failed()
    shown = text(support_client.get("/messages/", {"period": "today"}))
    assert ProviderDown.sentence.split(";")[0] in shown
    assert re.search(r"The next attempt is at 15:0(1:00|0:5\d)\.", shown)


def test_a_provider_that_asks_for_quiet_is_asked_again_when_it_said(account, support_client):
    account.faults = Faults(http_error="always", http_status=429, retry_after="90")
    shown = text(support_client.get("/messages/", {"period": "today"}))
    assert "asks us to slow down" in shown
    assert "The next attempt is at 15:01:" in shown


def test_a_sort_that_is_too_much_offers_the_same_by_time_and_keeps_its_heads(
    account, support_client, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 2000)
    shown = text(support_client.get("/messages/", {**MONTH, "sort": "-cost", "country": "FR"}))
    assert "Too much to read live" in shown
    assert "data-total" not in shown
    assert shown.count('class="sort-link"') == 6
    by_time = links(shown)["The same, sorted by time"]
    asked = dict(parse_qsl(urlsplit(by_time).query))
    assert asked == {"period": "last_30_days", "country": "FR"}
    assert "data-total" in text(support_client.get(by_time))
    assert {"Last 7 days", "Last 24 hours", "Last hour"} & links(shown).keys()


def test_a_filter_of_ours_that_is_too_much_has_no_order_that_would_help(
    account, support_client, monkeypatch
):
    monkeypatch.setattr("messages_app.analysis.live.LIVE_ROWS", 2000)
    shown = text(
        support_client.get("/messages/", {**MONTH, "country": ["FR", "BE"], "sort": "cost"})
    )
    assert "Too much to read live" in shown
    assert "The same, sorted by time" not in shown


def free(start: str, end: str) -> MessageQuery:
    return MessageQuery(
        now=NOW,
        period="custom",
        date_start=datetime.fromisoformat(start),
        date_end=datetime.fromisoformat(end),
    )


@pytest.mark.parametrize(
    ("query", "rows", "label", "asked"),
    [
        (MessageQuery(now=NOW, period="last_30_days"), 40_000, "Last 7 days", {}),
        (MessageQuery(now=NOW, period="last_30_days"), 200_000, "Last 24 hours",
         {"period": "last_24_hours"}),
        (MessageQuery(now=NOW, period="last_30_days"), 10_000_000, "Last hour",
         {"period": "last_hour"}),
        (MessageQuery(now=NOW, period="last_30_days"), None, "Last 7 days", {}),
        # The day holds 15 hours so far: the last 24 would reach beyond what was asked.
        (MessageQuery(now=NOW, period="today"), 21_000, "Last hour", {"period": "last_hour"}),
        (free("2026-10-01 00:00:00", "2026-10-31 23:59:59"), 100_000, "Its last 4 days",
         {"date_start": "2026-10-28 00:00:00", "date_end": "2026-10-31 23:59:59"}),
        (free("2026-10-01 00:00:00", "2026-10-31 23:59:59"), 450_000, "Its last day",
         {"date_start": "2026-10-31 00:00:00", "date_end": "2026-10-31 23:59:59"}),
        (free("2026-10-31 08:00:00", "2026-10-31 23:59:59"), 450_000, "Its last hour",
         {"date_start": "2026-10-31 23:00:00", "date_end": "2026-10-31 23:59:59"}),
        (free("2026-10-31 23:30:00", "2026-10-31 23:59:59"), 450_000, "Its last hour",
         {"date_start": "2026-10-31 23:30:00", "date_end": "2026-10-31 23:59:59"}),
    ],
)  # fmt: skip
def test_the_range_that_is_offered_is_a_period_or_whole_days(query, rows, label, asked):
    with translation.override("en"):
        (offer,) = too_much(TooMuch(rows), query, "/messages/").offers
    assert (offer.label, dict(parse_qsl(urlsplit(offer.href).query))) == (label, asked)
