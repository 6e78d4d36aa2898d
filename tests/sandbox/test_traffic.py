"""What the sandbox's traffic holds: pure, of the asked size, realistic, with nobody's numbers."""

import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import median

from sandbox import Faults, Sandbox, texts
from sandbox.clock import day_start, wall_of, wall_text
from sandbox.countries import COUNTRIES
from sandbox.plan import Planner
from sandbox.traffic import write_day
from tests.sandbox.conftest import ALL, NOW, ask, key

FICTION = {
    "FR": r"3363998\d{4}",
    "GB": r"447700900\d{3}",
    "US": r"1[2-9]\d\d55501\d\d",
    "CA": r"1[2-9]\d\d55501\d\d",
}


def test_the_same_seed_and_clock_give_the_same_bytes():
    one, other = (Sandbox(rows=3_000, seed=5, clock=NOW) for _ in range(2))
    for accept in ("application/json", "text/xml"):
        assert one.answer(ALL, accept) == other.answer(ALL, accept)


def test_another_seed_gives_other_traffic():
    one, other = (Sandbox(rows=3_000, seed=seed, clock=NOW) for seed in (1, 2))
    assert one.answer(ALL).body != other.answer(ALL).body


def test_a_day_does_not_depend_on_when_it_is_looked_at(small):
    start, end = datetime(2026, 1, 5), datetime(2026, 1, 5, 23, 59, 59)
    late = Sandbox(rows=2_000, seed=3, clock=NOW + timedelta(days=40))
    assert list(small.rows_between(start, end)) == list(late.rows_between(start, end))


def test_the_account_has_about_the_asked_number_of_rows(truth):
    assert 0.95 < len(truth) / 30_000 < 1.05


def test_a_default_account_has_200_000_rows_counted_without_writing_them():
    box = Sandbox(clock=NOW)
    assert 0.95 < ask(box, length=1)["totalRecords"] / 200_000 < 1.05
    assert len(box._days._blocks) < 15


def test_a_million_rows_are_counted_as_quickly():
    total = ask(Sandbox(rows=1_000_000, clock=NOW), length=1)["totalRecords"]
    assert 0.95 < total / 1_000_000 < 1.05


def test_a_days_planned_size_is_what_it_holds():
    planner = Planner(20_000, 7)
    for day in range(20_400, 20_460):
        lasting = [
            one for one in write_day(planner.plan(day), 7) if one.vanishes > day_start(30_000)
        ]
        assert len(lasting) == planner.plan(day).lasting


def test_an_empty_account_answers_with_no_rows():
    assert ask(Sandbox(rows=0, clock=NOW))["messages"] == []


def test_rows_older_than_six_months_are_forgotten(account, truth):
    assert min(row["date"] for row in truth) >= "2025-09-12 15:00:00"
    assert ask(account, date_end="2025-09-12 14:59:59")["totalRecords"] == 0


def test_the_last_seven_days_fit_a_live_analysis():
    box = Sandbox(clock=datetime(2026, 11, 23, 16))
    start, end = "2026-11-17 00:00:00", "2026-11-23 16:00:00"
    assert 3_000 < ask(box, date_start=start, date_end=end)["totalRecords"] <= 15_000


def test_a_bulk_campaign_puts_twenty_thousand_rows_on_one_second():
    box = Sandbox(clock=NOW)
    second = "2026-01-14 10:00:00"
    answer = ask(box, date_start=second, date_end=second)
    assert answer["totalRecords"] >= 20_000
    rows = list(box.rows_between(*[datetime.fromisoformat(second)] * 2))
    assert Counter(Counter(row["campaign_id"] for row in rows).values())[20_000] == 1
    assert len({row["destination"] for row in rows}) > 19_000


def test_ids_are_unique_in_a_type_and_collide_between_types(truth):
    keys = [key(row) for row in truth]
    assert len(set(keys)) == len(keys)
    outgoing = {number for kind, number in keys if kind == "sms_mt"}
    incoming = {number for kind, number in keys if kind == "sms_mo"}
    assert len(outgoing & incoming) > 100
    assert incoming - outgoing


def test_numbers_are_nobodys(truth):
    for row in truth:
        pattern = FICTION.get(row["country"])
        if pattern:
            assert re.fullmatch(pattern, row["destination"]), row["country"]
        elif row["type"] == "sms_mt":
            assert re.fullmatch(r"\d{4,9}0{2}\d{4}|225010000\d{4}", row["destination"])


