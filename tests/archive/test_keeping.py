"""Windows go into the archive whole or not at all, late, twice, or in any order."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection

from messages_app.archive import keeping, points
from messages_app.archive.claims import LEASE, LostClaim, claim, confirm, release
from messages_app.archive.columns import micros
from messages_app.archive.keeping import keep
from messages_app.archive.keys import key_of
from messages_app.archive.rollups import differences
from messages_app.archive.windows import Proven, Unproven, Window
from messages_app.models import Claim, Message, Observation, Span
from tests.factories import incoming, record

ZONE = ZoneInfo("Europe/Paris")
DAY = datetime(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12)
HOUR = timedelta(hours=1)
MORNING = Window(DAY, NOON - timedelta(seconds=1))
AFTERNOON = Window(NOON, DAY + timedelta(days=1) - timedelta(seconds=1))
LONG_AGO = datetime(2026, 5, 20)
READ = datetime(2026, 11, 21, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    return claim(Window(DAY, DAY), "a")


def read(held, *rows, window=MORNING, at=READ, kept_from=LONG_AGO, zone=ZONE):
    inside = tuple(row for row in rows if window.holds(row))
    return keep([Proven(window, inside, at)], held, zone=zone, kept_from=kept_from)


def one(message_id: int = 1) -> Message:
    return Message.objects.get(key=key_of("sms_mt", message_id))


def at(hour: int) -> datetime:
    return DAY + hour * HOUR


def spans() -> list[tuple[datetime, datetime, datetime, bool]]:
    return list(Span.objects.order_by("start").values_list("start", "end", "fetched_at", "settled"))


@pytest.fixture(autouse=True)
def _rollups_are_right(db):
    yield
    assert list(differences()) == []


def test_a_row_is_stored_with_what_is_derived_from_it(held):
    read(held, record(date=at(9), dlr_date=at(9) + timedelta(seconds=6), message="Été €" * 20))
    row = one()
    assert (row.message_id, row.type, row.date) == (1, "sms_mt", at(9))
    assert (row.state, row.parts, row.is_unicode, row.delay_bin) == ("delivered", 1, False, 6)
    assert row.folded == "été €" * 20
    assert (row.since, row.read_at, row.gone_at) == (READ, READ, None)
    assert row.cost == record().cost


def test_outgoing_and_incoming_rows_of_one_id_are_two_rows(held):
    """I2, F40."""
    read(held, record(date=at(9)), incoming(date=at(9), message="STOP"))
    assert Message.objects.count() == 2
    assert Message.objects.get(type="sms_mo").is_opt_out


def test_a_window_is_covered_as_of_its_reading(held):
    """I1, I3."""
    read(held, record(date=at(9)))
    assert spans() == [(MORNING.start, MORNING.end, READ, False)]


def test_the_same_reading_twice_changes_nothing(held):
    """I10."""
    rows = [record(message_id=n, date=at(n)) for n in range(5)]
    read(held, *rows)
    before = list(Message.objects.order_by("key").values()), spans()
    read(held, *rows)
    assert (list(Message.objects.order_by("key").values()), spans()) == before
    assert not Observation.objects.exists()


def test_an_older_reading_never_overwrites_a_newer_one(held):
    """I4, F46: it comes late, and finds a newer one in place."""
    read(held, record(date=at(9)), at=READ + HOUR)
    kept = read(held, record(date=at(9), status="SENT"), at=READ)
    assert kept.missed == 0
    assert one().status == "DELIVERED"
    assert [s[2] for s in spans()] == [READ + HOUR]


def test_a_row_that_only_an_older_reading_saw_is_gone_as_the_newer_one_says(held):
    """F46: the newer reading, which did not see it, was stored first."""
    read(held, at=READ + HOUR)
    read(held, record(date=at(9)), at=READ)
    assert one().gone_at == READ + HOUR


def test_what_readings_saw_is_kept(held):
    """F44: late, flapping and backwards, each state with its first and last reading."""
    states = ["SENT", "SENT", "DELIVERED", "SENT"]
    for n, status in enumerate(states):
        read(held, record(date=at(9), status=status), at=READ + n * HOUR)
    life = list(Observation.objects.order_by("since").values_list("status", "since", "until"))
    assert life == [("SENT", READ, READ + HOUR), ("DELIVERED", READ + 2 * HOUR, READ + 2 * HOUR)]
    assert (one().status, one().since) == ("SENT", READ + 3 * HOUR)


def test_a_row_that_the_provider_no_longer_shows_is_flagged_and_stays(held):
    """I5, F42."""
    read(held, record(date=at(9)), record(message_id=2, date=at(10), status="WAITING"))
    assert read(held, at=READ + HOUR).missed == 2
    assert (one(1).state, one(1).gone_at) == ("delivered", READ + HOUR)
    assert (one(2).state, one(2).status, one(2).gone_at) == ("withdrawn", "WAITING", READ + HOUR)
    assert Observation.objects.count() == 2


def test_a_row_that_comes_back_is_as_it_was(held):
    read(held, record(date=at(9), status="WAITING"))
    read(held, at=READ + HOUR)
    read(held, record(date=at(9), status="WAITING"), at=READ + 2 * HOUR)
    assert (one().state, one().gone_at, one().since) == ("waiting", None, READ + 2 * HOUR)
    gone = Observation.objects.latest("since")
    assert gone.gone_at == READ + HOUR


@pytest.mark.parametrize("order", ["old window first", "new window first"])
def test_a_row_that_changes_its_date_moves(held, order):
    """F43: found by its key; it is in one place, and both windows' rollups are right."""
    read(held, record(date=at(9)))
    windows = [(MORNING, READ + HOUR), (AFTERNOON, READ + 2 * HOUR)]
    if order == "new window first":
        windows = [(AFTERNOON, READ + HOUR), (MORNING, READ + 2 * HOUR)]
    for window, moment in windows:
        read(held, record(date=at(15)), window=window, at=moment)
    assert (one().date, one().gone_at) == (at(15), None)
    assert Message.objects.count() == 1


