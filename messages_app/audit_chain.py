"""The whole trail, end to end: what of it was tampered with, and the purge of lines that are old enough.

    anchor (what a purge left) ─▶ line ─▶ line ─▶ … ─▶ head

Each line is checked against the hash stored before it, so that one that was changed is named alone.
What nobody without the key can hide: a line changed, added, taken out, moved, or cut off at either end.
Only a whole older copy of the trail fits in itself: `known` finds that one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from messages_app.audit import Act, held_head, is_sealed, line_hash, record, seal
from messages_app.audited import AuditHead, AuditLine

KEPT = timedelta(days=366)
"""Twelve months; the triggers let nothing go before 365 days, by the database's own clock."""

GATHERED = timedelta(days=1)
"""So long old lines gather, so that a purge is a thing of once a day."""

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Known:
    """A line that somebody wrote down elsewhere: its number and its hash."""

    number: int
    hash: str


def findings(known: Known | None = None) -> Iterator[str]:
    """Each tampering as a sentence that names its line; none where the trail is whole.

    Lines may be added, and a purge may go on, meanwhile.
    """
    while True:
        head = _head()
        found = list(_findings(head, known))
        if _head().purged == head.purged:
            yield from found
            return


def _head() -> AuditHead:
    return AuditHead.objects.first() or AuditHead(seal="")


def _findings(head: AuditHead, known: Known | None) -> Iterator[str]:
    if not head.seal:
        yield "The trail's head is gone: nobody can say which line was the last."
    elif not is_sealed(head):
        yield "The trail's head was changed: it does not bear our seal."
    yield from _of_lines(head)
    yield from _of_ends(head)
    if known and known.number > head.purged:
        line = AuditLine.objects.filter(number=known.number).first()
        if line is None or line.hash != known.hash:
            yield f"Line {known.number} is not the one that was written down."


def _of_lines(head: AuditHead) -> Iterator[str]:
    before: str | None = head.purged_hash
    expected = head.purged + 1
    lines = AuditLine.objects.filter(number__lte=head.number) if head.seal else AuditLine.objects
    for line in lines.order_by("number").iterator(AT_ONCE):
        if line.number < expected:
            yield f"Line {line.number} is back, though it was purged."
            continue
        if line.number > expected:
            yield _missing(expected, line.number - 1)
            # The hash before it went with the line before it.
            before = None
        if before is not None and line_hash(line, before) != line.hash:
            yield f"Line {line.number} was changed, or stands where another stood."
        if line.act == Act.TRAIL_BROKEN:
            yield f"Before line {line.number} the trail's head had been changed or taken."
        expected, before = line.number + 1, line.hash
    if head.seal and expected <= head.number:
        yield _missing(expected, head.number)
    elif head.seal and before != head.hash:
        yield f"Line {head.number} is not the one that was written last."


def _of_ends(head: AuditHead) -> Iterator[str]:
    """What stands behind the end: by now others may have written, which the head tells too."""
    last = AuditLine.objects.aggregate(last=Max("number"))["last"] or 0
    if head.seal and last > _head().number:
        yield f"Line {last} was added behind the end of the trail."


def _missing(first: int, last: int) -> str:
    return f"Line {first} is missing." if first == last else f"Lines {first} to {last} are missing."


def purge(now: datetime) -> int:
    """Let go of lines that are older than KEPT, and say in the trail how many; return the number.

    An anchor stays: the number, hash and time of the last that went. `now` is real time.
    """
    edge = now - KEPT
    with transaction.atomic():
        head = held_head()
        stays = AuditLine.objects.filter(at__gte=edge).order_by("number").first()
        until = stays.number - 1 if stays else head.number
        last = AuditLine.objects.filter(number__lte=until).order_by("-number").first()
        if last is None:
            return 0
        count = last.number - head.purged
        head.purged, head.purged_hash, head.purged_until = last.number, last.hash, last.at
        seal(head)
        head.save(force_update=True)
        AuditLine.objects.filter(number__lte=last.number).delete()
        record(
            Act.PURGED,
            about=f"audit trail, lines {last.number - count + 1} to {last.number}",
            note=f"until {last.at:%Y-%m-%d %H:%M:%S} UTC",
        )
    return count


def purge_in_turn(now: datetime) -> None:
    """The same, once a day, beside other work."""
    if AuditLine.objects.filter(at__lt=now - KEPT - GATHERED).exists():
        purge(now)
