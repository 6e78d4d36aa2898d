"""The drill on a database as in production: back up, erase, restore; no byte of who was erased is left."""

import json
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from messages_app import erasing, upkeep
from messages_app.archive import forgetting, searching
from messages_app.archive.claims import claim, release
from messages_app.archive.forgotten import erased
from messages_app.archive.keeping import keep
from messages_app.archive.keys import key_of
from messages_app.archive.windows import Proven, Window
from messages_app.audit import NotRecorded
from messages_app.audited import AuditLine
from messages_app.backups import dumps, suppression
from messages_app.exports import kept
from messages_app.made import Flag, SavedView
from messages_app.models import Export, Forgotten, Message, Rollup, Span
from tests.archive.own_database import another
from tests.campaign import rounds
from tests.factories import incoming, record

ZONE = ZoneInfo("Europe/Paris")
DAY = datetime(2026, 11, 20)
WHOLE = Window(DAY, DAY + timedelta(days=1) - timedelta(seconds=1))
READ = datetime(2026, 11, 21, 9, tzinfo=UTC)
KEY = "0123456789abcdefghijklmnopqrstuvwxyzBACKUP"
PEOPLE = 120
GONE = rounds(sample=10, full=100)


def number(person: int) -> str:
    return f"3363998{person:04d}"


def words(person: int) -> str:
    return f"Bonjour Zébulon-{person:04d}, votre code est {person * 7919 % 10_000:04d}"


def reference(person: int) -> str:
    return f"order-{person:04d}-of-zebulon"


def traffic():
    for person in range(PEOPLE):
        at = DAY + timedelta(minutes=5 * person)
        yield record(
            message_id=2 * person, destination=number(person), message=words(person),
            client_message_id=reference(person), date=at, dlr_date=at + timedelta(seconds=6),
        )  # fmt: skip
        yield incoming(
            message_id=2 * person, sender=number(person), date=at + timedelta(minutes=1),
            message=f"merci de {words(person)}",
        )  # fmt: skip


def read(at: datetime = READ) -> None:
    """The provider's rows come in, and into the text index."""
    held = claim(Window(DAY, DAY), "a")
    assert held
    keep([Proven(WHOLE, tuple(traffic()), at)], held, zone=ZONE, kept_from=DAY)
    release(held)
    while searching.index_new():
        pass


@pytest.fixture
def place(production_database, settings, tmp_path) -> Path:
    """A database in use, and a folder for its backups."""
    settings.BACKUP_KEY, settings.BACKUP_DIR = KEY, tmp_path / "backups"
    settings.RETENTION_MONTHS = None
    settings.STORAGES = {
        **settings.STORAGES,
        "exports": {
            "BACKEND": "dashboard.private_storage.PrivateStorage",
            "OPTIONS": {"location": str(tmp_path / "exports")},
        },
    }
    User.objects.create_user("somebody")
    read()
    return settings.BACKUP_DIR


def said(command: str, *options: str) -> str:
    out = StringIO()
    call_command(command, *options, stdout=out)
    return out.getvalue()


def backed_up() -> Path:
    said("backup")
    assert django_settings.BACKUP_DIR
    return max(django_settings.BACKUP_DIR.glob("*.backup"))