def looks() -> list[tuple[datetime, datetime, datetime, datetime | None]]:
    return list(Observation.objects.order_by("pk").values_list("date", "since", "until", "gone_at"))


def test_a_row_that_moved_is_not_gone_though_its_old_place_was_read_later_and_kept_first(held):
    """F43, F46, I3: what its old place lacked says nothing about its new one."""
    read(held, record(date=at(9)))
    read(held, at=READ + 2 * HOUR)
    assert one().gone_at
    read(held, record(date=at(14)), window=AFTERNOON, at=READ + HOUR)
    assert (one().date, one().gone_at, one().read_at) == (at(14), None, READ + HOUR)
    assert one().state == "delivered"
    assert looks() == [(at(9), READ, READ, None)]


def test_a_row_that_moved_and_went_is_gone_from_its_new_place(held):
    """F43, F46: the readings come in the very opposite order."""
    read(held, record(date=at(9)))
    read(held, window=AFTERNOON, at=READ + 3 * HOUR)
    read(held, at=READ + 2 * HOUR)
    read(held, record(date=at(14)), window=AFTERNOON, at=READ + HOUR)
    assert (one().date, one().gone_at) == (at(14), READ + 3 * HOUR)


@pytest.mark.parametrize("message_id", [1, 2])
def test_a_row_that_a_late_unproven_reading_brings_is_gone_as_a_newer_one_says(held, message_id):
    """I4, F46: the whole day was read since, without it; a row that moved, and one that is new."""
    read(held, record(date=at(9)))
    day = Window(MORNING.start, AFTERNOON.end)
    read(held, window=day, at=READ + 2 * HOUR)
    late = (record(message_id=message_id, date=at(14)),)
    keep([Unproven(AFTERNOON, late, READ + HOUR, "cut")], held, zone=ZONE, kept_from=LONG_AGO)
    assert (one(message_id).date, one(message_id).gone_at) == (at(14), READ + 2 * HOUR)


def test_a_reading_from_before_the_last_sight_of_a_row_does_not_bring_it_back(held):
    """F46."""
    read(held, record(date=at(9)), at=READ + HOUR)
    read(held, at=READ + 2 * HOUR)
    read(held, record(date=at(14)), window=AFTERNOON, at=READ)
    assert (one().date, one().gone_at) == (at(9), READ + 2 * HOUR)


def test_a_row_may_move_to_another_day(held):
    read(held, record(date=at(9)))
    other = claim(Window(DAY + timedelta(days=1), DAY + timedelta(days=1)), "a")
    tomorrow = Window(DAY + timedelta(days=1), DAY + timedelta(days=1, hours=5))
    read(other, record(date=at(25)), window=tomorrow, at=READ + HOUR)
    assert one().date == at(25)


def test_a_row_may_move_out_of_a_day_before_1970(held):
    """F43: days round down, also where seconds count backwards."""
    moon = datetime(1969, 7, 20)
    old = claim(Window(moon, moon), "a")
    read(old, record(date=moon + 20 * HOUR), window=Window(moon, moon + 23 * HOUR), kept_from=moon)
    read(held, record(date=at(9)), at=READ + HOUR)
    assert one().date == at(9)


def test_two_transactions_never_compare_and_write_at_once(held, monkeypatch):
    """F43: a row that moves may be of days that two writers hold; each must see where the other put it."""
    refused = []

    def meanwhile(name: str) -> None:
        if name != "staged":
            return
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                if other.vendor == "postgresql":
                    cursor.execute("SET lock_timeout TO 100")
                    wanted = f"SELECT pg_advisory_xact_lock({keeping._WRITING})"
                else:
                    wanted = "DELETE FROM messages_app_message"
                with pytest.raises(OperationalError) as error:
                    cursor.execute(wanted)
            refused.append(error)
        finally:
            other.close()

    monkeypatch.setattr(points, "listener", meanwhile)
    read(held, record(date=at(9)))
    assert refused


def test_a_row_that_moved_between_two_readings_of_one_transaction_is_stored_once(held):
    first = Proven(AFTERNOON, (record(date=at(15)),), READ)
    second = Proven(MORNING, (record(date=at(9), status="SENT"),), READ + timedelta(seconds=1))
    keep([first, second], held, zone=ZONE, kept_from=LONG_AGO)
    assert (one().date, one().status) == (at(9), "SENT")