def test_numbers_have_the_length_of_real_ones():
    for country in COUNTRIES:
        for customer in (0, 17, 9_999, 123_456):
            assert 10 <= len(country.number(customer)) <= 13
            assert country.number(customer) == country.number(customer % country.size)


def test_about_thirty_countries_with_their_own_prices(truth):
    prices = {row["country"]: row["cost"] for row in truth if row["cost"]}
    assert len(prices) > 28
    assert {type(row["cost"]) for row in truth} == {int, float, type(None)}


def test_customers_get_several_messages_and_answer(truth):
    threads = defaultdict(set)
    for row in truth:
        threads[row["sender" if row["type"] == "sms_mo" else "destination"]].add(key(row))
    assert median(sorted(len(thread) for thread in threads.values())[-500:]) >= 4


def test_an_incoming_row_is_shaped_like_the_providers(truth):
    incoming = [row for row in truth if row["type"] == "sms_mo"]
    assert len(incoming) > 500
    for row in incoming:
        fixed = (row["cost"], row["country"], row["dlr_date"], row["status_details"])
        assert fixed == (0, "", "", "")
        assert row["status"] == "incoming_message"
        assert row["sender"].isdigit()
        assert row["destination"] in {"36000", "38654"}


def test_replies_come_after_the_campaign_they_repeat(truth):
    sent = {row["campaign_id"]: row for row in truth if row["type"] == "sms_mt"}
    replies = [row for row in truth if row["type"] == "sms_mo" and row["campaign_id"]]
    for row in replies[50:]:  # the oldest may answer what has been forgotten
        parent = sent[row["campaign_id"]]
        assert row["date"] >= parent["date"]
        assert row["client_id"] == parent["client_id"]
    assert any(row["campaign_id"] is None for row in truth)


def test_there_are_opt_outs(truth):
    words = Counter(row["message"].upper()[:4] for row in truth if row["type"] == "sms_mo")
    assert words["STOP"] > 100


def test_hostile_texts_come_from_outside_and_inside(truth):
    incoming = {row["message"] for row in truth if row["type"] == "sms_mo"}
    assert set(texts.HOSTILE) <= incoming
    sent = " ".join(row["message"] for row in truth if row["type"] == "sms_mt")
    assert sum(text in sent for text in texts.HOSTILE) > 5


def test_texts_are_of_all_kinds(truth):
    everything = "".join(row["message"] for row in truth[:5_000])
    assert all(sign in everything for sign in "éÇ😀🎁رМ李[]")
    assert max(row["message_length"] for row in truth) > 160
    assert all(row["message_length"] == len(row["message"]) for row in truth)


def test_parts_are_counted_by_the_gsm_rules():
    cases = {
        "a" * 160: 1, "a" * 161: 2, "a" * 306: 2, "a" * 307: 3, "€" * 80: 1, "€" * 81: 2,
        "ç" * 70: 1, "ç" * 71: 2, "ç" * 134: 2, "ç" * 135: 3, "😀" * 35: 1, "😀" * 36: 2, "": 1,
    }  # fmt: skip
    assert {text: texts.count_parts(text) for text in cases} == cases


def test_senders_are_names_short_codes_or_empty(truth):
    senders = {row["sender"] for row in truth if row["type"] == "sms_mt"}
    assert {"", "36000"} < senders
    assert all(len(sender) <= 11 for sender in senders)
    assert any(sender.isalpha() for sender in senders)


def test_references_and_clients_differ(truth):
    references = {row["client_message_id"] for row in truth}
    assert {"", None} < references
    assert any(re.fullmatch(r"order-\d+", reference or "") for reference in references)
    assert len({row["client_id"] for row in truth}) >= 4
    assert {type(row["contact_list_id"]) for row in truth} == {int, str}


def test_every_status_and_its_reasons_appear(account, truth):
    reasons = defaultdict(set)
    later = account.rows_between(NOW, NOW + timedelta(days=1), NOW + timedelta(hours=20))
    for row in [*truth, *later]:
        reasons[row["status"]].add(row["status_details"])
    assert reasons.keys() == {
        "DELIVERED", "SENT", "UNDELIVERED", "NOT_SENT", "DENIED", "WAITING", "MODERATION",
        "incoming_message",
    }  # fmt: skip
    assert {"NOT_ALLOWED", "INVALID_DESTINATION"} < reasons["NOT_SENT"]
    assert {"NETWORK_ERROR", "EXPIRED", "NOT_DELIVERED"} < reasons["UNDELIVERED"]


