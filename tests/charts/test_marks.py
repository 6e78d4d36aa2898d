"""Charts say what their rows are: each mark and cell opens exactly the rows that it counts."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string

from messages_app.analysis.breakdowns import break_down
from messages_app.analysis.conditions import holds
from messages_app.analysis.facets import (
    CAMPAIGN,
    COUNTRY,
    MONTHLY,
    REASON,
    SENDER,
    SLOT,
    TOTAL,
    Facet,
    Parts,
    parts_of,
)
from messages_app.analysis.metrics import SMALL_SAMPLE, tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.series import bucket_for
from messages_app.analysis.usual import Band
from messages_app.charts import countries, ranks, rhythm, statuses
from messages_app.charts.marks import Beside, Cell, Chart, Drawing
from messages_app.charts.months import Months, months
from messages_app.charts.volume import Volume, volume
from messages_app.provider import MessageRecord
from messages_app.views.narrowing import narrowed
from tests.campaign import rounds
from tests.factories import incoming, record

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Europe/Paris"))
STATUSES = ("DELIVERED", "DELIVERED", "SENT", "UNDELIVERED", "NOT_SENT", "DENIED", "WAITING",
            "MODERATION", "PARKED", "FROZEN", "incoming_message")  # fmt: skip
CREDITS = {"Credits", "Wasted", "Credits wasted"}
"""Heads of columns that sum up costs; all others count rows."""


def query(**changes: Any) -> MessageQuery:
    return MessageQuery(now=NOW, **changes)


class Links:
    """Makes addresses that remember which question they stand for."""

    def __init__(self, asked: MessageQuery, records: list[MessageRecord]) -> None:
        self.asked, self.records = asked, records
        self.made: dict[str, MessageQuery] = {}

    def __call__(self, **wanted: Any) -> str:
        found = narrowed(self.asked, **wanted)
        if found is None:
            return ""
        self.made[repr(found)] = found
        return repr(found)

    def rows(self, href: str) -> list[MessageRecord]:
        return [record for record in self.records if holds(record, self.made[href])]


def ugly(chance: random.Random, number: int) -> MessageRecord:
    """Any row that a provider might show: unknown statuses, types and countries among them."""
    date = datetime(2026, 11, 20) + timedelta(minutes=chance.randrange(3000))
    common: dict[str, Any] = {
        "message_id": number,
        "date": date,
        "cost": chance.choice([None, Decimal(0), Decimal(1), Decimal("4.25")]),
        "status": chance.choice(STATUSES),
        "campaign_id": chance.choice([None, 7, 7, 8, 9]),
    }
    kind = chance.random()
    if kind < 0.15:
        text = chance.choice(["STOP", "Merci"])
        common["status"] = chance.choice(["incoming_message", "DELIVERED"])
        return incoming(**common, message=text)
    delay = chance.choice([None, -3, 0, 4, 12, 45, 700, 90_000])
    return record(
        **common,
        country=chance.choice(["FR", "BE", "SN", ""]),
        sender=chance.choice(["ACME", "Bolt", ""]),
        status_details=chance.choice(["", "EXPIRED", "REJECTED"]),
        dlr_date=None if delay is None else date + timedelta(seconds=delay),
        type="sms_xx" if kind < 0.25 else "sms_mt",
    )


def by(
    facet: Facet[Any], records: list[MessageRecord], link: Any, asked: MessageQuery | None = None
) -> Drawing[Any]:
    """What a chart by a facet is drawn from."""
    asked = asked or query()
    found = Parts(asked, tally(records, asked.now), parts_of(records, asked, facet))
    return Drawing(asked, found, link)


def over_time(
    records: list[MessageRecord], link: Any, asked: MessageQuery | None = None, **more: Any
) -> Drawing[Volume]:
    asked = asked or query()
    size = bucket_for(asked)
    buckets = break_down(records, asked, size).series
    return Drawing(asked, Volume(buckets, size, **{"usual": [None] * len(buckets)} | more), link)


def all_charts(records: list[MessageRecord], link: Any, asked: MessageQuery) -> Iterator[Chart]:
    def drawn(facet: Facet[Any]) -> Drawing[Any]:
        return by(facet, records, link, asked)

    yield volume(over_time(records, link, asked))
    yield countries.delivery_by_country(drawn(COUNTRY))
    yield countries.cost_by_country(drawn(COUNTRY))
    yield countries.country_status(drawn(COUNTRY))
    yield statuses.messages_by_status(drawn(TOTAL))
    yield statuses.cost_by_status(drawn(TOTAL))
    yield rhythm.delays(drawn(TOTAL))
    yield ranks.reasons(drawn(REASON))
    yield ranks.wasted(drawn(REASON))
    yield ranks.senders(drawn(SENDER))
    yield ranks.campaigns(drawn(CAMPAIGN))
    yield rhythm.slots(drawn(SLOT))
    yield months(Drawing(asked, Months(drawn(MONTHLY).now, None), link))


def cells(chart: Chart) -> Iterator[tuple[str, str, Cell]]:
    """Every figure's row, column and cell."""
    for row in (*chart.body, *chart.rest):
        for head, cell in zip(chart.head[1:], row[1:], strict=True):
            yield row[0].text, head.text, cell


