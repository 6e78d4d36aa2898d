"""One `forget()`: a number leaves everything that the dashboard keeps, and stays out of it.

    number ─▶ list of erased numbers, audit trail ─▶ flags · rows, text index, life lines · saved views,
              share links · files of exports ─▶ (a worker or command) nothing left in the database's files

Figures stay, and so does the audit trail, which holds keyed digests of numbers alone. Knows what is kept
and where; it draws nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress as ignored
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import ngettext_lazy

from messages_app.analysis.exact import meant
from messages_app.analysis.numbers import LONGEST_NUMBER, SHORTEST_NUMBER, typed_number
from messages_app.archive import forgetting
from messages_app.archive.forgetting import Blanked
from messages_app.archive.forgotten import Forgetting, erased
from messages_app.audit import Act, number_digest, record
from messages_app.audited import AuditLine
from messages_app.backups import suppression
from messages_app.exports import kept
from messages_app.made import Flag, SavedView, ShareLink
from messages_app.models import Export, Message, Observation
from messages_app.sealing import BrokenSeal, is_sealed, unseal

MESSAGES, OBSERVATIONS, FLAGS, VIEWS, LINKS, EXPORTS, AUDIT = (
    "messages", "observations", "flags", "views", "links", "exports", "audit",
)  # fmt: skip

_WRITTEN = re.compile(r"\+?\(?\d(?:[\s().\-_/]*+\d)+")
"""Digits as people write numbers."""

Counts = dict[str, int]

Meant = Callable[[str], bool]
"""Whether a number, as the provider writes it, is one of those that are looked for."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of what is held of a number: its words for a count, the count, and how it goes.

    What has no `erase` goes with another kind, or stays.
    """

    name: str
    words: Any
    count: Callable[[str], int]
    erase: Callable[[str, datetime], object] | None = None


def number_of(text: str) -> str:
    """The number as the provider writes it; "" for what is nobody's: names and short codes."""
    found = typed_number(text, settings.PHONE_REGION)
    is_number = found.isascii() and found.isdecimal()
    return found if is_number and SHORTEST_NUMBER <= len(found) <= LONGEST_NUMBER else ""


def held(number: str) -> Counts:
    """How much of each kind is held of a number."""
    return {kind.name: kind.count(number) for kind in KINDS}


def forget(
    number: str,
    now: datetime,
    *,
    request: HttpRequest | None = None,
    who: AbstractBaseUser | None = None,
) -> Counts:
    """Erase a number everywhere, for good; say what was held. `now` is aware. Again it does no harm.

    The act is recorded together with its beginning: what a failure leaves is erased by `finish`.
    """
    there = held(number)
    with transaction.atomic():
        mark = forgetting.begin(number, now)
        note = ", ".join(f"{name} {count}" for name, count in there.items() if count)
        record(Act.ERASED, request=request, who=who, numbers=[number], note=note)
    for kind in KINDS:
        if kind.erase:
            kind.erase(number, now)
    forgetting.end(mark)
    suppression.keep_beside()
    return there


def forget_listed() -> Blanked:
    """Erase every listed number once more wherever it stands in the database, but for exports."""
    found, is_erased = forgetting.forget_listed(), Forgetting(erased()).holds
    drop_nobodys_flags()
    Flag.objects.filter(pk__in=_noted(is_erased)).delete()
    SavedView.objects.filter(pk__in=_views(is_erased)).delete()
    ShareLink.objects.filter(pk__in=_links(is_erased)).delete()
    return found


def finish(now: datetime) -> None:
    """Bring to its end what goes on or was stopped: an erasure, or one that a list has told of."""
    if mark := forgetting.under_way():
        forget_listed()
        _drop_exports(Forgetting(erased()).holds, now)
        forgetting.end(mark)


def rows_of(number: str) -> Iterator[QuerySet[Message]]:
    """The archive's rows of a number, one query for each direction."""
    return (Message.objects.filter(side) for side in forgetting.sides_of(number))


def keys_of(number: str) -> list[int]:
    """The keys of a number's rows, in order of time."""
    found = [pair for rows in rows_of(number) for pair in rows.values_list("date", "key")]
    return [key for _date, key in sorted(found)]


def audit_lines(number: str) -> QuerySet[AuditLine]:
    """The lines of the audit trail that name a number, by its digest."""
    return AuditLine.objects.filter(numbers__contains=f" {number_digest(number)} ").order_by(
        "number"
    )


def flags_of(number: str) -> QuerySet[Flag]:
    """Flags on rows of a number, and those whose note names it, on whatever row."""
    return Flag.objects.filter(Q(key__in=keys_of(number)) | Q(pk__in=_noted(number.__eq__)))