@contextmanager
def typing(text: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", StringIO(f"{text}\n"))
        yield


def forget(person: int) -> str:
    with typing(f"+33 6 39 98 {person // 100:02d} {person % 100:02d}"):
        return said("forget")


def traces(people) -> list[str]:
    """What can be found of people: in the bytes of SQLite's files, or in a dump of PostgreSQL's."""
    found = _content()
    return [
        told
        for person in people
        for told in (number(person), words(person), reference(person))
        if told.encode() in found or told.casefold().encode() in found
    ]


def _content() -> bytes:
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        return b"".join(
            Path(one).read_bytes() for one in Path(name).parent.glob(f"{Path(name).name}*")
        )
    connection.close()
    environment = dumps._place()
    dump = ["pg_dump", "--format=plain"]
    return subprocess.run(
        dump, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, check=True
    ).stdout


def figures() -> list[tuple]:
    return sorted(Rollup.objects.values_list(), key=str)


def test_t29_no_byte_is_left_of_people_who_were_erased(place):
    """T29, T31: nor after the provider shows them again, nor after a restore of a backup that has them."""
    before, backup = figures(), backed_up()
    gone, others = range(GONE), range(GONE, PEOPLE)
    assert len(traces(gone)) == 3 * GONE
    for person in gone:
        assert "2 messages" in forget(person)
    assert traces(gone) == []
    assert len(traces(others)) == 3 * len(others)
    read(READ + timedelta(hours=1))
    assert traces(gone) == []
    assert figures() == before
    told = said("restore", str(backup), "--replace")
    assert f"{GONE} numbers are erased: {2 * GONE} messages lost theirs again." in told
    assert traces(gone) == []
    assert len(traces(others)) == 3 * len(others)
    assert figures() == before
    read(READ + timedelta(hours=2))
    assert traces(gone) == []
    assert Message.objects.count() == 2 * PEOPLE


def test_t38_a_backup_brings_all_of_it_back_into_an_empty_database(place):
    """T38; F61: what it covered is as old as its rows."""
    rows, spans, lines = (all_of(model) for model in (Message, Span, AuditLine))
    before, backup = figures(), backed_up()
    forget(3)
    # The disk is lost, and with it the list; the one beside the backups is there.
    empty()
    said("restore", str(backup))
    assert all_of(Span) == spans
    assert all_of(AuditLine) == lines
    now = {one["key"]: one for one in Message.objects.values()}
    changed = [one["key"] for one in rows if now[one["key"]] != one]
    assert changed == [24, 25]
    assert figures() == before
    assert User.objects.get().username == "somebody"
    assert traces([3]) == []


def all_of(model) -> list[dict]:
    return list(model.objects.order_by("pk").values())


def empty() -> None:
    """As `migrate` leaves a new database."""
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        connection.close()
        for one in Path(name).parent.glob(f"{Path(name).name}*"):
            one.unlink()
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.close()


def test_t38_a_backup_is_encrypted_and_its_owners_alone(place):
    """T38."""
    backup = backed_up()
    content = backup.read_bytes()
    for told in (
        number(1),
        words(1),
        reference(1),
        "SQLite format 3",
        "PGDMP",
        "messages_app_message",
    ):
        assert told.encode() not in content
    assert {one.stat().st_mode & 0o777 for one in place.iterdir()} == {0o600}
    manifest = json.loads(backup.with_name(f"{backup.name}.json").read_text())
    assert manifest["rows"]["messages_app_message"] == 2 * PEOPLE
    assert manifest["database"] == connection.vendor
    assert not [one for one in place.parent.iterdir() if one.name.startswith(dumps.DRAFT)]


@pytest.mark.parametrize("how", ["cut", "changed", "gone on with", "no manifest"])
def test_t38_a_backup_that_is_not_as_it_was_made_changes_nothing(place, how):
    """T38."""
    backup = backed_up()
    content = backup.read_bytes()
    if how == "cut":
        backup.write_bytes(content[:-100])
    elif how == "changed":
        backup.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
    elif how == "gone on with":
        backup.write_bytes(content + b"more")
    else:
        backup.with_name(f"{backup.name}.json").unlink()
    Message.objects.filter(key=0).update(message="as it is now")
    with pytest.raises(CommandError, match="manifest"):
        said("restore", str(backup), "--replace")
    assert Message.objects.get(key=0).message == "as it is now"


def test_a_restore_takes_nobodys_place_unasked_and_needs_both_keys(place, settings):
    """T38."""
    backup = backed_up()
    with pytest.raises(CommandError, match="--replace"):
        said("restore", str(backup))
    settings.BACKUP_KEY = KEY[::-1]
    with pytest.raises(CommandError, match="does not open with this BACKUP_KEY"):
        said("restore", str(backup), "--replace")
    settings.BACKUP_KEY, settings.PRIVACY_KEY = KEY, KEY
    with pytest.raises(CommandError, match="another PRIVACY_KEY"):
        said("restore", str(backup), "--replace")
    settings.BACKUP_KEY = "short"
    with pytest.raises(CommandError, match="BACKUP_KEY must be random"):
        said("backup")
    assert Message.objects.count() == 2 * PEOPLE


def test_lists_of_erased_numbers_are_merged_and_never_shortened(place):
    """T29: newest wins, whatever is lost on the way."""
    backup = backed_up()
    forget(1)
    Forgotten.objects.all().delete()
    forget(2)
    assert len(suppression.in_folder(place)) == 2
    assert len(erased()) == 2
    Forgotten.objects.all().delete()
    said("restore", str(backup), "--replace")
    assert len(erased()) == 2
    assert traces([1, 2]) == []


def test_t29_a_new_database_takes_the_list_beside_the_backups_and_erases_by_it(place):
    """T29: also what was read before it knew of the list."""
    forget(1)
    empty()
    said("migrate")
    User.objects.create_user("somebody")
    read()
    assert len(traces([1])) == 3
    upkeep.turn(datetime.now(ZONE))
    assert len(erased()) == 1
    assert traces([1]) == []
    assert len(traces([2])) == 3


class Killed(BaseException):
    """What a kill is to a process."""


def test_t29_a_restore_that_is_killed_half_way_loses_no_erasure(place, settings, monkeypatch):
    """T29: the list of the database that goes stands beside the backup before it goes."""
    backup = backed_up()
    # By default nobody names a folder of backups.
    settings.BACKUP_DIR = None
    forget(1)

    def killed(*_rest) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("messages_app.backups.restoring._mended", killed)
        with pytest.raises(Killed):
            said("restore", str(backup), "--replace")
    connection.close()
    said("restore", str(backup), "--replace")
    assert len(erased()) == 1
    assert traces([1]) == []


def test_t38_a_backup_with_other_rows_than_its_manifest_says_changes_nothing(place, settings):
    """T38: nor does it take the list of erased numbers along."""
    backup = backed_up()
    settings.BACKUP_DIR = None
    forget(1)
    path = backup.with_name(f"{backup.name}.json")
    manifest = json.loads(path.read_text())
    manifest["rows"]["messages_app_message"] += 1
    path.write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match=r"manifest|psql"):
        said("restore", str(backup), "--replace")
    assert len(erased()) == 1
    assert traces([1]) == []


