"""The audit trail from end to end: each tampering is found and named, and a purge leaves an anchor."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.utils import DatabaseError

from messages_app import audit, clock
from messages_app.audit import Act, record
from messages_app.audit_chain import KEPT, Known, findings, purge, purge_in_turn
from messages_app.audited import AuditHead, AuditLine
from tests.campaign import rounds
from tests.trail import last, unguarded

pytestmark = pytest.mark.django_db

NUMBERS = ("33639980001", "33639980002", "33639980003")
TEXTS = ("name", "address", "question", "numbers", "about", "note", "act")

Tampering = Callable[[random.Random], None]


def fill(count: int = 12) -> None:
    for number in range(count):
        record(Act.SEARCHED, question=f"page={number}", numbers=[NUMBERS[number % 3]])


def one(chance: random.Random) -> AuditLine:
    return chance.choice(list(AuditLine.objects.order_by("number")))


def ends(**changes: object) -> None:
    AuditHead.objects.update(**changes)


def change_a_text(chance):
    line, name = one(chance), chance.choice(TEXTS)
    AuditLine.objects.filter(pk=line.pk).update(**{name: getattr(line, name) + "x"})


def change_a_time(chance):
    line = one(chance)
    AuditLine.objects.filter(pk=line.pk).update(at=line.at + timedelta(microseconds=1))


def change_a_person(chance):
    line = one(chance)
    AuditLine.objects.filter(pk=line.pk).update(user=(line.user or 0) + 1)


def change_a_hash(chance):
    AuditLine.objects.filter(pk=one(chance).pk).update(hash=sha256(chance.randbytes(8)).hexdigest())


def change_a_line_and_hash_it_without_the_key(chance):
    line = one(chance)
    plain = sha256(f"{line.number}{line.at}{line.act}nobody".encode()).hexdigest()
    AuditLine.objects.filter(pk=line.pk).update(name="nobody", hash=plain)


def take_a_line_out(chance):
    AuditLine.objects.filter(pk=one(chance).pk).delete()


def take_a_line_out_and_close_the_gap(chance):
    gone = one(chance).number
    AuditLine.objects.filter(pk=gone).delete()
    for line in AuditLine.objects.filter(number__gt=gone).order_by("number"):
        AuditLine.objects.filter(pk=line.pk).update(number=line.number - 1)
    if end := AuditLine.objects.order_by("-number").first():
        ends(number=end.number, hash=end.hash)


def cut_the_end_off(chance):
    AuditLine.objects.filter(number__gte=one(chance).number).delete()


def cut_the_end_off_and_tell_the_head(chance):
    from_here = one(chance).number
    AuditLine.objects.filter(number__gte=from_here).delete()
    end = AuditLine.objects.filter(number=from_here - 1).first()
    ends(number=from_here - 1, hash=end.hash if end else "")


def cut_the_beginning_off(chance):
    AuditLine.objects.filter(number__lte=one(chance).number).delete()


def cut_the_beginning_off_as_a_purge_does(chance):
    line = one(chance)
    AuditLine.objects.filter(number__lte=line.number).delete()
    ends(purged=line.number, purged_hash=line.hash, purged_until=line.at)


def empty_the_trail(chance):
    AuditLine.objects.all().delete()
    ends(number=0, hash="")


def take_the_head(chance):
    AuditHead.objects.all().delete()


def change_the_head(chance):
    name = chance.choice(["number", "purged"])
    ends(**{name: getattr(AuditHead.objects.get(), name) + 1})


def exchange_two_lines(chance):
    first, second = chance.sample(list(AuditLine.objects.all()), 2)
    for line, other in ((first, second), (second, first)):
        told = {name: getattr(other, name) for name in (*TEXTS, "at", "hash")}
        AuditLine.objects.filter(pk=line.pk).update(**told)


def add_a_line_behind(chance):
    AuditLine.objects.create(number=last().number + 1, at=last().at, act="logout", hash=last().hash)


def add_a_line_and_tell_the_head(chance):
    add_a_line_behind(chance)
    ends(number=last().number, hash=last().hash)


def put_an_earlier_line_in_place_of_a_later(chance):
    earlier, later = sorted(chance.sample(list(AuditLine.objects.all()), 2), key=lambda x: x.number)
    told = {name: getattr(earlier, name) for name in (*TEXTS, "at", "hash")}
    AuditLine.objects.filter(pk=later.pk).update(**told)


def tamper_and_go_on(chance):
    """What is done to the ends is not sealed by who records next."""
    cut_the_end_off_and_tell_the_head(chance)
    record(Act.LOGIN)


TAMPERINGS: tuple[Tampering, ...] = (
    change_a_text, change_a_time, change_a_person, change_a_hash,
    change_a_line_and_hash_it_without_the_key, take_a_line_out, take_a_line_out_and_close_the_gap,
    cut_the_end_off, cut_the_end_off_and_tell_the_head, cut_the_beginning_off,
    cut_the_beginning_off_as_a_purge_does, empty_the_trail, take_the_head, change_the_head,
    exchange_two_lines, add_a_line_behind, add_a_line_and_tell_the_head,
    put_an_earlier_line_in_place_of_a_later, tamper_and_go_on,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(rounds(sample=25, full=100)))
def test_t26_each_tampering_of_who_owns_the_database_is_found(seed):
    fill()
    assert list(findings()) == []
    with unguarded():
        TAMPERINGS[seed % len(TAMPERINGS)](random.Random(seed))
    assert list(findings())


FIELDS = [one.name for one in AuditLine._meta.concrete_fields if one.name not in ("number", "hash")]


@pytest.mark.parametrize("name", FIELDS)
def test_t26_a_change_of_any_field_of_a_line_is_found(name):
    fill()
    value = getattr(AuditLine.objects.get(number=5), name)
    if isinstance(value, datetime):
        other: object = value + timedelta(microseconds=1)
    else:
        other = f"{value}x" if isinstance(value, str) else 1
    with unguarded():
        AuditLine.objects.filter(number=5).update(**{name: other})
    assert list(findings()) == ["Line 5 was changed, or stands where another stood."]


@pytest.mark.parametrize("name", ["number", "hash", "purged", "purged_hash", "purged_until"])
def test_t26_a_change_of_any_field_of_the_head_is_found(name):
    fill()
    others = {"hash": "x", "purged_hash": "x", "purged_until": last().at}
    with unguarded():
        ends(**{name: others.get(name, 5)})
    assert "The trail's head was changed: it does not bear our seal." in findings()


@pytest.mark.parametrize(
    ("tampering", "sentence"),
    [
        ({"name": "nobody"}, "Line 5 was changed, or stands where another stood."),
        ({}, "Line 5 is missing."),
    ],
)
def test_t26_the_command_names_the_line_and_fails(tampering, sentence):
    fill()
    with unguarded():
        found = AuditLine.objects.filter(number=5)
        _ = found.update(**tampering) if tampering else found.delete()
    told = StringIO()
    with pytest.raises(CommandError, match="1 findings: the trail was tampered with"):
        call_command("check_audit", stdout=told)
    assert told.getvalue() == f"{sentence}\n"


def test_under_another_key_the_command_tells_some_findings_and_why(settings):
    fill(30)
    settings.PRIVACY_KEY = "another"
    told = StringIO()
    with pytest.raises(CommandError, match="or PRIVACY_KEY is another"):
        call_command("check_audit", stdout=told)
    assert "And 11 more." in told.getvalue()


def test_t26_an_older_copy_of_the_whole_trail_is_found_by_what_was_written_down():
    fill()
    copy = list(AuditLine.objects.order_by("number")), AuditHead.objects.get()
    fill()
    told = StringIO()
    call_command("check_audit", stdout=told)
    written = told.getvalue().splitlines()[-1].removeprefix("The last one: ")
    call_command("check_audit", known=_known(written), stdout=StringIO())
    with unguarded():
        AuditLine.objects.filter(number__gt=copy[1].number).delete()
        copy[1].save()
    assert list(findings()) == []
    with pytest.raises(CommandError):
        call_command("check_audit", known=_known(written), stdout=StringIO())


def _known(written: str) -> Known:
    number, digest = written.split(":")
    return Known(int(number), digest)


# Purges


@pytest.fixture
def old(monkeypatch):
    """Eight lines: four beyond a year, four of now."""

    def at(ago: timedelta) -> None:
        moment = now - ago
        monkeypatch.setattr("messages_app.clock.real_now", lambda: moment)

    now = clock.real_now()
    at(KEPT + timedelta(days=2))
    fill(4)
    at(timedelta())
    fill(4)
    return now


def test_t27_a_purge_takes_what_is_older_than_twelve_months_and_leaves_an_anchor(old):
    line = AuditLine.objects.get(number=4)
    told = StringIO()
    call_command("purge_audit", stdout=told)
    assert told.getvalue() == "4 lines purged.\n"
    assert [one.number for one in AuditLine.objects.order_by("number")] == [5, 6, 7, 8, 9]
    head = AuditHead.objects.get()
    assert (head.purged, head.purged_hash, head.purged_until) == (4, line.hash, line.at)
    assert (last().act, last().about) == ("purged", "audit trail, lines 1 to 4")
    assert list(findings()) == []


def test_t27_what_a_purge_left_is_as_well_guarded_as_before(old):
    gone = AuditLine.objects.get(number=2)
    purge(old)
    with unguarded():
        AuditLine.objects.filter(number=5).delete()
    assert list(findings()) == ["Line 5 is missing."]
    gone.save(force_insert=True)
    assert "Line 2 is back, though it was purged." in findings()


def test_t27_a_worker_purges_once_a_day(old):
    purge_in_turn(old)
    assert AuditLine.objects.count() == 5
    with transaction.atomic():
        purge_in_turn(old)
    assert AuditLine.objects.count() == 5


def test_t27_of_a_young_trail_nothing_is_purged():
    fill()
    count = AuditLine.objects.count()
    assert purge(clock.real_now()) == 0
    assert AuditLine.objects.count() == count


def test_t26_no_younger_line_goes_by_way_of_a_purge(old):
    head = AuditHead.objects.get()
    head.purged = head.number
    audit.seal(head)
    head.save()
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        AuditLine.objects.filter(number__gte=5).delete()
    assert AuditLine.objects.filter(number__gte=5).count() == 4