ASKED = [
    query(),
    query(statuses=("other", "sent")),
    query(countries=("FR", "–")),
    query(kind="unpriced"),
    query(delay="3-60"),
    query(slot="fri-09"),
    query(type="messages-in", kind="opt_outs"),
]


@pytest.mark.parametrize("seed", range(rounds(sample=3, full=200)))
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: str(asked.to_params()))
def test_every_number_opens_exactly_the_rows_it_counts(seed, asked):
    chance = random.Random(seed)
    records = [r for r in (ugly(chance, n) for n in range(300)) if holds(r, asked)]
    links = Links(asked, records)
    checked = set()
    for chart in all_charts(records, links, asked):
        for _row, column, cell in cells(chart):
            if not cell.href:
                continue
            rows = links.rows(cell.href)
            if column in CREDITS:
                assert cell.value == sum((r.cost or Decimal(0) for r in rows), Decimal(0)), column
            else:
                assert cell.value == len(rows), (chart.name, column)
            checked.add(chart.name)
    assert checked if records else not checked


@pytest.mark.parametrize("seed", range(rounds(sample=3, full=200)))
def test_every_figure_but_those_of_unknown_types_has_its_rows(seed):
    chance = random.Random(seed)
    records = [ugly(chance, n) for n in range(300)]
    for chart in all_charts(records, Links(query(), records), query()):
        for row, column, cell in cells(chart):
            is_count = isinstance(cell.value, int) and cell.value > 0
            strange = "Other types" in row + column
            assert cell.href or not is_count or strange, (chart.name, row, column)


@pytest.mark.parametrize("seed", range(rounds(sample=3, full=200)))
def test_every_mark_opens_exactly_the_rows_it_counts(seed):
    chance = random.Random(seed)
    records = [ugly(chance, n) for n in range(300)]
    links = Links(query(), records)
    found = {chart.name: chart for chart in all_charts(records, links, query())}
    stacks = found["volume"].spec
    assert stacks
    for index, href in enumerate(stacks["links"]):
        assert sum(stack["values"][index] for stack in stacks["stacks"]) == len(links.rows(href))
    for stack in stacks["stacks"]:
        for value, href in zip(stack["values"], stack["links"], strict=True):
            assert not href or value == len(links.rows(href))
    for name in ("messages_by_status", "reasons", "delays"):
        spec = found[name].spec
        assert spec
        for value, href in zip(spec["values"], spec["links"], strict=True):
            assert not href or value == len(links.rows(href)), name
    whole = found["messages_by_status"].spec
    assert whole
    assert sum(whole["values"]) == len(records)


@pytest.mark.parametrize("seed", range(rounds(sample=3, full=200)))
def test_what_is_compared_opens_the_rows_of_the_other_range(seed):
    chance = random.Random(seed)
    records = [ugly(chance, n) for n in range(300)]
    start, end = query().span
    earlier = query().within(start - timedelta(days=7), end - timedelta(days=7))
    before = [ugly(chance, n) for n in range(300)]
    before = [r.__class__(**{**_fields(r), "date": r.date - timedelta(days=7)}) for r in before]
    links, then_links = Links(query(), records), Links(earlier, before)
    now, then = by(COUNTRY, records, links), by(COUNTRY, before, then_links, earlier)
    both = Drawing(query(), now.now, links, then.now, then_links)
    chart = countries.cost_by_country(both)
    assert [head.text for head in chart.head[-2:]] == ["Before", "Change"]
    assert chart.spec
    assert len(chart.spec["before"]) == len(chart.spec["values"])
    for row, href in zip(chart.body, chart.spec["beforeLinks"], strict=True):
        cost = sum((r.cost or Decimal(0) for r in then_links.rows(row[-2].href)), Decimal(0))
        assert row[-2].value == float(cost)
        assert href == row[-2].href


