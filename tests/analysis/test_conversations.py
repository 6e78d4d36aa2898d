"""What belongs to a conversation, what a reply answers, and what disregards an opt-out."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messages_app.analysis.archived_conversations import (
    archived_own,
    archived_stretch,
    new_rows,
    received_from,
    sent_to,
)
from messages_app.analysis.conversations import (
    Place,
    Stretch,
    disregards,
    handset_of,
    own_figures,
    place_of,
    sent_of,
    stretch,
    turns,
)
from messages_app.analysis.query import MessageQuery
from messages_app.archive.rows import ArchivedRecord
from messages_app.provider import MessageRecord
from messages_app.sms.terms import WITHDRAWN
from tests.archive.storing import store
from tests.campaign import rounds
from tests.factories import PLAIN, incoming, record

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Paris"))
NOON = PLAIN.date
NUMBER = PLAIN.destination
MINUTE = timedelta(minutes=1)


def at(minutes: int) -> datetime:
    return NOON + minutes * MINUTE


def told(*rows: MessageRecord, opted_out: datetime | None = None):
    return turns(stretch(rows, None, 50), opted_out)


def test_the_handset_is_who_sent_an_incoming_message_and_who_got_any_other():
    assert handset_of(incoming(sender="33639980009")) == "33639980009"
    assert handset_of(record(destination="33639980008")) == "33639980008"
    assert handset_of(record(type="sms_fax", destination="33639980007")) == "33639980007"


def test_a_stretch_is_the_latest_rows_before_a_place_oldest_first_and_each_once():
    rows = [record(message_id=n, date=at(n)) for n in (3, 1, 5, 2, 4, 4)]
    found = stretch(rows, Place(at(5), 20), 2)
    assert [row.message_id for row in found.rows] == [3, 4]
    assert [row.message_id for row in found.earlier] == [1, 2]
    assert found.before == place_of(record(message_id=3, date=at(3)))
    assert stretch(rows, found.before, 2).before is None
    assert stretch([], None, 2) == Stretch()


def test_of_two_readings_of_a_row_the_later_given_counts():
    old, new = record(status="SENT"), record()
    assert stretch([old, new], None, 5).rows == (new,)


def test_rows_of_one_second_are_told_apart_by_their_keys():
    rows = [record(message_id=n) for n in range(1, 7)]
    first = stretch(rows, None, 4)
    rest = stretch(rows, first.before, 4)
    assert [row.message_id for row in (*rest.rows, *first.rows)] == [1, 2, 3, 4, 5, 6]


def test_gaps_are_counted_in_midnights():
    found = told(
        record(message_id=1, date=datetime(2026, 11, 2, 23, 59)),
        record(message_id=2, date=datetime(2026, 11, 3, 0, 1)),
        record(message_id=3, date=datetime(2026, 11, 9, 8)),
    )
    assert [turn.days for turn in found] == [None, 1, 6]


def test_the_gap_before_a_stretch_is_known_by_the_rows_before_it():
    rows = [record(message_id=n, date=NOON + timedelta(days=3 * n)) for n in range(4)]
    assert [turn.days for turn in turns(stretch(rows, None, 2))] == [3, 3]


def test_a_reply_answers_the_latest_message_that_may_have_been_read():
    found = told(
        record(message_id=1, date=at(0)),
        record(message_id=2, date=at(1), status="SENT"),
        record(message_id=3, date=at(2), status="UNDELIVERED"),
        record(message_id=4, date=at(3), status="WAITING"),
        incoming(message_id=5, date=at(4), campaign_id=None),
    )
    assert found[-1].answers is not None
    assert found[-1].answers.message_id == 2


def test_a_reply_answers_the_campaign_that_the_provider_names_with_it():
    found = told(
        record(message_id=1, date=at(0), campaign_id=10),
        record(message_id=2, date=at(1), campaign_id=11),
        incoming(message_id=3, date=at(2), campaign_id=10),
        incoming(message_id=4, date=at(3), campaign_id=99),
    )
    assert [turn.answers and turn.answers.message_id for turn in found] == [None, None, 1, 2]


def test_a_reply_may_answer_a_message_of_the_stretch_before():
    rows = [record(message_id=1, date=at(0)), incoming(message_id=2, date=at(1))]
    (turn,) = turns(stretch(rows, None, 1))
    assert turn.answers == rows[0]


def test_what_comes_first_answers_nothing_and_an_opt_out_is_no_reply():
    found = told(
        incoming(message_id=1, date=at(0), message="Bonjour"),
        record(message_id=2, date=at(1)),
        incoming(message_id=3, date=at(2), message=" stop. merci"),
    )
    assert [turn.answers for turn in found] == [None, None, None]
    assert [turn.is_opt_out for turn in found] == [False, False, True]


@pytest.mark.parametrize(
    ("status", "is_flagged"),
    [
        ("DELIVERED", True), ("SENT", True), ("UNDELIVERED", True), ("WAITING", True),
        ("MODERATION", True), ("ANYTHING", True), ("NOT_SENT", False), ("DENIED", False),
    ],
)  # fmt: skip
def test_a_message_that_leaves_after_an_opt_out_is_flagged(status, is_flagged):
    found = told(
        record(message_id=1, date=at(0)),
        incoming(message_id=2, date=at(1), message="STOP"),
        record(message_id=3, date=at(2), status=status),
    )
    assert [turn.opted_out for turn in found] == [None, None, at(1) if is_flagged else None]


def test_a_message_of_the_opt_out_s_own_second_is_not_after_it():
    assert not disregards(record(date=at(0)), at(0))
    assert disregards(record(date=at(0) + timedelta(seconds=1)), at(0))
    assert not disregards(incoming(date=at(5)), at(0))
    assert not disregards(record(), None)


def test_an_opt_out_of_long_ago_flags_what_is_sent_today():
    (turn,) = told(record(date=at(0)), opted_out=at(-90_000))
    assert turn.opted_out == at(-90_000)


def test_own_figures_are_those_of_the_metrics():
    rows = [
        *(record(message_id=n, date=at(n)) for n in range(3)),
        record(message_id=4, date=at(4), status="UNDELIVERED"),
        incoming(message_id=5, date=at(5), message="stop"),
        incoming(message_id=6, date=at(6), message="ok"),
        record(message_id=7, date=at(7), status="SENT"),
        record(message_id=8, date=at(8), status="DENIED"),
    ]
    own = own_figures(rows, NOW)
    assert (own.found.outgoing, own.found.incoming, own.found.delivery_rate) == (6, 2, 0.5)
    assert own.found.delay(0.5) is not None
    assert own.last_delivered == rows[2]
    assert (own.opted_out, own.disregarding) == (at(5), 1)
    empty = own_figures([], NOW)
    assert (empty.found.delivery_rate, empty.last_delivered, empty.opted_out) == (None, None, None)


# The archive

STATUSES = (
    "DELIVERED",
    "SENT",
    "UNDELIVERED",
    "NOT_SENT",
    "DENIED",
    "WAITING",
    "MODERATION",
    "ODD",
)
TEXTS = ("ok", "STOP", "Merci", "stop !", "Oui")


def generated(
    chance: random.Random, count: int, replies: tuple[float, float] = (0.3, 0.3)
) -> list[MessageRecord]:
    """Messages of a few numbers, many of them on the same seconds.

    `replies`: the share of incoming messages in the earlier and in the later half of the time.
    """
    rows = []
    for number in range(1, count + 1):
        handset = f"3363998000{chance.randrange(3)}"
        second = NOON - timedelta(hours=chance.randrange(60), seconds=chance.randrange(2))
        campaign = chance.choice([None, *range(1, 9)])
        is_late = second >= NOON - timedelta(hours=30)
        if chance.random() < replies[is_late]:
            rows.append(incoming(
                message_id=number, date=second, sender=handset, campaign_id=campaign,
                message=chance.choice(TEXTS if chance.random() < 0.3 else TEXTS[:1]),
            ))  # fmt: skip
            continue
        status = chance.choice(STATUSES)
        cost = chance.choice([None, Decimal(1), Decimal("0.75")])
        rows.append(record(
            message_id=number, date=second, destination=handset, campaign_id=campaign,
            status=status, cost=cost, type=chance.choice(["sms_mt"] * 9 + ["sms_fax"]),
            **({"dlr_date": second + timedelta(seconds=9)} if status == "DELIVERED" else {}),
        ))  # fmt: skip
    return rows


def question(number: str = NUMBER) -> MessageQuery:
    query = MessageQuery(now=NOW, destination=number)
    return query.within(datetime(2026, 5, 1), datetime(2027, 11, 23, 23, 59, 59))


def plain(record: MessageRecord) -> MessageRecord:
    """A row of the archive without what only the archive knows."""
    names = MessageRecord.__dataclass_fields__
    return MessageRecord(**{name: getattr(record, name) for name in names})


@pytest.mark.django_db
@pytest.mark.parametrize("replies", [(0.3, 0.3), (0.05, 0.9), (0.9, 0.05)], ids=str)
@pytest.mark.parametrize("seed", range(rounds(sample=4, full=60)))
def test_the_archive_tells_a_conversation_as_the_pure_functions_do(seed, replies):
    chance = random.Random(seed)
    rows = generated(chance, 160, replies)
    gone = {row.key for row in rows if chance.random() < 0.1}
    store(rows, gone=gone)
    for number in {handset_of(row) for row in rows}:
        mine = [row for row in rows if handset_of(row) == number]
        seen: list[MessageRecord] = []
        before = None
        size = chance.choice([1, 7, 40])
        for _step in range(200):
            found = archived_stretch(question(number), before, size)
            wanted = stretch(mine, before, size)
            assert [plain(row) for row in found.rows] == list(wanted.rows)
            assert found.before == wanted.before
            if not gone & {row.key for row in mine}:
                assert [turn.answers and turn.answers.key for turn in turns(found)] == [
                    turn.answers and turn.answers.key for turn in turns(wanted)
                ]
            seen = [*found.rows, *seen]
            if found.before is None:
                break
            before = found.before
        assert [row.key for row in seen] == [row.key for row in sorted(mine, key=place_of)]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(rounds(sample=4, full=60)))
def test_the_archive_s_own_figures_are_those_of_all_its_rows(seed):
    chance = random.Random(seed)
    rows = generated(chance, 160)
    store(rows)
    for number in {handset_of(row) for row in rows}:
        mine = [row for row in rows if handset_of(row) == number]
        found, wanted = archived_own(question(number)), own_figures(mine, NOW)
        assert found.found.totals() == wanted.found.totals()
        assert (found.opted_out, found.disregarding) == (wanted.opted_out, wanted.disregarding)
        assert (found.last_delivered and found.last_delivered.key) == (
            wanted.last_delivered and wanted.last_delivered.key
        )


@pytest.mark.django_db
def test_what_was_withdrawn_disregards_nothing_and_is_not_answered():
    rows = [
        record(message_id=1, date=at(0)),
        record(message_id=2, date=at(1), status="WAITING"),
        incoming(message_id=3, date=at(2), campaign_id=None, message="ok"),
        incoming(message_id=4, date=at(3), message="stop"),
        record(message_id=5, date=at(4), status="WAITING"),
    ]
    store(rows, gone={rows[1].key, rows[4].key})
    found = turns(archived_stretch(question(), None, 50))
    assert isinstance(found[1].record, ArchivedRecord)
    assert found[1].record.state == WITHDRAWN
    assert found[2].answers is not None
    assert found[2].answers.message_id == 1
    assert [turn.opted_out for turn in found] == [None] * 5
    own = archived_own(question())
    assert (own.disregarding, sent_of(own.found)) == (0, 1)


def answers_of(rows: list[MessageRecord], size: int) -> list[int | None]:
    """Which message each reply of the archive's latest stretch answers."""
    store(rows)
    told = turns(archived_stretch(question(), None, size))
    replies = [turn for turn in told if turn.record.type == "sms_mo"]
    return [turn.answers.message_id if turn.answers else None for turn in replies]


