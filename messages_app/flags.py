"""Flags: messages that somebody wants to be looked at, with a note, until somebody says that it is done.

Knows permissions; it reads no message and draws nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from messages_app.access import Viewer
from messages_app.archive.keys import key_of
from messages_app.made import Flag
from messages_app.provider import MessageRecord


def sees(viewer: Viewer) -> bool:
    """Whether a person sees which messages are flagged; a visitor never does."""
    return viewer.fence is None and not viewer.may.isdisjoint(("flag", "review"))


def reads_notes(viewer: Viewer) -> bool:
    """Whether a person reads the notes: there is no telling what stands in them."""
    return viewer.mask.is_open


def add(record: MessageRecord, note: str, viewer: Viewer, now: datetime) -> Flag:
    """Flag a message."""
    return Flag.objects.create(
        key=key_of(record.type, record.message_id), type=record.type, message_id=record.message_id,
        date=record.date, note=note, flagged_by_id=viewer.user_id, flagged_at=now,
    )  # fmt: skip


def of_message(kind: str, message_id: int) -> list[Flag]:
    """All flags of a message, the latest first."""
    found = Flag.objects.filter(key=key_of(kind, message_id), type=kind)
    return list(found.select_related("flagged_by", "done_by"))


def flagged(records: Iterable[MessageRecord]) -> frozenset[str]:
    """Keys ("type:id") of those rows that bear a flag which is not done."""
    keys = [key_of(record.type, record.message_id) for record in records]
    found = Flag.objects.filter(key__in=keys, done_at=None).values_list("type", "message_id")
    return frozenset(f"{kind}:{message_id}" for kind, message_id in found)


def all_of(*, is_done: bool) -> QuerySet[Flag]:
    """Flags that are done, the latest done first; or those that are open, the latest first."""
    found = Flag.objects.filter(done_at__isnull=not is_done)
    found = found.select_related("flagged_by", "done_by")
    return found.order_by("-done_at", "-pk") if is_done else found.order_by("-flagged_at", "-pk")


def open_count() -> int:
    return Flag.objects.filter(done_at=None).count()


def settle(flag: Flag, viewer: Viewer, now: datetime, *, is_done: bool) -> bool:
    """Say that a flag is done, or open again; whether that was news."""
    found = Flag.objects.filter(pk=flag.pk, done_at__isnull=is_done)
    changes = (
        {"done_at": now, "done_by": viewer.user_id}
        if is_done
        else {"done_at": None, "done_by": None}
    )
    return bool(found.update(**changes))
