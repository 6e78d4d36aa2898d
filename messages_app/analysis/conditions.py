"""The one place that turns a question's conditions into rows.

A condition has three readings of one meaning: the provider's own parameter that can ask it, a test
on a row that is at hand, and a clause over the archive's table. Nothing else decides which rows
belong to a question, so lists, figures and charts cannot disagree.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q
from django.db.models.lookups import Exact

from messages_app.analysis.exact import is_exact, meant
from messages_app.analysis.fence import Outside
from messages_app.analysis.metrics import delay_bin, is_unpriced, opts_out
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.slots import EPOCH_SLOT, SLOTS, slot_of
from messages_app.analysis.statuses import (
    MT_STATUSES,
    NONE,
    OPT_OUTS,
    PROVIDER_SORTS,
    REPLIES,
    TYPE_OF_DIRECTION,
    UNDATED,
    UNPRICED,
)
from messages_app.archive import keys, searching
from messages_app.provider import MessageRecord, PageRequest
from messages_app.sms.delays import bins_between
from messages_app.sms.terms import ATTEMPTED, DELIVERED, MO, MT, WITHDRAWN

Test = Callable[[MessageRecord, MessageQuery], bool]

OTHER = "other"

PREFIX = "*"
"""At the end of a number or sender: whatever begins so."""

NOTHING = Q(key__in=())
LARGEST = 2**63
_TYPE_BITS = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: what it asks for, the provider's parameter that can ask it, its test, its clause.

    `parameter` is "" where the provider has none; `values` are the values in force, none if unused.
    `is_ours` says of a value that the provider cannot be asked it. `where` is only for a question
    that uses the condition; it may ask the text index first.
    """

    name: str
    parameter: str
    values: Callable[[MessageQuery], tuple[str, ...]]
    holds: Test
    where: Callable[[MessageQuery], Q]
    is_ours: Callable[[str], bool] = lambda _value: False

    def is_pushed(self, query: MessageQuery) -> bool:
        """Say whether the provider itself can narrow to this: it takes one value of each."""
        values = self.values(query)
        return bool(self.parameter) and len(values) == 1 and not self.is_ours(values[0])


def _one(name: str) -> Callable[[MessageQuery], tuple[str, ...]]:
    def values(query: MessageQuery) -> tuple[str, ...]:
        value: str = getattr(query, name)
        return (value,) if value else ()

    return values


def any_of(field: str, values: Iterable[str]) -> Q:
    """One of `values` as filters write them; NONE asks for empty ones too."""
    wanted = sorted({*map(meant, values), *([""] if NONE in values else [])})
    return Q((field, wanted[0])) if len(wanted) == 1 else Q((f"{field}__in", wanted))


def is_prefix(value: str) -> bool:
    return value.endswith(PREFIX) and not is_exact(value)


def _number(name: str, parameter: str) -> Condition:
    """A number or sender name, whole or by what it begins with."""

    def holds(record: MessageRecord, query: MessageQuery) -> bool:
        asked, value = getattr(query, name), getattr(record, name)
        return value.startswith(asked[:-1]) if is_prefix(asked) else (value or NONE) == meant(asked)

    def where(query: MessageQuery) -> Q:
        asked = getattr(query, name)
        return _begins(name, asked[:-1]) if is_prefix(asked) else any_of(name, [asked])

    def is_ours(asked: str) -> bool:
        return is_prefix(asked) or is_exact(asked) or asked == NONE

    return Condition(name, parameter, _one(name), holds, where, is_ours)


def _begins(field: str, start: str) -> Q:
    """A range, since LIKE uses no index of SQLite; text is ordered by its code points."""
    found = Q((f"{field}__gte", start))
    trimmed = start.rstrip("\U0010ffff")
    if not trimmed:
        return found
    after = ord(trimmed[-1]) + 1
    # Surrogates are no characters of a text: after U+D7FF comes U+E000.
    end = trimmed[:-1] + chr(0xE000 if after == 0xD800 else after)
    return found & Q((f"{field}__lt", end))


def _identifier(name: str, field: str) -> Condition:
    """A whole number of the provider's, asked for as it writes it; NONE for rows without one."""

    def holds(record: MessageRecord, query: MessageQuery) -> bool:
        value = getattr(record, field)
        return (NONE if value is None else str(value)) == getattr(query, name)

    def where(query: MessageQuery) -> Q:
        asked = getattr(query, name)
        if asked == NONE:
            return Q((field, None))
        if not (asked.isascii() and asked.isdigit()) or str(int(asked)) != asked:
            return NOTHING
        return Q((field, int(asked))) if int(asked) < LARGEST else NOTHING

    return Condition(name, "", _one(name), holds, where)


def is_other(record: MessageRecord) -> bool:
    """An outgoing row with a status that we do not know."""
    return record.type == MT and record.state not in MT_STATUSES and record.state != WITHDRAWN


def _has_status(record: MessageRecord, query: MessageQuery) -> bool:
    return record.state in query.statuses or (OTHER in query.statuses and is_other(record))


def of_type(type: str) -> Q:
    """Rows of a documented type, told by the last bits of the key: every index holds them."""
    return Q(Exact(F("key").bitand(_TYPE_BITS), keys.CODES[type]))