@pytest.mark.django_db
def test_a_reply_answers_the_last_readable_message_however_old_the_replies_at_hand_are():
    rows = [
        *(incoming(message_id=n, date=at(-100 + n)) for n in range(1, 4)),
        record(message_id=1, date=at(-20)),
        *(record(message_id=n, date=at(-10 + n), status="UNDELIVERED") for n in range(2, 6)),
        incoming(message_id=9, date=at(0), campaign_id=None),
    ]
    assert answers_of(rows, 2) == [1]


@pytest.mark.django_db
def test_a_reply_answers_its_campaign_of_before_though_that_sends_again_after_it():
    rows = [
        record(message_id=1, date=at(-90), campaign_id=7),
        *(record(message_id=n, date=at(-80 + n), campaign_id=n + 100) for n in range(2, 12)),
        incoming(message_id=1, date=at(1), campaign_id=7),
        record(message_id=12, date=at(2), campaign_id=7),
    ]
    assert answers_of(rows, 3) == [1]


@pytest.mark.django_db
def test_each_of_several_replies_finds_its_own_campaign_far_back():
    rows = [
        record(message_id=1, date=at(-90), campaign_id=7),
        *(record(message_id=n, date=at(-80 + n), campaign_id=8) for n in range(2, 8)),
        *(record(message_id=n, date=at(-60 + n), campaign_id=9) for n in range(8, 16)),
        incoming(message_id=1, date=at(1), campaign_id=7),
        incoming(message_id=2, date=at(2), campaign_id=8),
    ]
    assert answers_of(rows, 2) == [1, 7]