def test_tinted_tables_tell_what_the_other_range_had_in_each_cell():
    now = [record(message_id=n) for n in range(3)]
    before = [record(message_id=n, date=datetime(2026, 11, 13, 12)) for n in range(5)]
    earlier = query().within(datetime(2026, 11, 9), datetime(2026, 11, 15, 23, 59, 59))
    for facet, draw, column in (
        (COUNTRY, countries.country_status, "Delivered"),
        (SLOT, rhythm.slots, "12"),
    ):
        then = by(facet, before, Links(earlier, before), earlier).now
        drawing = by(facet, now, Links(query(), now))
        chart = draw(Drawing(query(), drawing.now, drawing.link, then))
        found = [cell for _row, head, cell in cells(chart) if head == column and cell.value]
        assert [(cell.text, cell.before) for cell in found] == [("3", "5")]
        assert "Small: the range compared with." in chart.notes
        shown = render_to_string("messages_app/_chart.html", {"chart": chart})
        assert '3</a><small class="cell-before">5</small>' in shown


def test_months_stand_beside_the_months_that_they_are_compared_with():
    asked = query().within(datetime(2026, 10, 1), datetime(2026, 11, 30, 23, 59, 59))
    earlier = query().within(datetime(2025, 10, 1), datetime(2025, 11, 30, 23, 59, 59))
    now = [record(message_id=1, date=datetime(2026, 10, 5)), record(message_id=2)]
    before = [record(message_id=3, date=datetime(2025, 11, 5), cost=Decimal(4))]
    found = by(MONTHLY, now, Links(asked, now), asked).now
    spans = {
        datetime(2026, 10, 1): (datetime(2025, 10, 1), datetime(2025, 10, 31, 23, 59, 59)),
        datetime(2026, 11, 1): (datetime(2025, 11, 1), datetime(2025, 11, 30, 23, 59, 59)),
    }
    then = {
        month: Beside(span, tally([r for r in before if span[0] <= r.date <= span[1]], NOW))
        for month, span in spans.items()
    }
    links = Links(earlier, before)
    drawing = Drawing(asked, Months(found, None), Links(asked, now), then, links)
    chart = months(drawing)
    assert chart.spec
    assert (chart.spec["values"], chart.spec["before"]) == ([1.0, 1.0], [0.0, 4.0])
    assert [row[-2].text for row in chart.body] == ["0 credits", "4 credits"]
    assert links.rows(chart.body[1][-2].href) == links.rows(chart.spec["beforeLinks"][1]) == before


def test_what_was_wasted_is_drawn_over_what_was_paid():
    records = [record(message_id=1), record(message_id=2, status="UNDELIVERED", cost=Decimal(3))]
    chart = countries.cost_by_country(by(COUNTRY, records, Links(query(), records)))
    assert chart.spec
    assert (chart.spec["values"], chart.spec["part"]) == ([4.0], [3.0])
    assert chart.spec["partLabel"] == "Wasted"
    links = Links(query(), records)
    chart = countries.cost_by_country(by(COUNTRY, records, links))
    assert chart.spec
    assert [row.message_id for row in links.rows(chart.spec["partLinks"][0])] == [2]


def _fields(row: MessageRecord) -> dict[str, Any]:
    return {name: getattr(row, name) for name in MessageRecord.__dataclass_fields__}


def test_a_long_list_folds_what_is_beyond_its_chart_and_says_what_it_weighs():
    records = [record(message_id=n, sender=f"S{n:03}") for n in range(40)]
    chart = ranks.senders(by(SENDER, records, Links(query(), records)))
    assert chart.spec
    assert (len(chart.spec["labels"]), len(chart.body), len(chart.rest)) == (15, 15, 25)
    assert chart.rest_words == "and 25 more, 62.5% of the whole"


def test_a_very_long_list_ends_with_the_way_to_all_of_it():
    records = [
        record(message_id=100 * c + n, campaign_id=1000 + c) for c in range(55) for n in range(30)
    ]
    drawing = by(CAMPAIGN, records, Links(query(), records))
    chart = ranks.campaigns(drawing)
    assert (len(chart.body), len(chart.rest), chart.unlisted) == (
        15, 10, "and 30 more, 54.5% of the whole",
    )  # fmt: skip
    whole = ranks.campaigns(Drawing(query(), drawing.now, drawing.link, lists_all=True))
    assert (len(whole.body), len(whole.rest), whole.unlisted) == (15, 40, "")


def test_single_sends_are_no_campaigns_and_are_told_together():
    bulk = [record(message_id=n, campaign_id=7) for n in range(30)]
    single = [record(message_id=100 + n, campaign_id=100 + n) for n in range(10)]
    spread = [
        record(message_id=200 + n, campaign_id=8, date=datetime(2026, 11, 20 - n % 2, 9))
        for n in range(40)
    ]
    records = [*bulk, *single, *spread]
    chart = ranks.campaigns(by(CAMPAIGN, records, Links(query(), records)))
    assert [row[0].text for row in chart.body] == ["Campaign 7"]
    assert "Single messages and small sends: 50 messages, 62.5% of the whole." in chart.notes