def test_a_backup_of_a_newer_program_is_refused(place):
    """F59."""
    backup = backed_up()
    path = backup.with_name(f"{backup.name}.json")
    manifest = json.loads(path.read_text())
    manifest["migrations"].append("messages_app.9999_later")
    path.write_text(json.dumps(manifest))
    with pytest.raises(CommandError, match="newer program"):
        said("restore", str(backup), "--replace")


def made(asked: str) -> None:
    """What people made of a number: a view and a flag on somebody else's message, and a file."""
    now = datetime.now(ZONE)
    SavedView.objects.create(
        name="theirs", page="messages", question=f"destination={asked}", is_shared=True, place=1,
        made_at=now, changed_at=now,
    )  # fmt: skip
    Flag.objects.create(
        key=key_of("sms_mt", 100), type="sms_mt", message_id=100, date=DAY, note=f"see +{asked}",
        flagged_at=now,
    )  # fmt: skip
    Export.objects.create(
        owner=User.objects.get(), question=f"destination={asked}", state="done", start=DAY, end=DAY,
        made_at=now,
        file=kept.storage().save(f"1-{'0' * 32}.csv", ContentFile(asked.encode())),
        expires_at=now + timedelta(days=1), format="csv", columns=[], language="en", rows=1,
    )  # fmt: skip


def left() -> tuple[int, ...]:
    """How much there is of what people made, and how many files."""
    files = kept.storage().listdir("")[1]
    return (*(one.objects.count() for one in (SavedView, Flag, Export)), len(files))


def test_t29_t31_an_erasure_that_was_killed_is_finished_by_a_worker(place, monkeypatch):
    """T29, T31: without anybody who asks for it again."""
    made(number(1))

    def killed(_keys) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("messages_app.archive.forgetting._blank", killed)
        with pytest.raises(Killed):
            forget(1)
    connection.close()
    assert traces([1]) != []
    upkeep.turn(datetime.now(ZONE))
    assert traces([1]) == []
    assert left() == (0, 0, 0, 0)
    assert not forgetting.under_way()
    assert len(traces([2])) == 3


def test_t29_two_erasures_at_the_same_time_are_both_looked_after(place):
    """T29: the end of one says nothing of the other."""
    now = datetime.now(ZONE)
    killed = forgetting.begin(number(1), now)
    forgetting.end(forgetting.begin(number(2), now))
    assert forgetting.under_way()
    forgetting.end(killed)
    assert forgetting.under_way()
    erasing.finish(now)
    assert not forgetting.under_way()
    forget(3)
    assert not forgetting.under_way()