def drop_nobodys_flags() -> None:
    """Delete flags on rows without number and text: notes may name who is not to be known any more.

    Such a row may be too old by now, or come in after its number was erased.
    """
    rows = Message.objects.filter(key__in=Flag.objects.values("key"))
    # Asked first: on SQLite a DELETE takes the writers' turn, also where it finds nothing.
    if keys := list(rows.exclude(forgetting.HAS_PERSON).values_list("key", flat=True)):
        Flag.objects.filter(key__in=keys).delete()


def named_in(question: str, is_meant: Meant) -> bool:
    """Whether a question, as its address has it, asks for such a number or holds one."""
    return any(_names(value, is_meant) for value in _plain_values(question))


def _plain_values(question: str) -> Iterator[str]:
    for name, values in QueryDict(question).lists():
        for value in values:
            # What cannot be opened any more tells nobody anything.
            with ignored(BrokenSeal):
                yield meant(unseal(name, value) if is_sealed(value) else value)


def _names(text: str, is_meant: Meant) -> bool:
    return any(map(is_meant, _numbers_in(text)))


def _numbers_in(text: str) -> Iterator[str]:
    """Every number that digits in a text may stand for: the one that is meant, and each within them."""
    for found in _WRITTEN.finditer(text):
        yield number_of(found[0])
        digits = "".join(filter(str.isdecimal, found[0]))
        for length in range(SHORTEST_NUMBER, LONGEST_NUMBER + 1):
            for at in range(len(digits) - length + 1):
                yield digits[at : at + length]


def _noted(is_meant: Meant) -> list[int]:
    notes = Flag.objects.exclude(note="").values_list("pk", "note")
    return [pk for pk, note in notes if _names(note, is_meant)]


def _views(is_meant: Meant) -> list[int]:
    return _with(SavedView.objects.values_list("pk", "question", "name"), is_meant)


def _links(is_meant: Meant) -> list[int]:
    return _with(ShareLink.objects.values_list("pk", "question", "label"), is_meant)


def _with(made: Iterable[tuple[int, str, str]], is_meant: Meant) -> list[int]:
    return [
        pk for pk, question, name in made if named_in(question, is_meant) or _names(name, is_meant)
    ]


def _asked_exports(is_meant: Meant) -> list[Export]:
    return [one for one in Export.objects.all() if named_in(one.question, is_meant)]


def _drop_exports(is_meant: Meant, now: datetime) -> None:
    for export in _asked_exports(is_meant):
        kept.drop(export)
    # Any file may hold the number: all can be made again.
    kept.drop_files(now)


def _observations(number: str) -> int:
    keys = [rows.values("key") for rows in rows_of(number)]
    return sum(Observation.objects.filter(key__in=side).count() for side in keys)


KINDS = (
    # Flags first: they are found by the rows' numbers.
    Kind(
        FLAGS,
        ngettext_lazy("%d flag with its note", "%d flags with their notes"),
        lambda number: flags_of(number).count(),
        lambda number, _now: flags_of(number).delete(),
    ),
    Kind(
        OBSERVATIONS,
        ngettext_lazy("%d earlier state of them", "%d earlier states of them"),
        _observations,
    ),
    Kind(
        MESSAGES,
        ngettext_lazy("%d message to or from it", "%d messages to or from it"),
        lambda number: sum(rows.count() for rows in rows_of(number)),
        forgetting.forget_number,
    ),
    Kind(
        VIEWS,
        ngettext_lazy("%d saved view that names it", "%d saved views that name it"),
        lambda number: len(_views(number.__eq__)),
        lambda number, _now: SavedView.objects.filter(pk__in=_views(number.__eq__)).delete(),
    ),
    Kind(
        LINKS,
        ngettext_lazy("%d share link that names it", "%d share links that name it"),
        lambda number: len(_links(number.__eq__)),
        lambda number, _now: ShareLink.objects.filter(pk__in=_links(number.__eq__)).delete(),
    ),
    Kind(
        EXPORTS,
        ngettext_lazy("%d export that names it", "%d exports that name it"),
        lambda number: len(_asked_exports(number.__eq__)),
        lambda number, now: _drop_exports(number.__eq__, now),
    ),
    Kind(
        AUDIT,
        ngettext_lazy("%d line of the audit trail", "%d lines of the audit trail"),
        lambda number: audit_lines(number).count(),
    ),
)
"""All that is held of a number, in the order in which it goes. The audit trail stays: its year ends it."""

ERASED = (MESSAGES, OBSERVATIONS, FLAGS, VIEWS, LINKS, EXPORTS)
IN_WORDS = (*ERASED, AUDIT)
"""The same in the order in which people are told, without and with what stays."""


def told(counts: Counts) -> list[str]:
    """What is held, in words, one line a kind; kinds of which there is nothing are left out."""
    kinds = {kind.name: kind for kind in KINDS}
    return [kinds[name].words % counts[name] for name in IN_WORDS if counts[name]]