def _states(query: MessageQuery) -> Q:
    if OTHER not in query.statuses:
        return any_of("state", query.statuses)
    other = of_type(MT) & ~Q(state__in=sorted({*MT_STATUSES, WITHDRAWN}))
    return other | Q(state__in=query.statuses)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows that figures count apart: the test and the clause of one of `statuses.KINDS`."""

    holds: Test
    where: Q


_KINDS = {
    REPLIES: _Kind(
        lambda r, _q: r.type == MO and not opts_out(r), of_type(MO) & Q(is_opt_out=False)
    ),
    OPT_OUTS: _Kind(lambda r, _q: r.type == MO and opts_out(r), of_type(MO) & Q(is_opt_out=True)),
    UNPRICED: _Kind(
        lambda r, _q: is_unpriced(r), of_type(MT) & Q(cost=None, state__in=sorted(ATTEMPTED))
    ),
    UNDATED: _Kind(
        lambda r, q: r.type == MT and r.state == DELIVERED and delay_bin(r, q.zone) is None,
        of_type(MT) & Q(state=DELIVERED, delay_bin=None),
    ),
}


def _in_slot(query: MessageQuery) -> Q:
    hours = ExpressionWrapper(F("date") / 3600, output_field=BigIntegerField())
    slot = ExpressionWrapper((hours + EPOCH_SLOT) % len(SLOTS), output_field=BigIntegerField())
    return Q(Exact(slot, SLOTS.index(query.slot)))


def _in_bins(record: MessageRecord, query: MessageQuery) -> bool:
    if record.type != MT or record.state != DELIVERED:
        return False
    return delay_bin(record, query.zone) in bins_between(query.delay)


def _delayed(query: MessageQuery) -> Q:
    bins = bins_between(query.delay)
    return of_type(MT) & Q(state=DELIVERED, delay_bin__range=(bins[0], bins[-1]))


CONDITIONS = (
    _number("destination", "destination"),
    Condition(
        "message",
        "message",
        _one("message"),
        lambda r, q: q.message.casefold() in r.message.casefold(),
        lambda q: searching.contains(q.message),
    ),
    Condition(
        "type",
        "type",
        _one("type"),
        lambda r, q: r.type == TYPE_OF_DIRECTION[q.type],
        lambda q: of_type(TYPE_OF_DIRECTION[q.type]),
    ),
    Condition(
        "country",
        "country",
        lambda q: q.countries,
        lambda r, q: (r.country or NONE) in map(meant, q.countries),
        lambda q: any_of("country", q.countries),
        lambda value: value == NONE or is_exact(value),
    ),
    Condition(
        "status",
        "status",
        lambda q: q.statuses,
        _has_status,
        _states,
        lambda value: value in (OTHER, WITHDRAWN),
    ),
    Condition(
        "details",
        "",
        lambda q: q.details,
        lambda r, q: (r.status_details or NONE) in map(meant, q.details),
        lambda q: any_of("status_details", q.details),
    ),
    _number("sender", ""),
    _identifier("campaign", "campaign_id"),
    _identifier("client", "client_id"),
    Condition(
        "reference",
        "",
        _one("reference"),
        lambda r, q: r.client_message_id == q.reference,
        # The index holds only rows with a reference, and is used where that is said.
        lambda q: ~Q(client_message_id="") & Q(client_message_id=q.reference),
    ),
    Condition(
        "kind",
        "",
        _one("kind"),
        lambda r, q: _KINDS[q.kind].holds(r, q),
        lambda q: _KINDS[q.kind].where,
    ),
    Condition("slot", "", _one("slot"), lambda r, q: slot_of(r.date) == q.slot, _in_slot),
    Condition("delay", "", _one("delay"), _in_bins, _delayed),
)


def where(query: MessageQuery) -> Q:
    """The whole question, its range included, as one clause over `models.Message`."""
    return Q(date__range=query.span) & narrowed(query)


def in_force(query: MessageQuery) -> Iterator[tuple[Condition, MessageQuery]]:
    """Each condition that rows must meet, with the question that asks it: the fence's come first."""
    for asked in query.layers:
        yield from ((condition, asked) for condition in CONDITIONS if condition.values(asked))


def narrowed(query: MessageQuery) -> Q:
    """The question but for its range, as a clause over `models.Message`."""
    found = Q()
    for condition, asked in in_force(query):
        found &= condition.where(asked)
    return found


def provider_request(query: MessageQuery) -> PageRequest:
    """The question as far as the provider can be asked it; dates are the question's own seconds.

    Raises Outside for a visitor's: the provider is not asked on behalf of people without a login.
    """
    if query.fence is not None:
        raise Outside
    start, end = query.span
    pushed: dict[str, Any] = {
        c.parameter: c.values(query)[0] for c in CONDITIONS if c.is_pushed(query)
    }
    return PageRequest(date_start=start, date_end=end, **pushed)


def is_wholly_pushed(query: MessageQuery) -> bool:
    """Say whether the provider alone can answer a page of this question, in this order."""
    filtered = all(c.is_pushed(query) for c in CONDITIONS if c.values(query))
    return query.fence is None and filtered and query.sort_key in PROVIDER_SORTS


def keep(records: Iterable[MessageRecord], query: MessageQuery) -> list[MessageRecord]:
    """The rows of `records`, read by `provider_request(query)`, that the whole question holds for."""
    tests = [(c.holds, asked) for c, asked in in_force(query) if not c.is_pushed(asked)]
    return [record for record in records if all(test(record, asked) for test, asked in tests)]


def holds(record: MessageRecord, query: MessageQuery) -> bool:
    """Say whether the row belongs to the question, its range included."""
    start, end = query.span
    return start <= record.date <= end and all(
        condition.holds(record, asked) for condition, asked in in_force(query)
    )
