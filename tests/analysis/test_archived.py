"""The list from the archive equals the pure reading of the same rows, question by question."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from messages_app.analysis import archived
from messages_app.analysis.archived import Cursor, count_archived, list_archived, row_slices
from messages_app.analysis.archived_jumps import Jumps
from messages_app.analysis.archived_order import Order, Place
from messages_app.analysis.conditions import holds, narrowed
from messages_app.analysis.listing import sorted_records
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.rolled import dimension_of
from messages_app.analysis.statuses import MT_STATUSES, SORTS
from messages_app.archive import searching
from messages_app.archive.keys import key_of
from messages_app.archive.rollups import MONTH_TOTALS, MONTHS
from messages_app.archive.rows import ArchivedRecord, read_rows
from messages_app.models import Message, Rollup
from messages_app.provider import MessageRecord
from tests.archive.storing import READ_AT, roll_up, store
from tests.campaign import rounds
from tests.factories import incoming, record

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=ZoneInfo("Europe/Paris"))
DAY = datetime(2026, 11, 20)

TEXTS = [
    "", "a", "ab", "Bonjour", "bonjour", "BONJOUR à tous", "Straße", "STRASSE", "é", "e\u0301té",
    "100 % _off_ \\o/", "100 xx yoffy", "*", 'say "hi" AND "bye"', "😀😀😀😀", "ﬁn İstanbul",
    "code 482913", "code 482914", "مرحبا بك", "x" * 31 + "a", "x" * 32 + "b", "x" * 32 + "a",
    "ligne\nà la ligne", "y" * 3000, "\U0010ffff\U0010ffff", "␀ ab",
]  # fmt: skip
NUMBERS = ["33639980001", "33639980002", "3363998", "447700900123", "36000", ""]
SENDERS = ["ACME", "ACME2", "acme", "36000", "", "Ünïted", "33639980001", "\ud7ff", "\U0010ffff"]
REASONS = ["", "DELIVERED", "REJECTED", "–", "NETWORK_ERROR, 12"]
STATUSES = ["DELIVERED", "Delivered", "SENT", "NOT_SENT", "WAITING", "MODERATION", "BOUNCED"]
NEEDLES = [
    "a", "ab", "bonjour", "BONJOUR", "strasse", "Straße", "ß", "été", "e\u0301té", "%", "_off_", "\\o",
    '"hi" and', "AND", "😀😀😀", "😀😀😀😀😀", "fin", "istanbul", "482913", "4829", "xxa", "y" * 500,
    "\na l", "à la", "*", "\U0010ffff", "␀", "مرحبا", "no such text",
]  # fmt: skip


def some_seconds(chance: random.Random) -> int:
    """Often the same ones, else within two days or four months."""
    return chance.choice([0, 1, 2, 3600, chance.randrange(200_000), chance.randrange(10**7)])


def some_record(chance: random.Random, number: int) -> MessageRecord:
    """Any row, ugly ones among them; ids, seconds and values often collide."""
    changes: dict[str, Any] = {
        "message_id": number // 2,
        "date": DAY
        + timedelta(
            seconds=chance.choice([0, 1, 2, 3600, *map(chance.randrange, (200_000, 10**7))])
        ),
        "message": chance.choice(TEXTS),
        "destination": chance.choice(NUMBERS),
        "sender": chance.choice(SENDERS),
        "country": chance.choice(["FR", "FR", "BE", "SN", ""]),
        "cost": chance.choice([None, Decimal(0), Decimal(1), Decimal("0.065"), Decimal(-2)]),
        "status_details": chance.choice(REASONS),
        "campaign_id": chance.choice([None, 0, 7, 70, 2**63 - 1]),
        "client_id": chance.choice([None, 1, 2]),
        "client_message_id": chance.choice(["", "", "", "ref-1", "réf ☂"]),
        "extra": chance.choice([(), (("note", '"☂"'), ("x", "1.50"))]),
    }
    if number % 2:
        return incoming(**changes, type=chance.choice(["sms_mo", "sms_mo", "sms_hlr"]))
    return record(**changes, status=chance.choice(STATUSES))


def fill(chance: random.Random, count: int) -> list[ArchivedRecord]:
    """An archive of random rows, part of the texts not yet indexed, some changed or gone since."""
    first = [some_record(chance, number) for number in range(count)]
    gone = {row.key for row in first if chance.random() < 0.2}
    store(first, gone=gone)
    searching.index_new(limit=chance.choice([10, count // 2, 10 * count]))
    keys = [key_of(row.type, row.message_id) for row in first]
    for key in chance.sample(keys, count // 10):
        text = chance.choice(TEXTS)
        Message.objects.filter(key=key).update(message=text, folded=text.casefold())
    Message.objects.filter(key__in=chance.sample(keys, count // 10)).delete()
    searching.index_new(limit=chance.choice([0, 3, count]))
    roll_up()
    return read_rows(Message.objects.values_list("key", flat=True))


def maybe(chance: random.Random, share: float, values: list[Any], otherwise: Any = "") -> Any:
    return chance.choice(values) if chance.random() < share else otherwise


def some_query(chance: random.Random) -> MessageQuery:
    start = DAY + timedelta(seconds=chance.choice([-10, 0, 1, 2, 3600, 50_000]))
    width = chance.choice([0, 1, 3600, 86_400, 10**6, 10**6, 10**7, 10**7])
    several = lambda values: tuple(sorted(chance.sample(values, chance.randint(1, 3))))  # noqa: E731
    numbers = [*NUMBERS[:5], "3363998*", "3*", "44*", "9*"]
    statuses = [*sorted(MT_STATUSES), "other", "withdrawn"]
    return MessageQuery(
        now=NOW,
        period="custom",
        date_start=start,
        date_end=start + timedelta(seconds=width),
        destination=maybe(chance, 0.15, numbers),
        sender=maybe(chance, 0.15, [*SENDERS[:4], "ACM*", "\ud7ff*", "\U0010ffff*", "Ü*"]),
        message=maybe(chance, 0.25, NEEDLES),
        type=maybe(chance, 0.2, ["messages-in", "messages-out"]),
        countries=several(["BE", "FR", "SN"]) if chance.random() < 0.2 else (),
        statuses=several(statuses) if chance.random() < 0.3 else (),
        details=several(REASONS[1:]) if chance.random() < 0.15 else (),
        campaign=maybe(chance, 0.1, ["0", "7", "007", str(2**63 - 1), str(2**63), "-7", "x"]),
        client=maybe(chance, 0.1, ["1", "2", "٢", "9" * 40]),
        reference=maybe(chance, 0.1, ["ref-1", "réf ☂", "none"]),
        sort=chance.choice(["", "-"]) + chance.choice(SORTS),
        page=chance.choice([1, 1, 2, 3, 4, 9]),
        per_page=chance.choice([25, 25, 50]),
    )


def check(rows: list[ArchivedRecord], query: MessageQuery, chance: random.Random) -> None:
    wanted = sorted_records([row for row in rows if holds(row, query)], query)
    ends = query.offset + query.per_page
    found = list_archived(query)
    assert list(found.rows) == wanted[query.offset : ends], query
    assert found.has_next == (len(wanted) > ends), query
    told = dimension_of(query) is not None or query.offset >= archived.COUNTED
    known = len(wanted) <= archived.COUNTED or told
    total = len(wanted) if known else archived.COUNTED
    assert (found.total, found.is_total_known) == (total, known)
    assert count_archived(query) == len(wanted)
    if wanted:
        check_steps(wanted, query, chance.randrange(len(wanted)))


def check_steps(wanted: Sequence[MessageRecord], query: MessageQuery, at: int) -> None:
    """Next and previous page from the row at a place in the whole answer."""
    key, size = number(wanted[at]), query.per_page
    after = list_archived(query, cursor=Cursor(key))
    assert list(after.rows) == wanted[at + 1 : at + 1 + size], query
    assert after.has_next == (len(wanted) > at + 1 + size), query
    before = list_archived(query, cursor=Cursor(key, forward=False))
    if at < size:
        assert before == list_archived(query)
    else:
        assert list(before.rows) == wanted[at - size : at], query
        assert before.has_next


def number(row: MessageRecord) -> int:
    return key_of(row.type, row.message_id)


@pytest.mark.parametrize("seed", range(4))
def test_any_question_equals_its_pure_reading(db, monkeypatch, seed):
    chance = random.Random(seed)
    rows = fill(chance, 400)
    for _ in range(rounds(sample=60, full=1500)):
        monkeypatch.setattr(archived, "COUNTED", chance.choice([0, 10, 100_000]))
        named, few = chance.choice([(0, 0), (0, 5), (5, 10), (0, 20_000), (500, 20_000)])
        monkeypatch.setattr(searching, "NAMED", named)
        monkeypatch.setattr(searching, "FEW", few)
        monkeypatch.setattr(archived, "JUMPED", chance.choice([0, 60, 500]))
        monkeypatch.setattr(archived, "GATHERED", chance.choice([0, 30, 10_000]))
        check(rows, some_query(chance), chance)


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_far_page_by_country_passes_over_the_rows_of_an_hour(db, monkeypatch, sign):
    chance = random.Random(7)
    rows = fill(chance, 600)
    monkeypatch.setattr(archived, "JUMPED", 0)
    passed: list[int] = []
    find = Jumps.place

    def place(jumps: Jumps, number: int, order: Order) -> tuple[Place, int] | None:
        found = find(jumps, number, order)
        passed.extend(found[1:] if found else ())
        return found

    monkeypatch.setattr(Jumps, "place", place)
    query = over(DAY, 10**7, sort=f"{sign}country", statuses=("delivered", "sent"), per_page=25)
    pages = -(-list_archived(query).total // 25)
    assert pages > 4
    for page in range(1, pages + 2):
        check(rows, query.but(page=page), chance)
    hours = Counter((row.country, f"{row.date:%F %H}") for row in rows if holds(row, query))
    assert len(passed) >= pages
    assert max(passed) < max(hours.values())


@pytest.mark.parametrize("sort", ["country", "-country", "date", "-date"])
def test_a_far_page_is_told_to_the_second_and_also_within_hours(db, monkeypatch, sort):
    monkeypatch.setattr(archived, "JUMPED", 0)
    dates = [DAY + timedelta(seconds=second) for second in range(3570, 3630)]
    store(
        record(message_id=at, date=date, country=("FR", "BE")[at % 2])
        for at, date in enumerate([*dates, *(date + timedelta(hours=3) for date in dates)])
    )
    query = over(DAY + timedelta(seconds=3580), 3 * 3600 + 40, sort=sort, per_page=25)
    rows = read_rows(Message.objects.values_list("key", flat=True))
    wanted = sorted_records([row for row in rows if holds(row, query)], query)
    for page in range(1, 6):
        found = list_archived(query.but(page=page))
        assert list(found.rows) == wanted[page * 25 - 25 : page * 25], page


def test_counts_that_are_being_made_anew_empty_no_page(db, monkeypatch):
    monkeypatch.setattr(archived, "JUMPED", 0)
    for days, land in ((30, "BE"), (60, "FR")):
        store(
            record(message_id=days * 100 + at, date=DAY - timedelta(days=days), country=land)
            for at in range(60)
        )
    months = Rollup.objects.filter(grain__in=(MONTHS.code, MONTH_TOTALS.code))
    months.filter(bucket__gte=DAY - timedelta(days=51)).update(rows=80)
    months.filter(country="BE").update(rows=80)
    for sort in ("-date", "country"):
        query = over(DAY - timedelta(days=90), 10**7, sort=sort, page=4, per_page=25)
        assert len(list_archived(query).rows) == 25


def test_a_far_page_of_few_rows_by_country_is_read_by_what_they_are_found_by(db, monkeypatch):
    monkeypatch.setattr(archived, "JUMPED", 0)
    store(record(message_id=at, date=DAY, status="NOT_SENT", country="BE") for at in range(60))
    with CaptureQueriesContext(connection) as statements:
        query = over(DAY, 10**7, sort="country", statuses=("not_sent",), page=2, per_page=25)
        assert len(list_archived(query).rows) == 25
    # Of the order's own index all other rows would have to be passed.
    assert not [one for one in statements if "INDEXED BY message_country" in one["sql"]]


def test_slices_hold_no_more_where_rows_come_while_they_are_read(db):
    store(record(message_id=number, date=DAY + timedelta(days=1)) for number in range(100))
    sizes = []
    for number, part in enumerate(row_slices(over(DAY, 10**6), 10)):
        sizes.append(len(part))
        if not number:
            store(record(message_id=1000 + more, date=DAY) for more in range(300))
    assert (max(sizes), sum(sizes)) == (10, 400)


@pytest.mark.parametrize("seed", range(4))
def test_slices_of_rows_are_the_whole_list_in_its_order(db, seed):
    chance = random.Random(seed)
    rows = fill(chance, 400)
    for _ in range(rounds(sample=15, full=300)):
        query, size = some_query(chance), chance.choice([1, 7, 40, 500])
        wanted = sorted_records([row for row in rows if holds(row, query)], query)
        found = [list(part) for part in row_slices(query, size)]
        assert [key for part in found for key in part] == [number(row) for row in wanted], query
        assert all(len(part) <= size for part in found), query


def test_a_cursor_whose_row_is_gone_gives_way_to_the_page_s_number(db):
    store(record(message_id=number, date=DAY + timedelta(seconds=number)) for number in range(60))
    query = over(DAY, 3600, page=2, per_page=25)
    for forward in (True, False):
        gone = list_archived(query, cursor=Cursor(key_of("sms_mt", 999), forward=forward))
        assert [row.message_id for row in gone.rows] == list(range(34, 9, -1))


def test_a_cursor_holds_its_place_while_rows_arrive(db):
    store(record(message_id=number, date=DAY + timedelta(seconds=number)) for number in range(60))
    first = list_archived(over(DAY, 3600, per_page=25))
    store(
        record(message_id=number, date=DAY + timedelta(seconds=number)) for number in range(60, 90)
    )
    last = key_of("sms_mt", first.rows[-1].message_id)
    second = list_archived(over(DAY, 3600, page=2, per_page=25), cursor=Cursor(last))
    assert second.rows[0].message_id == first.rows[-1].message_id - 1


def test_a_page_past_the_end_is_empty_and_counts(db):
    store(record(message_id=number) for number in range(30))
    found = list_archived(over(DAY, 86_400, page=3, per_page=25))
    assert (found.rows, found.total, found.has_next) == ((), 30, False)


def test_a_row_comes_back_with_all_that_is_known_of_it(db):
    waits = record(status="WAITING", extra=(("note", '"☂"'),), cost=Decimal("0.065"))
    store([waits], gone=[waits.key])
    (found,) = read_rows([key_of(waits.type, waits.message_id)])
    reported = {f.name: getattr(found, f.name) for f in fields(MessageRecord)}
    assert MessageRecord(**reported) == waits
    assert (found.status_name, found.state, found.key) == ("waiting", "withdrawn", waits.key)
    assert (found.gone_at, found.read_at) == (READ_AT, READ_AT)


def over(start: datetime, seconds: int, **changes: Any) -> MessageQuery:
    end = start + timedelta(seconds=seconds)
    return MessageQuery(now=NOW, period="custom", date_start=start, date_end=end, **changes)


FILTERS: list[dict[str, Any]] = [
    {"destination": NUMBERS[0]},
    {"sender": "ACME"},
    {"countries": ("FR",)},
    {"statuses": ("delivered",)},
    {"campaign": "7"},
]


@pytest.mark.parametrize("sort", [sign + key for key in SORTS for sign in ("", "-")])
@pytest.mark.parametrize("huge", [False, True])
def test_no_order_sorts_a_long_list(db, monkeypatch, sort, huge):
    monkeypatch.setattr(archived, "GATHERED", 0)
    query = over(DAY, 10**7, sort=sort)
    index = "message_" + {"message": "text"}.get(sort.strip("-"), sort.strip("-"))
    check_plan(query, index, total=archived.COUNTED if huge else 2000)


@pytest.mark.parametrize("narrow", FILTERS, ids=lambda narrow: next(iter(narrow)))
@pytest.mark.parametrize("sort", ["date", "-date"])
def test_a_single_filter_s_index_holds_the_order_of_time(db, narrow, sort):
    name = {"countries": "country", "statuses": "state"}.get(*[next(iter(narrow))] * 2)
    check_plan(over(DAY, 10**7, sort=sort, **narrow), f"message_{name}", total=archived.COUNTED)


ONE_NUMBER: list[dict[str, Any]] = [
    {"destination": NUMBERS[0], "statuses": ("delivered",)},
    {"destination": NUMBERS[0], "statuses": ("delivered", "other")},
    {"destination": NUMBERS[0], "countries": ("BE",)},
    {"sender": NUMBERS[0], "details": ("EXPIRED",)},
]


@pytest.mark.parametrize("narrow", ONE_NUMBER, ids="-".join)
def test_what_is_asked_of_one_number_is_read_off_its_own_rows(db, narrow):
    query = over(DAY, 10**7, **narrow)
    index = f"message_{next(iter(narrow))}"
    is_told = connection.vendor == "sqlite"  # PostgreSQL chooses by figures of its own
    if is_told:
        check_plan(query, index, total=archived.COUNTED)
    with CaptureQueriesContext(connection) as statements:
        count_archived(query, 10)
        archived.is_archived(query)
    assert len(statements) == 2
    assert [f"INDEXED BY {index}" in one["sql"] for one in statements] == [is_told] * 2


def test_a_sender_name_and_a_text_are_not_read_off_all_rows_of_a_sender():
    assert archived.index_of_number(over(DAY, 1, sender="ACME")) == ""
    assert archived.index_of_number(over(DAY, 1, destination=f"{NUMBERS[0][:5]}*")) == ""
    assert archived.index_of_number(over(DAY, 1, sender=NUMBERS[0], message="rare")) == ""


def check_plan(query: MessageQuery, index: str, total: int) -> None:
    """The keys of a page come off this index as they stand, from any place.

    PostgreSQL may choose the index by time instead: it goes by figures, and there are none of no rows.
    """
    asked = archived._Asked(query, narrowed(query), Order.of(query))
    place = Place(place_values(asked.order), DAY)
    parts = [Q(date__range=query.span), *asked._parts(place, asked.order)]
    for part in parts:
        plan = plan_of(asked.rows_of(part, asked.order, total, 50)[:50])
        assert index in plan or (connection.vendor == "postgresql" and "message_date" in plan)
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan


def place_values(order: Order) -> tuple[Any, ...]:
    numbers = ("cost", "parts")
    first: list[Any] = [5 if order.column in numbers else "x"] if order.column else []
    return (*first, 20, 4)


def plan_of(keys: QuerySet[Message, int]) -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # A table with no rows is read whole, whatever indexes it has.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    return keys.explain()
