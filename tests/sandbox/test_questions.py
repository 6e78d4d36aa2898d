"""Every parameter of `GET /messages` against a plain filter over the truth; sorts, pages, refusals."""

import itertools
from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest

from sandbox import Faults, Sandbox
from sandbox.days import unaccented
from tests.campaign import rounds
from tests.sandbox.conftest import NOW, ask, found, key

TYPES = {"messages-in": "sms_mo", "messages-out": "sms_mt"}


def passes(row, params):
    """Tell by the provider's page whether a row belongs to a question."""
    return (
        params["date_start"] <= row["date"] <= params["date_end"]
        and params.get("destination", row["destination"]) == row["destination"]
        and params.get("message", "").casefold() in row["message"].casefold()
        and TYPES.get(params.get("type"), row["type"]) == row["type"]
        and params.get("country", row["country"]) == row["country"]
        and params.get("status", row["status"]).lower() == row["status"].lower()
    )


def random_question(random, truth):
    """Return parameters drawn around the values of one row, so that most find something."""
    row = random.choice(truth)
    moment = datetime.fromisoformat(row["date"])
    before, after = (timedelta(hours=random.choice((0, 0, 5, 100, 2_000))) for _ in range(2))
    params = {"date_start": str(moment - before), "date_end": str(moment + after)}
    words = row["message"].split() or [""]
    choices = {
        "destination": row["destination"],
        "message": random.choice((random.choice(words), row["message"][3:30], "É", "code")),
        "type": random.choice(list(TYPES)),
        "country": row["country"] or "FR",
        "status": random.choice((row["status"].lower(), "delivered", "undelivered")),
    }
    choices["status"] = choices["status"].replace("incoming_message", "sent")
    names = random.sample(list(choices), random.choice((0, 1, 1, 2, 3)))
    return params | {name: choices[name] for name in names if choices[name]}


@pytest.mark.parametrize("number", range(rounds(sample=30, full=1_000)))
def test_a_question_finds_exactly_the_rows_of_a_plain_filter(account, truth, number):
    params = random_question(Random(number), truth)
    expected = [row for row in truth if passes(row, params)]
    rows = found(account, **params, sort="date")
    assert rows == expected
    answer = ask(account, **params, length=3)
    within = [r for r in truth if params["date_start"] <= r["date"] <= params["date_end"]]
    totals = answer["totalRecords"], answer["totalDisplayRecords"]
    assert totals == (len(within), len(expected))


@pytest.mark.parametrize("sort", ["date", "destination", "sender", "status"])
def test_each_sort_orders_all_rows_both_ways(account, truth, sort):
    params = {"date_start": "2026-02-20 00:00:00"}
    expected = sorted(
        (row for row in truth if row["date"] >= "2026-02-20 00:00:00"), key=lambda row: row[sort]
    )
    assert found(account, **params, sort=sort) == expected
    assert found(account, **params, sort=f"-{sort}") == expected[::-1]


def test_without_a_sort_the_newest_come_first(account, truth):
    assert ask(account)["messages"] == truth[::-1][:1000]


def test_a_page_holds_100_rows_by_default_and_1000_at_most(account):
    assert len(ask(account, length="")["messages"]) == 100
    assert len(ask(account, length=5000)["messages"]) == 1000
    assert ask(account, length=0)["messages"] == []


def test_a_start_past_the_end_gives_an_empty_page(account, truth):
    assert ask(account, start=len(truth))["messages"] == []
    assert len(ask(account, start=len(truth) - 3)["messages"]) == 3


