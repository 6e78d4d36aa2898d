"""The tiles: each opens the rows of its formula, says what it means, and how it changed."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string

from messages_app.analysis.comparing import beside
from messages_app.analysis.metrics import Tally, tally
from messages_app.provider import MessageRecord
from messages_app.tiles import Against
from messages_app.views.figures import Figure, figures
from tests.campaign import rounds
from tests.charts.test_marks import NOW, Links, query, ugly
from tests.factories import incoming, record


def tiles(records: list[MessageRecord], against: Tally | None = None) -> dict[str, Figure]:
    other = Against(against, beside(query(), "week")) if against else None
    return {tile.name: tile for tile in figures(tally(records, NOW), query(), against=other)}


@pytest.mark.parametrize("seed", range(rounds(sample=10, full=200)))
def test_every_tile_s_rows_are_those_of_its_formula(seed, monkeypatch):
    chance = random.Random(seed)
    records = [ugly(chance, n) for n in range(200)]
    links = Links(query(), records)
    monkeypatch.setattr("messages_app.views.figures.rows_url", lambda _query, **w: links(**w))
    found = tiles(records)
    for name in ("outgoing", "pending", "other", "replies", "opt_outs"):
        assert found[name].value == str(len(links.rows(found[name].href))), name
    for name in ("delivery_rate", "failed", "no_receipt"):
        assert found[name].note == str(len(links.rows(found[name].href))), name
    assert found["receipt_coverage"].note == f"of {len(links.rows(found['receipt_coverage'].href))}"
    for name in ("cost", "wasted_cost"):
        paid = sum((r.cost or Decimal(0) for r in links.rows(found[name].href)), Decimal(0))
        assert Decimal(found[name].value.replace(",", "")) == paid, name
    strangers = len([r for r in records if r.type == "sms_xx"])
    assert (found["other_types"].value, found["other_types"].href) == (str(strangers), "")


def test_what_does_not_occur_has_no_tile():
    names = set(tiles([record()]))
    assert names.isdisjoint({"other", "other_types", "withdrawn"})
    assert {"receipt_coverage", "pending", "replies", "opt_outs"} <= names


def test_the_failed_tile_shows_its_division():
    records = [record(message_id=n) for n in range(3)] + [record(message_id=9, status="DENIED")]
    tile = tiles(records)["failed"]
    assert tile.value == "25.0%"
    assert tile.formula == "0 + 0 + 1 = 1; 1 ÷ 4 = 25.0%"


def test_the_delivered_tile_tells_what_is_confirmed():
    records = [
        *(record(message_id=n) for n in range(3)),
        record(message_id=8, status="SENT"), record(message_id=9, status="DENIED"),
    ]  # fmt: skip
    assert tiles(records)["delivery_rate"].formula == ("3 ÷ 5 = 60.0%; confirmed: 3 ÷ 4 = 75.0%")


@pytest.mark.parametrize("stops", [0, 1, 2])
def test_replies_and_opt_outs_are_what_came_in(stops):
    records = [incoming(message_id=n, message="STOP" if n < stops else "Merci") for n in range(3)]
    found = tiles(records)
    assert (found["replies"].value, found["opt_outs"].value) == (str(3 - stops), str(stops))
    assert found["replies"].note == "of 3 incoming"
    assert found["replies"].formula == f"3 − {stops} = {3 - stops}"


def test_what_is_not_priced_is_told_in_short_beside_its_sum_and_in_full_on_request():
    records = [record(message_id=n, cost=None if n < 2 else Decimal(1)) for n in range(3)]
    tile = tiles(records)["cost"]
    assert (tile.note, tile.note_in_full) == ("2 unpriced", "2 of 3 not priced yet")
    shown = render_to_string("messages_app/_figure.html", {"figure": tile})
    assert 'title="2 of 3 not priced yet">2 unpriced<' in shown
    # For the pointer, for a screen reader, and in the figure's own words.
    assert shown.count("2 of 3 not priced yet") == 3
    priced = tiles(records[2:])["cost"]
    assert (priced.note, priced.note_in_full) == ("", "")


def some(delivered: int, failed: int, **changes: Any) -> list[MessageRecord]:
    return [
        *(record(message_id=n, **changes) for n in range(delivered)),
        *(record(message_id=10_000 + n, status="UNDELIVERED", **changes) for n in range(failed)),
    ]


def test_a_rate_changes_in_points_and_a_count_by_its_share():
    found = tiles(some(60, 40), against=tally(some(180, 20), NOW))
    assert (found["delivery_rate"].change, found["failed"].change) == (
        "−30.0 points", "+30.0 points"
    )  # fmt: skip
    assert found["outgoing"].change == "−50.0%"
    assert found["cost"].change == "−50.0%"
    assert found["outgoing"].change_in_full == (
        "200 in the range compared with: 9 Nov 2026 00:00:00 to 15 Nov 2026 12:00:00"
    )


def test_only_what_chance_hardly_explains_is_telling():
    assert tiles(some(60, 40), against=tally(some(180, 20), NOW))["delivery_rate"].is_telling
    assert not tiles(some(6, 4), against=tally(some(7, 3), NOW))["delivery_rate"].is_telling


def test_from_nothing_no_change_can_be_told():
    found = tiles(some(3, 1), against=tally([incoming()], NOW))
    assert (found["outgoing"].change, found["delivery_rate"].change) == ("", "")


def test_without_a_range_to_compare_with_no_change_is_shown():
    assert {tile.change for tile in tiles(some(3, 1)).values()} == {""}


def test_a_fall_that_young_messages_may_still_make_good_is_not_telling():
    """A message without a receipt may yet arrive: it is not held against today."""
    young = NOW.replace(tzinfo=None) - timedelta(minutes=5)
    silent = [record(message_id=n, status="SENT", date=young) for n in range(90)]
    today = [*silent, *(record(message_id=100 + n, date=young) for n in range(110))]
    before = tally(some(195, 5, date=datetime(2026, 11, 10)), NOW)
    assert not tiles(today, against=before)["delivery_rate"].is_telling
    old = [record(message_id=n, status="SENT", date=datetime(2026, 11, 17)) for n in range(90)]
    settled = [*old, *(record(message_id=100 + n) for n in range(110))]
    assert tiles(settled, against=before)["delivery_rate"].is_telling