def test_t29_t31_a_restore_brings_back_nothing_that_people_made_of_an_erased_number(place):
    """T29, T31."""
    made(number(1))
    backup = backed_up()
    forget(1)
    assert left() == (0, 0, 0, 0)
    said("restore", str(backup), "--replace")
    assert left() == (0, 0, 0, 0)
    assert traces([1]) == []


def test_t28_the_purge_and_the_workers_turn_blank_what_is_too_old_and_record_it(place, settings):
    """T28."""
    before = figures()
    with pytest.raises(CommandError, match="RETENTION_MONTHS is not set"):
        said("purge")
    settings.RETENTION_MONTHS = 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("messages_app.clock.real_now", lambda: datetime(2026, 12, 20, 9, tzinfo=ZONE))
        assert said("purge").startswith("0 messages")
        patch.setattr("messages_app.archive.forgetting.SLICE", 50)
        patch.setattr("messages_app.upkeep.SLICES", 2)
        upkeep.turn(datetime(2026, 12, 21, 9, tzinfo=ZONE))
        assert Message.objects.filter(message="").count() == 100
        patch.setattr("messages_app.clock.real_now", lambda: datetime(2026, 12, 21, 9, tzinfo=ZONE))
        assert said("purge").startswith("140 messages")
    assert traces(range(PEOPLE)) == []
    assert figures() == before
    acts = list(
        AuditLine.objects.filter(act="purged").order_by("number").values_list("act", "note")
    )
    assert acts == [
        ("purged", "messages 100, observations 0"),
        ("purged", "messages 140, observations 0"),
    ]


def test_t28_a_purge_whose_line_could_not_be_written_is_recorded_by_the_next_turn(
    place, settings, monkeypatch
):
    """T28: the rows are gone by then, their number is not."""
    settings.RETENTION_MONTHS = 1
    now = datetime(2026, 12, 21, 9, tzinfo=ZONE)

    def refused(*_rest, **_more) -> None:
        raise NotRecorded

    with monkeypatch.context() as patch:
        patch.setattr("messages_app.upkeep.record", refused)
        with pytest.raises(NotRecorded):
            upkeep.turn(now)
    assert not Message.objects.exclude(message="").exists()
    upkeep.turn(now)
    upkeep.turn(now)
    lines = AuditLine.objects.filter(act="purged").values_list("note", flat=True)
    assert list(lines) == [f"messages {2 * PEOPLE}, observations 0"]


def test_t29_a_workers_turn_cleans_the_files_and_tries_again_where_others_read(place):
    """T29."""
    erasing.forget(number(1), datetime(2026, 11, 21, 10, tzinfo=ZONE))
    now = datetime(2026, 11, 21, 11, tzinfo=ZONE)
    if connection.vendor == "sqlite":
        assert traces([1]) != []
        with another() as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM messages_app_message").fetchone()
            upkeep.turn(now)
            assert forgetting.has_leftovers()
    upkeep.turn(now)
    assert not forgetting.has_leftovers()
    assert traces([1]) == []


def test_t38_what_a_killed_backup_left_in_plain_goes_with_the_workers_next_turn(place):
    """T38: PostgreSQL's is never on this disk."""
    if connection.vendor == "sqlite":
        left = Path(connection.settings_dict["NAME"]).parent / f"{dumps.DRAFT}killed"
        left.mkdir()
        (left / "copy.sqlite3").write_bytes(b"rows")
        upkeep.turn(datetime.now(ZONE))
        assert left.exists()
        upkeep.turn(datetime.now(ZONE) + timedelta(hours=2))
        assert not left.exists()


def test_a_list_that_cannot_be_written_beside_the_backups_is_told(place, settings, caplog):
    settings.BACKUP_DIR.mkdir()
    (settings.BACKUP_DIR / suppression.NAME).write_text("no list")
    forget(1)
    assert "the list of erased numbers is not beside the backups" in caplog.text
    assert erased() != frozenset()


def test_a_log_that_is_not_yet_in_the_file_is_in_the_backup(place):
    """T38: a copy of the file alone lost a table."""
    if connection.vendor != "sqlite":
        assert backed_up().stat().st_size
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as reader:
        reader.execute("BEGIN").execute("SELECT COUNT(*) FROM messages_app_message").fetchone()
        read(READ + timedelta(hours=1))
        Message.objects.filter(key=0).update(message="in the log alone")
        backup = backed_up()
    Message.objects.filter(key=0).update(message="later")
    said("restore", str(backup), "--replace")
    assert Message.objects.get(key=0).message == "in the log alone"
