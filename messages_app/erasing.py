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

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import ngettext_lazy

from messages_app.analysis.exact import meant
from messages_app.analysis.numbers import LONGEST_NUMBER, SHORTEST_NUMBER, typed_number
from messages_app.archive import forgetting
from messages_app.archive.forgotten import digest_of
from messages_app.audit import Act, number_digest, record
from messages_app.audited import AuditLine
from messages_app.backups import suppression
from messages_app.exports import kept
from messages_app.made import SavedView, ShareLink
from messages_app.models import Export, Message, Observation
from messages_app.sealing import BrokenSeal, is_sealed, unseal

MESSAGES, OBSERVATIONS, FLAGS, VIEWS, LINKS, EXPORTS, AUDIT = (
    "messages", "observations", "flags", "views", "links", "exports", "audit",
)  # fmt: skip

FLAG = "Flag"
"""The model of flags; rows are flagged by their key."""

_WRITTEN = re.compile(r"\+?\(?\d(?:[\s().\-_/]*+\d)+")
"""Digits as people write numbers."""

Counts = dict[str, int]


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

    The act is recorded together with its beginning: what a failure leaves is erased by the next try.
    """
    there = held(number)
    with transaction.atomic():
        forgetting.suppress([(digest_of(number), now)])
        note = ", ".join(f"{name} {count}" for name, count in there.items() if count)
        record(Act.ERASED, request=request, who=who, numbers=[number], note=note)
    for kind in KINDS:
        if kind.erase:
            kind.erase(number, now)
    suppression.keep_beside()
    return there


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


def flags_of(number: str) -> "QuerySet[Any] | None":
    """Flags on rows of a number; None where messages are not flagged."""
    flags = _all_flags()
    return None if flags is None else flags.filter(key__in=keys_of(number))


def drop_nobodys_flags() -> None:
    """Delete flags on rows without number and text: notes may name who is not to be known any more.

    Such a row may be too old by now, or come in after its number was erased.
    """
    flags = _all_flags()
    if flags is None:
        return
    rows = Message.objects.filter(key__in=flags.values("key"))
    # Asked first: on SQLite a DELETE takes the writers' turn, also where it finds nothing.
    if keys := list(rows.exclude(forgetting.HAS_PERSON).values_list("key", flat=True)):
        flags.filter(key__in=keys).delete()


def _all_flags() -> "QuerySet[Any] | None":
    try:
        flag: Any = apps.get_model("messages_app", FLAG)
    except LookupError:
        return None
    found: QuerySet[Any] = flag._default_manager.all()
    return found


def named_in(question: str, number: str) -> bool:
    """Whether a question, as its address has it, asks for a number or holds it."""
    return any(_names(value, number) for value in _plain_values(question))


def _plain_values(question: str) -> Iterator[str]:
    for name, values in QueryDict(question).lists():
        for value in values:
            # What cannot be opened any more tells nobody anything.
            with ignored(BrokenSeal):
                yield meant(unseal(name, value) if is_sealed(value) else value)


def _names(text: str, number: str) -> bool:
    return any(
        number in "".join(filter(str.isdecimal, found[0])) or number_of(found[0]) == number
        for found in _WRITTEN.finditer(text)
    )


def _views(number: str) -> list[int]:
    return _with(SavedView.objects.values_list("pk", "question", "name"), number)


def _links(number: str) -> list[int]:
    return _with(ShareLink.objects.values_list("pk", "question", "label"), number)


def _with(made: Iterable[tuple[int, str, str]], number: str) -> list[int]:
    return [pk for pk, question, name in made if named_in(question, number) or _names(name, number)]


def _asked_exports(number: str) -> list[Export]:
    return [one for one in Export.objects.all() if named_in(one.question, number)]


def _drop_exports(number: str, now: datetime) -> None:
    for export in _asked_exports(number):
        kept.drop(export)
    # Any file may hold the number: all can be made again.
    kept.drop_files(now)


def _observations(number: str) -> int:
    keys = [rows.values("key") for rows in rows_of(number)]
    return sum(Observation.objects.filter(key__in=side).count() for side in keys)


def _flags(number: str) -> int:
    found = flags_of(number)
    return 0 if found is None else found.count()


def _drop_flags(number: str, _now: datetime) -> None:
    found = flags_of(number)
    if found is not None:
        found.delete()


KINDS = (
    # Flags first: they are found by the rows' numbers.
    Kind(
        FLAGS,
        ngettext_lazy("%d flag with its note", "%d flags with their notes"),
        _flags,
        _drop_flags,
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
        lambda number: len(_views(number)),
        lambda number, _now: SavedView.objects.filter(pk__in=_views(number)).delete(),
    ),
    Kind(
        LINKS,
        ngettext_lazy("%d share link that names it", "%d share links that name it"),
        lambda number: len(_links(number)),
        lambda number, _now: ShareLink.objects.filter(pk__in=_links(number)).delete(),
    ),
    Kind(
        EXPORTS,
        ngettext_lazy("%d export that names it", "%d exports that name it"),
        lambda number: len(_asked_exports(number)),
        _drop_exports,
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