def test_what_the_provider_forgot_is_kept_as_last_seen(held):
    """I5: past the retention an empty answer means nothing."""
    read(held, record(date=at(9)))
    kept = read(held, at=READ + HOUR, kept_from=NOON)
    assert kept.missed == 0
    assert one().gone_at is None
    assert spans() == [(MORNING.start, MORNING.end, READ, False)]


def test_the_youngest_rows_are_stored_but_not_covered(held):
    moment = datetime(2026, 11, 20, 9, tzinfo=ZONE)
    read(held, record(date=at(9) - timedelta(seconds=30)), at=moment)
    assert one()
    assert spans()[0][:2] == (DAY, at(9) - timedelta(seconds=121))


def test_what_is_planned_is_covered_ahead(held):
    """F50."""
    moment = datetime(2026, 11, 20, 9, tzinfo=ZONE)
    read(held, record(date=at(11), status="WAITING"), at=moment)
    assert [s[:2] for s in spans()] == [
        (DAY, at(9) - timedelta(seconds=121)),
        (at(9) + timedelta(seconds=1), MORNING.end),
    ]


def test_the_repeated_hour_is_not_covered_before_it_has_passed_twice():
    """F47: in its first pass, every second of it is still to come again."""
    night = datetime(2026, 10, 25)
    window = Window(night, night + timedelta(hours=4))
    first_pass = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)  # 02:40 for the first time
    held = claim(window, "a")
    read(held, window=window, at=first_pass)
    assert spans()[0][1] == datetime(2026, 10, 25, 1, 59, 59)
    read(held, window=window, at=first_pass + HOUR)
    assert spans()[0][1] == datetime(2026, 10, 25, 2, 37, 59)


@pytest.mark.parametrize(
    ("age", "status", "settled"),
    [
        (timedelta(hours=71), "DELIVERED", False),
        (timedelta(hours=85), "DELIVERED", True),
        (timedelta(hours=85), "SENT", False),
        (timedelta(hours=85), "MODERATION", False),
        (timedelta(days=8), "SENT", True),
    ],
)
def test_a_window_settles_by_age_and_by_what_is_in_it(held, age, status, settled):
    moment = MORNING.end.replace(tzinfo=ZONE).astimezone(UTC) + age
    read(held, record(date=at(9), status=status), at=moment)
    assert [s[3] for s in spans()] == [settled]


def test_an_unknown_field_is_kept_as_it_came(held):
    """F27."""
    read(held, record(date=at(9), status="PARKED", extra=(("colour", '"blau"'),)))
    assert one().extra == '{"colour": "\\"blau\\""}'
    assert one().state == "parked"


STEPS = ["claimed", "staged", "observed", "upserted", "covered"]


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_the_old_state(held, step, monkeypatch):
    """I10, F53."""
    read(held, record(date=at(9), status="SENT"), record(message_id=2, date=at(10)))
    before = list(Message.objects.order_by("key").values()), spans()

    def fail(name: str) -> None:
        if name == step:
            raise RuntimeError(step)

    monkeypatch.setattr(points, "listener", fail)
    with pytest.raises(RuntimeError):
        read(held, record(date=at(9)), at=READ + HOUR)
    assert (list(Message.objects.order_by("key").values()), spans()) == before
    assert not Observation.objects.exists()


def expire(day: datetime = DAY) -> None:
    Claim.objects.filter(day=day).update(until=1)


def test_a_day_is_claimed_by_one_at_a_time(held):
    """I9, F63."""
    assert claim(Window(DAY, DAY), "b") is None
    release(held)
    assert claim(Window(DAY, DAY), "b")


def test_a_lease_lasts_half_a_minute_of_the_database_s_time(held):
    left = Claim.objects.get().until - datetime.now(UTC)
    assert LEASE - timedelta(seconds=10) < left <= LEASE + timedelta(seconds=1)
    Claim.objects.update(until=micros(datetime.now(UTC)) + 1_000_000)
    confirm(held)
    assert Claim.objects.get().until - datetime.now(UTC) > LEASE - timedelta(seconds=10)


def test_a_worker_that_slept_is_refused_and_writes_nothing(held):
    """I9, F64."""
    expire()
    assert claim(Window(DAY, DAY), "b")
    with pytest.raises(LostClaim):
        read(held, record(date=at(9)))
    assert not Message.objects.exists()
    assert not Span.objects.exists()


def test_a_worker_that_slept_and_was_not_missed_goes_on(held):
    expire()
    read(held, record(date=at(9)))
    assert one()


def test_one_s_own_older_claim_is_fenced_off_too(held):
    """F64: the same worker started the day anew."""
    again = claim(Window(DAY, DAY), "a")
    assert again
    assert again.fence > held.fence
    with pytest.raises(LostClaim):
        confirm(held)


def test_releasing_a_lost_claim_takes_it_from_nobody(held):
    expire()
    theirs = claim(Window(DAY, DAY), "b")
    assert theirs
    release(held)
    confirm(theirs)
    assert claim(Window(DAY, DAY), "c") is None
