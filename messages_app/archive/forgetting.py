"""Takes numbers and texts out of stored rows: of erased numbers, and of rows older than the time of keeping.

    number ─▶ list of erased ones ─▶ its rows blanked, slice by slice ─▶ nothing left in the files
    time of keeping ─▶ older rows blanked, slice by slice ─▶ a mark: all before it is done

What figures rest on stays (key, type, status, cost, country, times, what was derived at ingest), so no
figure moves. Slices are short transactions: a killed erasure is repeated, and nobody waits for long.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When

from messages_app.archive import searching
from messages_app.archive.columns import BytewiseText, wall_seconds, wall_time
from messages_app.archive.forgotten import (
    Forgetting,
    digest_of,
    erased,
    kept_since,
    without_digits,
)
from messages_app.archive.keeping import take_turns
from messages_app.archive.rollups import DAYS, rebuild
from messages_app.models import Forgotten, Message, Observation, ProviderTrait
from messages_app.sms.terms import MO

SLICE = 500
"""Rows that one transaction blanks: more would hold the database's lock for long."""

AGAIN = timedelta(days=2)
"""So much before the mark is looked at again: a reading that began before it may have been kept after."""

EVER, NO_END = datetime(1, 1, 1), 10**9


KEEPING, LEFTOVERS, UNDER_WAY, UNTOLD = "keeping", "leftovers", "erasing", "blanked"
"""What is remembered: up to where old rows are blanked, since when files hold what was blanked, that
numbers are listed which may still stand somewhere, and how much was blanked for its age and not told yet."""

_NOTHING = Value("", BytewiseText())
_BLANKED = {
    "destination": Case(When(type=MO, then=F("destination")), default=_NOTHING),
    "sender": Case(When(type=MO, then=_NOTHING), default=F("sender")),
    **dict.fromkeys(
        ("message", "folded", "client_message_id", "contact_list_id", "extra"), _NOTHING
    ),
}
HAS_PERSON = (
    (Q(type=MO) & ~Q(sender=""))
    | (~Q(type=MO) & ~Q(destination=""))
    | ~Q(message="", folded="", client_message_id="", contact_list_id="", extra="")
)
"""Rows that tell of somebody."""


@dataclass(frozen=True, slots=True)
class Blanked:
    """Rows that lost their number and text, and lines of their lives that went."""

    rows: int = 0
    observations: int = 0

    def __add__(self, other: "Blanked") -> "Blanked":
        return Blanked(self.rows + other.rows, self.observations + other.observations)


def sides_of(number: str) -> tuple[Q, Q]:
    """The rows of a number as the provider writes it: what went to it, and what came from it.

    Each is read off an index of its own.
    """
    spelled = [number, f"+{number}", f"00{number}"]
    return (Q(destination__in=spelled) & ~Q(type=MO), Q(sender__in=spelled) & Q(type=MO))


def suppress(digests: Iterable[tuple[str, datetime]]) -> int:
    """Add keyed digests with their times to the list of erased numbers; say how many are new.

    From its commit on no transaction that keeps rows brings these numbers in.
    """
    with transaction.atomic():
        take_turns()
        known = set(Forgotten.objects.values_list("digest", flat=True))
        new = {digest: at for digest, at in digests if digest not in known}
        if new:
            _remember(UNDER_WAY, secrets.token_hex(16))
        Forgotten.objects.bulk_create(
            Forgotten(digest=digest, at=at, mark=secrets.token_hex(16))
            for digest, at in sorted(new.items(), key=lambda one: one[1])
        )
    return len(new)


def begin(number: str, now: datetime) -> str:
    """List a number, and remember that it is being erased; return what `end` takes when it is.

    "" where others are being erased, or were when they were stopped: all are looked for once more then.
    """
    with transaction.atomic():
        take_turns()
        is_alone = not under_way()
        suppress([(digest_of(number), now)])
        mark = secrets.token_hex(16)
        _remember(UNDER_WAY, mark)
    return mark if is_alone else ""


def under_way() -> str:
    """The mark of erasures that go on, or were stopped; "" where there is none."""
    return _remembered(UNDER_WAY)


def end(mark: str) -> None:
    """All is erased that was listed when the mark was read; a later one stays."""
    if mark:
        ProviderTrait.objects.filter(api_url="", name=UNDER_WAY, value=mark).delete()


def forget_number(number: str, now: datetime) -> Blanked:
    """Erase a number from the archive's rows for good; `now` is aware. Again it does no harm."""
    suppress([(digest_of(number), now)])
    _note_leftovers()
    found = Blanked()
    for side in sides_of(number):
        found += _blank_all(side)
    # Once more: who cleans the files meanwhile may have been too early.
    _note_leftovers()
    return found