def test_young_rows_are_sometimes_not_priced_yet(truth):
    young = [row for row in truth if row["date"] > "2026-03-12 14:30:00"]
    old = [row for row in truth if row["date"] < "2026-03-11 14:30:00"]
    assert any(row["cost"] is None for row in young)
    assert all(row["cost"] is not None for row in old)


def test_refused_messages_cost_nothing(truth):
    assert {row["cost"] for row in truth if row["status"] in {"NOT_SENT", "DENIED"}} == {0}


def test_delivery_differs_by_country_and_some_operators_send_no_receipts():
    box = Sandbox(rows=60_000, seed=7, clock=NOW)
    rows = box.rows_between(NOW - timedelta(days=60), NOW - timedelta(days=4))
    ends: dict[str, Counter] = defaultdict(Counter)
    for row in rows:
        ends[row["country"]][row["status"]] += 1
    assert ends["FR"]["DELIVERED"] / ends["FR"].total() > 0.93
    weak = sum((ends[code] for code in ("CM", "CI", "DZ", "TN", "MA")), Counter())
    assert weak["UNDELIVERED"] / weak.total() > 2 * ends["FR"]["UNDELIVERED"] / ends["FR"].total()
    assert ends["DZ"]["SENT"] / ends["DZ"].total() > 0.3
    assert ends["FR"]["SENT"] == 0


def test_receipts_take_seconds_with_a_long_tail(truth):
    delays = sorted(
        (datetime.fromisoformat(row["dlr_date"]) - datetime.fromisoformat(row["date"])).seconds
        for row in truth
        if row["status"] == "DELIVERED"
    )
    assert 3 < median(delays) < 30
    assert delays[len(delays) * 995 // 1000] > 300
    assert delays[-1] > 3_600


def test_days_have_working_hours_and_weeks_have_weekends(truth):
    hours: Counter = Counter()
    days: Counter = Counter()
    for row in truth:
        moment = datetime.fromisoformat(row["date"])
        hours[moment.hour] += 1
        days[moment.weekday()] += 1
    assert hours[14] > 5 * hours[3] > 0
    assert days[1] > 1.5 * days[6] > 0


def test_senegal_has_bad_hours_within_any_seven_days():
    box = Sandbox(seed=1)
    for shift in range(0, 14, 3):
        now = NOW + timedelta(days=shift)
        days: dict[str, Counter] = defaultdict(Counter)
        for row in box.rows_between(now - timedelta(days=7), now, now):
            if row["country"] == "SN":
                days[row["date"][:10]][row["status"]] += 1
        assert max(day["UNDELIVERED"] / day.total() for day in days.values()) > 0.35


def test_only_pending_rows_lie_in_the_future(truth):
    now = "2026-03-12 15:00:00"
    waiting = {row["date"] > now for row in truth if row["status"] == "WAITING"}
    assert True in waiting
    assert {row["status"] for row in truth if row["date"] > now} <= {"WAITING", "MODERATION"}


def test_the_missing_hour_of_spring_holds_no_row_F48():
    box = Sandbox(rows=500_000, clock=datetime(2026, 4, 20), faults=Faults(ties="stable"))
    night = box.rows_between(datetime(2026, 3, 29), datetime(2026, 3, 29, 23, 59, 59))
    hours = Counter(row["date"][11:13] for row in night)
    assert hours["01"]
    assert hours["03"]
    assert hours["02"] == 0


def test_the_repeated_hour_of_autumn_holds_both_its_passes_F47():
    end = datetime(2026, 10, 25, 2, 59, 59)
    box = Sandbox(rows=500_000)
    passes = []
    for fold in (0, 1):
        rows = box.rows_between(datetime(2026, 10, 25, 2), end, end.replace(fold=fold))
        passes.append({key(row) for row in rows})
    first, both = passes
    assert first < both
    assert len(both) > 1.3 * len(first)


def test_walls_of_the_clock_changes():
    spring, autumn = 20_541, 20_751  # 2026-03-29, 2026-10-25
    assert day_start(spring + 1) - day_start(spring) == 23 * 3600
    assert day_start(autumn + 1) - day_start(autumn) == 25 * 3600
    assert wall_text(wall_of(day_start(spring) + 7_199)) == "2026-03-29 01:59:59"
    assert wall_text(wall_of(day_start(spring) + 7_200)) == "2026-03-29 03:00:00"
    assert wall_text(wall_of(day_start(autumn) + 10_799)) == "2026-10-25 02:59:59"
    assert wall_text(wall_of(day_start(autumn) + 10_800)) == "2026-10-25 02:00:00"