def test_what_is_not_fetched_is_a_gap_and_never_a_zero():
    records = [record(message_id=n, date=datetime(2026, 11, 20, 9)) for n in range(3)]
    hole = (datetime(2026, 11, 16), datetime(2026, 11, 18, 2, 59, 59))
    chart = volume(over_time(records, Links(query(), records), holes=[hole]))
    assert chart.spec
    assert chart.spec["held"][:9] == ["none"] * 8 + ["part"]
    assert chart.spec["stacks"][0]["values"][:10] == [None] * 8 + [0, 0]
    assert chart.spec["rate"][0] is None
    assert chart.body[0][0].text == "16 Nov 00:00 (not fetched yet)"
    assert chart.body[0][1].text == "–"
    assert chart.body[8][0].text.endswith("(fetched in part)")
    assert "Gaps: not fetched yet; pale: fetched in part." in chart.notes


def test_a_band_is_drawn_no_higher_than_the_bars_need():
    records = [record(message_id=n, date=datetime(2026, 11, 20, 9)) for n in range(100)]
    drawing = over_time(records, Links(query(), records))
    bands = [Band(1.0, 50.0, 20_000.0)] * len(drawing.now.buckets)
    chart = volume(over_time(records, Links(query(), records), usual=bands))
    assert chart.spec
    assert chart.spec["usual"][0]["high"] == pytest.approx(115)
    assert chart.body[0][-1].text == "1 – 20,000"


def parked() -> list[MessageRecord]:
    unknown = ["PARKED"] * 3 + ["FROZEN"] * 2
    return [record(message_id=n, status=status) for n, status in enumerate(unknown)]


def test_unknown_statuses_are_one_bar_that_names_them():
    records = [*parked(), record(message_id=9)]
    links = Links(query(), records)
    drawing = by(TOTAL, records, links)
    for chart in (statuses.messages_by_status(drawing), statuses.cost_by_status(drawing)):
        assert chart.spec
        assert chart.spec["labels"] == ["● Delivered", "◇ Other"]
        assert "parked 3, frozen 2" in chart.spec["words"][1]
        assert chart.notes == ("Other: parked 3, frozen 2",)
        assert len(links.rows(chart.spec["links"][1])) == 5
    matrix = countries.country_status(by(COUNTRY, records, links))
    assert [cell.text for cell in matrix.head] == ["Country", "Delivered", "Other", "All"]


def test_a_note_of_unknown_statuses_stays_short_and_plain():
    states = [f"STATE_{n}\u202e" + "x" * 99 for n in range(9)]
    records = [record(message_id=n, status=status) for n, status in enumerate(states)]
    (note,) = statuses.messages_by_status(by(TOTAL, records, Links(query(), records))).notes
    assert "\u202e" not in note
    assert note.endswith("3 more")
    assert len(note) < 6 * 45 + 20


def test_rows_of_an_unknown_type_are_told_and_open_no_list():
    records = [record(message_id=1), record(message_id=2, type="sms_xx")]
    chart = statuses.messages_by_status(by(TOTAL, records, Links(query(), records)))
    assert chart.spec
    assert chart.spec["labels"] == ["● Delivered", "◇ Other types"]
    assert chart.spec["values"] == [1, 1]
    assert chart.spec["links"][1] == ""


def test_a_rate_of_a_small_sample_is_greyed_and_of_a_sufficient_one_is_not():
    assert SMALL_SAMPLE == 30
    few = [record(message_id=n, country="BE") for n in range(29)]
    enough = [record(message_id=100 + n, country="FR") for n in range(30)]
    records = [*few, *enough]
    chart = countries.delivery_by_country(by(COUNTRY, records, Links(query(), records)))
    assert chart.spec
    assert dict(zip(chart.spec["labels"], chart.spec["faint"], strict=True)) == {
        "France": False,
        "Belgium": True,
    }
    assert "Grey: fewer than 30 attempts, which say little." in chart.notes
    assert json.loads(chart.json)["faint"] == [False, True]


def test_percentiles_stand_over_the_bar_that_holds_them():
    records = [
        record(message_id=n, dlr_date=datetime(2026, 11, 20, 12) + timedelta(seconds=4))
        for n in range(10)
    ]
    chart = rhythm.delays(by(TOTAL, records, Links(query(), records)))
    assert chart.spec
    assert [line["index"] for line in chart.spec["percentiles"]] == [1, 1, 1]
    assert chart.spec["labels"][1] == "3 s – 6 s"
    assert chart.sub == "half within 4 s, 90 % within 4 s, 99 % within 4 s"
