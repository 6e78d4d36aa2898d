"""Whose number and text are not kept: erased numbers, and rows older than the time of keeping.

The list of erased numbers is one of keyed digests (`models.Forgotten`). A process holds the whole of it,
and asks the database for its latest mark alone: a row costs one digest, and none while the list is empty.
What it says holds wherever rows come in, from the provider or a backup, and for rows that are shown live.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.conf import settings

from messages_app.archive.columns import EPOCH
from messages_app.archive.rows import ArchivedRecord
from messages_app.digests import digest
from messages_app.models import Forgotten
from messages_app.provider import MessageRecord
from messages_app.sms.parts import parts_of
from messages_app.sms.terms import MO, is_opt_out

PURPOSE = "forgotten number"

BLANK = ("message", "client_message_id", "contact_list_id", "extra")
"""Fields of a record that say who it was, or may, beside the number."""

_LONG_DIGITS = re.compile(r"\d(?:[\W_]*+\d){6,}")
"""So many digits in a row may be somebody's number."""

_known: dict[str, frozenset[str]] = {}
"""The list under its latest mark, as this process knows it."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Digests of erased numbers, and the wall time before which rows are too old (None: never)."""

    digests: frozenset[str] = frozenset()
    before: datetime | None = None

    def holds(self, number: str) -> bool:
        """Whether this number was erased, however it is written."""
        return bool(self.digests and number) and digest_of(number) in self.digests

    def covers(self, record: MessageRecord) -> bool:
        """Whether the row is kept without number and text."""
        return self.is_old(record.date) or self.holds(handset_of(record))

    def is_old(self, date: datetime) -> bool:
        return self.before is not None and date < self.before

    def kept(self, records: Iterable[MessageRecord]) -> list[MessageRecord]:
        """The rows as they may be shown."""
        if not self.digests and self.before is None:
            return list(records)
        return [blanked(one) if self.covers(one) else one for one in records]


def forgetting(wall: datetime) -> Forgetting:
    """What holds at the wall time `wall`, by the list as it stands in the database."""
    return Forgetting(erased(), kept_since(wall))


def kept_since(wall: datetime) -> datetime | None:
    """The first second whose rows keep their numbers and texts at the wall time `wall`; None: all do."""
    months = settings.RETENTION_MONTHS
    if not months:
        return None
    year, month = divmod(wall.year * 12 + wall.month - 1 - months, 12)
    if year < 1:
        return None
    day = min(wall.day, monthrange(year, month + 1)[1])
    return datetime(year, month + 1, day)


def erased() -> frozenset[str]:
    """Digests of all erased numbers."""
    mark = Forgotten.objects.order_by("-pk").values_list("mark", flat=True).first() or ""
    known = _known.get(mark)
    if known is None:
        known = frozenset(Forgotten.objects.values_list("digest", flat=True))
        _known.clear()
        _known[mark] = known
    return known


def digest_of(number: str) -> str:
    """The keyed digest of a number as the provider writes it, with or without what stands before it."""
    digits = "".join(one for one in number if one.isdecimal())
    return digest(PURPOSE, digits.removeprefix("00") or number.casefold())


def handset_of(record: MessageRecord) -> str:
    """The number of the person at the other end."""
    return record.sender if record.type == MO else record.destination


def without_digits(words: str) -> str:
    """The provider's own words, such as a reason, without what may be a number in them."""
    return _LONG_DIGITS.sub(lambda found: "•" * len(found[0]), words)


def blanked(record: MessageRecord) -> MessageRecord:
    """The row without number, text and references; what counts stays, also what follows from the text."""
    nobody = "sender" if record.type == MO else "destination"
    changes: dict[str, Any] = {
        nobody: "", "message": "", "client_message_id": "", "contact_list_id": "", "extra": (),
        "status_details": without_digits(record.status_details),
    }  # fmt: skip
    if isinstance(record, ArchivedRecord):
        return replace(record, **changes)
    parts = parts_of(record.message)
    values = {one.name: getattr(record, one.name) for one in fields(MessageRecord)}
    return ArchivedRecord(
        **values | changes,
        state=record.state,
        parts=parts.number,
        is_unicode=parts.encoding == "Unicode",
        is_named=not record.sender.isdecimal() and record.sender != "",
        is_opt_out=record.type == MO and is_opt_out(record.message),
        since=EPOCH,
        read_at=EPOCH,
        gone_at=None,
    )
