"""Rollups are what the rows say: after any change, in parts or as a whole; a wrong one is found."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.models import F

from messages_app.archive.columns import wall_seconds
from messages_app.archive.rollups import (
    BULK_DAYS,
    DAY,
    GRAINS,
    HOUR_TOTALS,
    HOURS,
    MONTH_HOURS,
    MONTHS,
    OF_MONTHS,
    differences,
    rebuild,
    rebuild_all,
)
from messages_app.models import Message, Rollup
from messages_app.sms.terms import BULK
from tests.analysis import rolled_rows
from tests.archive.filling import fill
from tests.campaign import rounds
from tests.factories import incoming, record

pytestmark = pytest.mark.django_db

SEEDS = range(rounds(sample=6, full=100))
NOON = datetime(2026, 11, 20, 12)


def stored() -> set[tuple[object, ...]]:
    """Every rollup with all its columns; of the delays, their order does not count."""
    rows = Rollup.objects.values_list(*(field.name for field in Rollup._meta.concrete_fields))
    return {
        (*row[:-1], "".join(sorted(row[-1].strip("{}").replace(" ", "").split(","))))
        for row in rows
    }


def rebuild_span(first: datetime, last: datetime, others: tuple[datetime, ...] = ()) -> None:
    with connection.cursor() as cursor:
        rebuild(cursor, wall_seconds(first), wall_seconds(last), map(wall_seconds, others))


def _add(random: Random) -> tuple[datetime, ...]:
    row = rolled_rows.row(random, random.randrange(10_000, 10**9))
    fill([row])
    return (row.date,)


def _remove(random: Random) -> tuple[datetime, ...]:
    row = random.choice(list(Message.objects.all()))
    row.delete()
    return (row.date,)


def _change(random: Random) -> tuple[datetime, ...]:
    row = random.choice(list(Message.objects.all()))
    row.state, row.cost = random.choice(("delivered", "withdrawn", "sent")), None
    row.save()
    return (row.date,)


def _move(random: Random) -> tuple[datetime, ...]:
    row = random.choice(list(Message.objects.all()))
    before, row.date = row.date, rolled_rows.moment(random)
    row.save()
    return before, row.date


CHANGES: tuple[Callable[[Random], tuple[datetime, ...]], ...] = (_add, _remove, _change, _move)


@pytest.mark.parametrize("seed", SEEDS)
def test_rebuilding_what_changed_gives_what_rebuilding_all_gives(seed):
    random = Random(seed)
    fill(rolled_rows.rows(random, 120))
    list(rebuild_all())
    for _ in range(10):
        touched = random.choice(CHANGES)(random)
        if random.random() < 0.5:
            rebuild_span(min(touched), max(touched))
        else:
            rebuild_span(touched[0], touched[0], touched)
    in_parts = stored()
    assert list(differences()) == []
    list(rebuild_all())
    assert stored() == in_parts
    Rollup.objects.all().delete()
    list(rebuild_all())
    assert stored() == in_parts


def test_two_transactions_never_rebuild_a_month_at_once():
    """The later one would add up its month without the days that the earlier one just wrote."""
    fill([record()])
    rebuild_span(NOON, NOON)
    other, second = connection.copy(), wall_seconds(NOON.replace(day=1))
    try:
        with other.cursor() as cursor:
            if other.vendor == "postgresql":
                cursor.execute("SET lock_timeout TO 100")
            with pytest.raises(OperationalError):
                rebuild(cursor, second, second, [second])
    finally:
        other.close()


def test_nothing_is_left_where_no_rows_are():
    fill([record(), record(message_id=2, date=NOON + timedelta(days=40))])
    list(rebuild_all())
    Message.objects.all().delete()
    list(rebuild_all())
    assert not Rollup.objects.exists()


def test_a_range_of_centuries_is_rebuilt_at_once():
    fill([record()])
    rebuild_span(datetime(1970, 1, 1), datetime(2999, 12, 31, 23, 59, 59))
    found = set(Rollup.objects.values_list("grain", flat=True))
    assert {grain.code for grain in GRAINS if grain is not BULK_DAYS} == found


@pytest.mark.parametrize(
    "date",
    [datetime(1969, 7, 20, 20, 17, 40), datetime(2024, 2, 29, 23, 59, 59), datetime(9999, 12, 31)],
)
def test_buckets_begin_where_they_do_on_the_wall(date):
    fill([record(date=date, dlr_date=None)])
    list(rebuild_all())
    midnight = date.replace(hour=0, minute=0, second=0)
    hour = date.replace(minute=0, second=0)
    month = midnight.replace(day=1)
    expected = {grain.code: midnight for grain in GRAINS if grain is not BULK_DAYS} | {
        HOURS.code: hour,
        HOUR_TOTALS.code: hour,
        **{grain.code: month for grain in OF_MONTHS},
        MONTH_HOURS.code: month + (hour - month) % timedelta(weeks=1),
    }
    assert dict(Rollup.objects.values_list("grain", "bucket")) == expected
    assert list(differences()) == []


def test_a_campaign_is_told_from_single_sends_day_by_day():
    day = datetime(2026, 11, 20)
    rows = [
        *(record(message_id=n, date=day, campaign_id=7) for n in range(BULK)),
        *(record(message_id=100 + n, date=day, campaign_id=8) for n in range(BULK - 1)),
        *(
            record(message_id=200 + n, date=day + timedelta(days=n % 2), campaign_id=9)
            for n in range(BULK)
        ),
        *(incoming(message_id=n, date=day, campaign_id=8) for n in range(BULK)),
        *(record(message_id=300 + n, date=day, campaign_id=None) for n in range(BULK)),
    ]
    fill(rows)
    list(rebuild_all())
    bulk = Rollup.objects.filter(grain=BULK_DAYS.code)
    assert set(bulk.values_list("value", "bucket")) == {("7", day)}


def test_no_rollup_names_who_sent_an_incoming_message():
    fill([incoming()])
    list(rebuild_all())
    assert not Rollup.objects.filter(value__contains=incoming().sender).exists()


def _spoil_a_count(random: Random) -> None:
    _one(random).update(rows=F("rows") + 1)


def _spoil_a_cost(random: Random) -> None:
    _one(random).update(cost=12_345)


def _spoil_delays(random: Random) -> None:
    _one(random).update(delays='{"999": 1}')


def _lose_one(random: Random) -> None:
    _one(random).delete()


def _invent_one(random: Random) -> None:
    one = _one(random).get()
    one.state = "invented"
    one.save(force_insert=True)


def _one(random: Random):
    chosen = random.choice(list(Rollup.objects.all()))
    return Rollup.objects.filter(pk=chosen.pk)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "spoil", [_spoil_a_count, _spoil_a_cost, _spoil_delays, _lose_one, _invent_one]
)
def test_a_wrong_rollup_is_found_and_mended(spoil, seed):
    random = Random(seed)
    fill(rolled_rows.rows(random, 60))
    list(rebuild_all())
    assert list(differences()) == []
    spoil(random)
    assert list(differences())
    list(rebuild_all())
    assert list(differences()) == []


def test_a_row_changed_behind_the_rollups_back_is_found_only_in_its_days():
    fill([record(), record(message_id=2, date=NOON - timedelta(days=3))])
    list(rebuild_all())
    Message.objects.filter(message_id=1).update(country="BE")
    second = wall_seconds(NOON)
    assert list(differences(second, second))
    assert not list(differences(second - 3 * DAY, second - 3 * DAY))


def test_the_command_counts_the_days_asked_for(capsys):
    fill([record(), record(message_id=2, date=NOON.replace(day=1))])
    call_command("rebuild_rollups", "--from", "2026-11-20", "--to", "2026-11-20")
    assert "1 days counted anew" in capsys.readouterr().out
    assert Rollup.objects.filter(grain=MONTHS.code).get().rows == 1
    call_command("rebuild_rollups")
    assert "2 days counted anew" in capsys.readouterr().out
    assert list(differences()) == []
    with pytest.raises(CommandError, match="lies before"):
        call_command("rebuild_rollups", "--from", "2026-11-21", "--to", "2026-11-20")


def test_the_command_derives_anew_what_texts_tell_and_keeps_what_was_derived_of_blanked_ones():
    """Rows that were archived before a release that reads them another way; figures follow."""
    texts = {"Stop": True, "stopwatch": False, "": True, "Ça va 😀": False}
    rows = [incoming(message_id=n, date=NOON, message=one) for n, one in enumerate(texts, 1)]
    fill(rows)
    wrong = {"is_opt_out": True, "parts": 9, "is_unicode": True, "is_named": True}
    Message.objects.update(**wrong)
    call_command("rebuild_rollups")
    held = Message.objects.order_by("message_id")
    assert [row.is_opt_out for row in held] == list(texts.values())
    assert [row.parts for row in held] == [1, 1, 9, 1]
    assert [row.is_unicode for row in held] == [False, False, True, True]
    assert not any(row.is_named for row in held)
    assert Rollup.objects.filter(grain=MONTHS.code).get().opt_outs == 2
    assert list(differences()) == []