def test_country_and_status_are_blind_to_case(account):
    assert ask(account, country="fr", status="DELIVERED") == ask(
        account, country="FR", status="delivered"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date_start", ""), ("date_end", ""), ("date_start", "2023-09-31 00:00:00"),
        ("date_end", "2026-02-29 00:00:00"), ("date_end", "2026-02-20"),
        ("date_start", "2026-02-20T00:00:00"), ("date_start", "2026-02-20 24:00:00"),
        ("date_start", "٢٠٢٦-02-20 00:00:00"), ("type", "sms_mt"), ("country", "FRA"),
        ("country", "F1"), ("status", "incoming_message"), ("status", "lost"), ("sort", "cost"),
        ("sort", "--date"), ("start", "-1"), ("start", "x"), ("length", "-5"), ("length", "1.5"),
        ("length", "9" * 30),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused_by_name_without_its_value(account, name, value):
    answer = ask(account, **{name: value})
    assert answer["status"] == -7
    assert answer["details"].startswith(name)
    assert not value or value not in answer["details"]
    assert "messages" not in answer


def test_a_missing_date_is_refused(account):
    status, _, body = account.answer({"date_start": "2026-01-01 00:00:00"})
    assert status == 200
    assert b'"status":-7' in body
    assert b"date_end is required" in body


def test_unknown_parameters_are_ignored(account):
    assert ask(account, sender="Tavelune") == ask(account)


def test_a_reversed_range_holds_nothing(account):
    answer = ask(account, date_start="2026-03-01 12:00:00", date_end="2026-03-01 11:00:00")
    assert (answer["status"], answer["totalRecords"], answer["messages"]) == (1, 0, [])


def test_a_wrong_token_gets_the_recorded_answer(account):
    answer = account.answer({}, token="wrong")
    assert answer.status == 200
    assert answer.body.decode("ascii") == (
        '{"status":-1,"message":"Le login et le mot de passe ne correspondent pas",'
        '"details":"Token invalide"}'
    )


# Guesses about the real API, as switches


def bulk():
    """Return an account with random ties, and parameters of its one heavy second."""
    second = "2026-01-14 10:00:00"
    return Sandbox(rows=20_000, seed=7, clock=NOW), {"date_start": second, "date_end": second}


def test_ties_stand_in_a_new_order_in_each_answer_F32():
    box, params = bulk()
    assert ask(box, **params, length=1)["totalRecords"] >= 2_000
    orders = [[key(row) for row in ask(box, **params)["messages"]] for _ in range(3)]
    assert orders[0] != orders[1] != orders[2]
    assert all(len(set(order)) == 1_000 for order in orders)


def test_random_ties_show_each_row_of_a_group_equally_often():
    box, params = bulk()
    seen = Counter(
        key(row) for _ in range(40) for row in ask(box, **params, length=500)["messages"]
    )
    assert len(seen) > 1_900
    assert max(seen.values()) < 30


@pytest.mark.parametrize("sort", ["date", "-date", "destination", "-sender", "status"])
def test_random_ties_only_ever_change_places_among_equals(account, restless, sort):
    expected = ask(account, sort=sort, start=150)["messages"]
    rows = ask(restless, sort=sort, start=150)["messages"]
    name = sort.removeprefix("-")
    assert [row[name] for row in rows] == [row[name] for row in expected]
    assert len({key(row) for row in rows}) == len(rows)


@pytest.mark.parametrize(("start", "end"), [("exclusive", "inclusive"), ("inclusive", "exclusive")])
def test_bounds_can_be_exclusive_at_each_side_F38(account, start, end):
    box = Sandbox(30_000, 7, clock=NOW, faults=Faults(start_bound=start, end_bound=end))
    low, high = "2026-01-14 10:00:00", "2026-01-21 11:45:00"
    rows = [row["date"] for row in account.rows_between(*map(datetime.fromisoformat, (low, high)))]
    dates = [row["date"] for row in found(box, date_start=low, date_end=high, sort="date")]
    assert dates == [
        date
        for date in rows
        if (date > low or start == "inclusive") and (date < high or end == "inclusive")
    ]
    assert low in rows


def test_bounds_can_be_ignored_F38(account, truth):
    box = Sandbox(30_000, 7, clock=NOW, faults=Faults(start_bound="ignored", end_bound="ignored"))
    day = {"date_start": "2026-01-14 10:00:00", "date_end": "2026-01-14 11:00:00"}
    assert ask(box, **day)["totalRecords"] == len(truth)


def test_a_destination_can_match_in_part_or_an_incoming_handset(small):
    reply = next(row for row in small.rows() if row["type"] == "sms_mo")
    handset = reply["sender"]
    threads = [r for r in small.rows() if handset in (r["destination"], r["sender"])]
    assert reply not in found(small, destination=handset)
    small.faults = Faults(ties="stable", match_destination="handset")
    assert found(small, destination=handset, sort="date") == threads
    small.faults = Faults(ties="stable", match_destination="contains")
    expected = [row for row in small.rows() if "0007" in row["destination"]]
    assert found(small, destination="0007", sort="date") == expected


@pytest.mark.parametrize(
    ("match", "passing"),
    [
        ("blind", lambda text: "é" in text.casefold()),
        ("case", lambda text: "é" in text),
        ("accents", lambda text: "e" in unaccented(text)),
    ],
)
def test_texts_can_match_with_case_or_without_accents(small, match, passing):
    small.faults = Faults(ties="stable", match_message=match)
    expected = [row for row in small.rows() if passing(row["message"])]
    assert found(small, message="é", sort="date") == expected


def test_a_text_is_never_found_across_two_messages(small):
    rows = list(small.rows())
    for one, other in itertools.pairwise(rows[:41]):
        seam = one["message"][-4:] + "\0" + other["message"][:4]
        assert ask(small, message=seam)["messages"] == []


@pytest.mark.parametrize(
    ("kind", "within", "passing"),
    [
        ("page", 7, 7), ("zero", 0, 0), ("negative", -1, -1), ("null", None, None),
        ("text", "many", ""), ("huge", 10**18, 10**18), ("fewer", 3, 3),
    ],
)  # fmt: skip
def test_totals_can_be_read_otherwise_or_lie_F37(small, kind, within, passing):
    small.faults = Faults(totals=kind)
    answer = ask(small, length=7)
    assert (answer["totalRecords"], answer["totalDisplayRecords"]) == (within, passing)


def test_totals_can_be_too_many_or_missing_F37(small):
    right = ask(small, country="FR")
    small.faults = Faults(totals="more")
    wrong = ask(small, country="FR")
    assert wrong["totalDisplayRecords"] == right["totalDisplayRecords"] + 7
    small.faults = Faults(totals="missing")
    assert "totalRecords" not in ask(small)


def test_a_page_can_be_capped_lower_than_asked_F34(small):
    small.faults = Faults(cap=30, ties="stable")
    assert len(ask(small)["messages"]) == 30
    assert len(found(small)) == len(list(small.rows()))