@pytest.mark.django_db
def test_the_last_delivered_message_is_read_off_the_number_s_own_rows():
    with CaptureQueriesContext(connection) as statements:
        archived_own(question())
    asked = [one["sql"] for one in statements if "'delivered'" in one["sql"]]
    asked = [sql for sql in asked if "LIMIT 1" in sql]
    # PostgreSQL chooses by figures of its own; SQLite keeps none.
    told = ["INDEXED BY message_destination" in sql for sql in asked]
    assert told == [connection.vendor == "sqlite"]


@pytest.mark.django_db
def test_rows_that_the_archive_lacks_are_told_from_those_it_holds():
    rows = [incoming(message_id=n) for n in range(1, 5)]
    store(rows[:2])
    assert new_rows(rows) == rows[2:]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [40, 2_000])
def test_a_stretch_takes_as_many_statements_however_long_the_conversation_is(count):
    store([
        *(record(message_id=n, date=at(-n), campaign_id=n) for n in range(1, count)),
        *(incoming(message_id=n, date=at(-n), campaign_id=5 * n) for n in range(1, count, 4)),
    ])  # fmt: skip
    with CaptureQueriesContext(connection) as statements:
        archived_stretch(question(), None, 20)
    assert len(statements) == 6
    with CaptureQueriesContext(connection) as statements:
        archived_own(question())
    assert len(statements) <= 8


def test_the_two_sides_of_a_conversation_are_questions_of_the_list():
    query = question()
    assert (sent_to(query).destination, sent_to(query).sender) == (NUMBER, "")
    assert (received_from(query).destination, received_from(query).sender) == ("", NUMBER)
    assert sent_to(query).span == received_from(query).span == query.span