def forget_listed() -> Blanked:
    """Erase every listed number again: a backup brought rows back."""
    forgets, found = Forgetting(erased()), Blanked()
    if not forgets.digests:
        return found
    for field, is_theirs in (("destination", ~Q(type=MO)), ("sender", Q(type=MO))):
        numbers = Message.objects.filter(is_theirs).exclude(**{field: ""})
        known = numbers.order_by(field).values_list(field, flat=True).distinct()
        for number in [one for one in known.iterator() if forgets.holds(one)]:
            found += _blank_all(is_theirs & Q(**{field: number}))
    _note_leftovers()
    return found


def blank_old(wall: datetime, slices: int = NO_END) -> Blanked:
    """Blank the rows whose time of keeping is over at the wall time `wall`; once a day there are any.

    At most so many slices of them: the next call goes on from there.
    """
    edge, done = kept_since(wall), _remembered(KEEPING)
    if edge is None:
        # Kept for ever by now: what comes in meanwhile has to be looked at should that change.
        ProviderTrait.objects.filter(api_url="", name=KEEPING).delete()
        return Blanked()
    mark = f"{wall_seconds(edge)}"
    if done == mark:
        return Blanked()
    # Back to an earlier edge, or on from the last one.
    is_later = bool(done) and int(done) < int(mark)
    start = wall_time(int(done)) - AGAIN if is_later else EVER
    found, reached = _blank_range(start, edge, slices)
    if found.rows and reached == edge:
        searching.squeeze()
    _remember(KEEPING, f"{wall_seconds(reached)}")
    return found


def scrub() -> bool:
    """Leave nothing of what was blanked in the database's files; say whether that is so.

    Takes as long as copying the database. False where somebody reads meanwhile: try again later.
    """
    noted = _remembered(LEFTOVERS)
    if connection.vendor == "sqlite":
        searching.squeeze()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            (is_busy, *_pages) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            return False
    else:
        with connection.cursor() as cursor:
            # With its figures: samples of values stand in them.
            cursor.execute("VACUUM (ANALYZE)")
    ProviderTrait.objects.filter(api_url="", name=LEFTOVERS, value=noted).delete()
    return True


def has_leftovers() -> bool:
    """Whether the database's files still hold what was erased."""
    return bool(_remembered(LEFTOVERS))


def _blank_all(those: Q) -> Blanked:
    """Rows that are none of `those` any more once they are blanked."""
    found, rows = Blanked(), Message.objects.filter(those)
    while keys := list(rows.values_list("key", flat=True)[:SLICE]):
        found += _blank(keys)
    return found


def _blank_range(start: datetime, end: datetime, slices: int) -> tuple[Blanked, datetime]:
    """Blank rows in order of time; return also the second before which all are."""
    found, rows = Blanked(), Message.objects.filter(HAS_PERSON, date__lt=end)
    for _slice in range(slices):
        next_ones = rows.filter(date__gte=start).order_by("date", "key")[:SLICE]
        if not (there := list(next_ones.values_list("key", "date"))):
            return found, end
        with transaction.atomic():
            blanked = _blank([key for key, _date in there])
            _remember_untold(untold() + blanked)
        found += blanked
        start = there[-1][1]
    return found, start


def untold() -> Blanked:
    """What was blanked for its age since the last `take_untold`."""
    rows, _, observations = _remembered(UNTOLD).partition(" ")
    return Blanked(int(rows or 0), int(observations or 0))


def take_untold() -> Blanked:
    """The same, for who tells of it in this very transaction."""
    take_turns()
    found = untold()
    ProviderTrait.objects.filter(api_url="", name=UNTOLD).delete()
    return found


def _remember_untold(blanked: Blanked) -> None:
    _remember(UNTOLD, f"{blanked.rows} {blanked.observations}")


def _blank(keys: Sequence[int]) -> Blanked:
    with transaction.atomic():
        take_turns()
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA secure_delete=ON")
        # Another worker may have been there first: each row is counted once.
        count = Message.objects.filter(HAS_PERSON, key__in=keys).update(**_BLANKED)
        gone, _by_model = Observation.objects.filter(key__in=keys).delete()
        _blank_reasons(keys)
    return Blanked(count, gone)


def _blank_reasons(keys: Sequence[int]) -> None:
    """The provider's own words may hold a number too; they are counted, so their days are counted anew."""
    rows = Message.objects.filter(key__in=keys, status_details__regex="[0-9]")
    days = set()
    for key, date, details in list(rows.values_list("key", "date", "status_details")):
        if details != (covered := without_digits(details)):
            Message.objects.filter(key=key).update(status_details=covered)
            days.add(DAYS.floor(wall_seconds(date)))
    if days:
        with connection.cursor() as cursor:
            rebuild(cursor, min(days), min(days), sorted(days))


def _note_leftovers() -> None:
    _remember(LEFTOVERS, secrets.token_hex(16))


def _remembered(name: str) -> str:
    found = ProviderTrait.objects.filter(api_url="", name=name).values_list("value", flat=True)
    return found.first() or ""


def _remember(name: str, value: str) -> None:
    ProviderTrait.objects.update_or_create(api_url="", name=name, defaults={"value": value})
