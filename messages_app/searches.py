"""From a search line to the questions that it may mean, and where it cannot be understood.

    line ─▶ analysis.search.terms ─▶ readings: parameters ─▶ filters.read_question ─▶ MessageQuery

The form of the filters judges every value, so that a line and the form cannot mean different things.
Which of several readings answers is settled by what the archive knows; the others are offered.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from messages_app.analysis.operators import DATES, DAY, ID, operator_of, value_named
from messages_app.analysis.periods import HORIZON, PERIODS
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.search import Meanings, Term, Unreadable, meanings, terms
from messages_app.analysis.search_line import LONG_PERIOD, usual_period
from messages_app.answers import is_known, with_id
from messages_app.fields import LAST_SECOND, Literal, WallTimeField
from messages_app.filters import ASKS_FOR_PERSONAL, PERSONAL, SEVERAL, read_question
from messages_app.privacy import mask_of
from messages_app.provider import MAX_MESSAGE_ID, MessageRecord
from messages_app.sealing import is_sealed, seal

LONGEST = 1000
"""Characters of a line that are read."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What cannot be understood, in a sentence, and which characters of the line."""

    sentence: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a line: a question, or messages that bear a number. `field` is what its words
    without an operator were taken for, "" where there are none.
    """

    field: str
    query: MessageQuery | None = None
    records: tuple[MessageRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """A line as it was understood: its readings, the answering one first; or its mistakes."""

    line: str
    readings: tuple[Reading, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.line.strip()

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The line in pieces, and of each whether it is part of a mistake."""
        marks = [any(m.start <= at < m.end for m in self.mistakes) for at in range(len(self.line))]
        cuts = [at for at in range(len(marks)) if not at or marks[at] != marks[at - 1]]
        ends = [*cuts[1:], len(marks)]
        return [(self.line[start:end], marks[start]) for start, end in zip(cuts, ends, strict=True)]


def understood(line: str, now: datetime, may: frozenset[str]) -> Search:
    """Read a line; never raises for what stands in it.

    Who may not see personal values gets a mistake for each of them: how many rows hold a number or
    word is an answer too. A sender's name is nobody's, and may be asked for.
    """
    if len(line) > LONGEST:
        sentence = _("A search has at most %s characters.") % LONGEST
        return Search(line, mistakes=(Mistake(sentence, LONGEST, len(line)),))
    try:
        found = terms(line)
    except Unreadable as error:
        return Search(line, mistakes=(Mistake(error.sentence, error.start, error.end),))
    mistakes = [*_refused(found, may), *_doubled(found)]
    if mistakes:
        return Search(line, mistakes=tuple(mistakes))
    return _Reader(line, now, may, tuple(found)).search()


def _refused(found: Iterable[Term], may: frozenset[str]) -> list[Mistake]:
    if "see_personal" in may:
        return []
    return [
        _personal(term)
        for term in found
        if term.field in PERSONAL and ASKS_FOR_PERSONAL[term.field](term.text)
    ]


def _personal(term: Term) -> Mistake:
    sentence = _(
        "Your role does not show numbers, texts and references in full, so they cannot be searched for."
    )
    return Mistake(sentence, term.start, term.end)


def _doubled(found: list[Term]) -> list[Mistake]:
    """Terms that stand beside another one of the same field, or of another range."""
    mistakes = []
    seen: dict[str, Term] = {}
    for term in found:
        field = term.field
        before = seen.get(field)
        if field and field not in SEVERAL and before and before.text != term.text:
            sentence = _("Give one value for “%s:”, not two.") % operator_of(field).word
            mistakes.append(Mistake(sentence, term.start, term.end))
        seen.setdefault(field, term)
    ranges = [seen[name] for name in ("period", DAY, *DATES[:2]) if name in seen]
    is_mixed = ("period" in seen or DAY in seen) and len(ranges) > 1
    if is_mixed:
        last = max(ranges, key=lambda term: term.start)
        sentence = _("Give a period, a day, or dates: only one of them.")
        mistakes.append(Mistake(sentence, last.start, last.end))
    if ID in seen and len(found) > 1:
        sentence = _("One message needs no other words: “id:” stands alone.")
        mistakes.append(Mistake(sentence, seen[ID].start, seen[ID].end))
    return mistakes


@dataclass(frozen=True, slots=True)
class _Reader:
    """The terms of one line, on their way to its readings."""

    line: str
    now: datetime
    may: frozenset[str]
    terms: tuple[Term, ...]

    def search(self) -> Search:
        words = [term for term in self.terms if not term.field]
        if not words:
            return self._settled({})
        taken = {term.field for term in self.terms}
        meant: dict[Term, str] = {}
        for term in words:
            options = self._open(meanings(term.text, settings.PHONE_REGION), taken)
            field = self._decided(options, meant, term)
            if not field:
                return Search(self.line, mistakes=(self._no_place(term),))
            meant[term] = field
            taken |= {field}
        found = self._settled(meant)
        if len(words) > 1 or found.mistakes:
            return found
        others = [name for name in options.all if name and name != meant[words[0]]]
        return Search(self.line, (*found.readings, *self._others(words[0], others, found)))

    def _open(self, options: Meanings, taken: set[str]) -> Meanings:
        """What words may still be, beside the fields that are taken; the default is "" where that is
        nothing. Digits beside a number are a text.
        """

        def is_open(field: str) -> bool:
            is_alone = field != ID or len(self.terms) == 1
            is_dated = field != DAY or not taken & {"period", *DATES}
            is_seen = field not in PERSONAL or "see_personal" in self.may
            return field not in taken and is_alone and is_dated and is_seen

        usual = (options.default, "message")
        default = next((name for name in usual if name in options.all and is_open(name)), "")
        tried = tuple(name for name in options.tried if is_open(name))
        return Meanings(tried, default, tuple(name for name in options.all if is_open(name)))

    def _no_place(self, term: Term) -> Mistake:
        if "see_personal" not in self.may:
            return _personal(term)
        sentence = _("Words stand in two places. Put them beside each other, or all in quotes.")
        return Mistake(sentence, term.start, term.end)

    def _decided(self, options: Meanings, meant: dict[Term, str], term: Term) -> str:
        """The first meaning that the archive knows, else the usual one; "" where there is none."""
        for field in options.tried:
            reading = self._reading({**meant, term: field}, field)
            if isinstance(reading, Reading) and _is_known(reading):
                return field
        return options.default

    def _settled(self, meant: dict[Term, str]) -> Search:
        reading = self._reading(meant, next(iter(meant.values()), ""))
        if isinstance(reading, Reading):
            return Search(self.line, (reading,))
        return Search(self.line, mistakes=reading)

    def _others(self, term: Term, fields: list[str], found: Search) -> list[Reading]:
        """The readings that are offered beside the answer; the last looks further back."""
        tried = [self._reading({term: field}, field) for field in fields]
        others = [one for one in tried if isinstance(one, Reading) and (one.query or one.records)]
        query = found.readings[0].query
        if query and not self._is_dated and query.period != LONG_PERIOD:
            others.append(Reading("period", query.but(period=LONG_PERIOD)))
        return others

    @property
    def _is_dated(self) -> bool:
        return any(term.field in ("period", *DATES) for term in self.terms)

    def _reading(self, meant: dict[Term, str], field: str) -> Reading | tuple[Mistake, ...]:
        named = [(meant.get(term, term.field), term) for term in self.terms]
        for name, term in named:
            if name == ID:
                return self._numbered(field, term)
        params = QueryDict(mutable=True)
        for name, term in named:
            for target, value in self._values(name, term):
                params.appendlist(target, value)
        self._complete(params)
        question = read_question(params, self.now, mask_of(self.may))
        if question.query is None:
            return self._mistakes(question.form.errors, named)
        query = question.query
        is_ranged = any(name in ("period", *DATES) for name, _term in named)
        return Reading(field, query if is_ranged else query.but(period=usual_period(query)))

    def _values(self, name: str, term: Term) -> list[tuple[str, str]]:
        """A term as parameters of the form."""
        text = term.text
        if name == DAY:
            return [("date_start", text), ("date_end", text)]
        if name in PERSONAL and is_sealed(text):
            return [(name, seal(name, text))]  # it was typed, however it looks
        if name in ("message", "reference"):
            return [(name, Literal(text))]  # blanks at its ends can only have stood in quotes
        return [(name, value_named(name, text))]

    def _complete(self, params: QueryDict) -> None:
        """Give a range with one end its other one, which the form of the filters would ask for."""
        names = ("date_start", "date_end")
        given = [name for name in names if params.get(name)]
        if len(given) != 1:
            return
        (name,) = given
        missing = names[1 - names.index(name)]
        params[missing] = text = str(params[name])  # what is no date both ends refuse, at its place
        with suppress(ValidationError):
            end = WallTimeField(ends=name == "date_end").clean(text)
            params[missing] = f"{self._other_end(name, end):%Y-%m-%d %H:%M:%S}"

    def _other_end(self, name: str, moment: datetime) -> datetime:
        """From a moment on: to the end of today, of the future as far as is planned. Up to a moment:
        the six months before it."""
        if name == "date_end":
            return PERIODS[LONG_PERIOD].span(moment.replace(tzinfo=self.now.tzinfo))[0]
        today = datetime.combine(self.now.date(), LAST_SECOND)
        ahead = datetime.combine((moment + HORIZON).date(), LAST_SECOND)
        return today if moment <= today else ahead

    def _mistakes(
        self, errors: Mapping[str, Iterable[object]], named: list[tuple[str, Term]]
    ) -> tuple[Mistake, ...]:
        """The form's errors, each at the term that it is about."""
        whole = Term("", self.line, 0, len(self.line))
        places: dict[str, Term] = {}
        for name, term in named:
            places.setdefault(name, term)
        for name in ("date_start", "date_end"):
            ends = (places.get(one) for one in (name, *DATES))
            places.setdefault(name, next((one for one in ends if one), whole))
        found: dict[tuple[str, int], Mistake] = {}
        for field, sentences in errors.items():
            term = places.get(field, whole)
            for sentence in sentences:
                mistake = Mistake(str(sentence), term.start, term.end)
                found.setdefault((mistake.sentence, mistake.start), mistake)
        return tuple(found.values())

    def _numbered(self, field: str, term: Term) -> Reading | tuple[Mistake, ...]:
        """The messages that bear a number, from the archive: the provider cannot be asked for one."""
        kind, _colon, digits = term.text.rpartition(":")
        if not (digits.isascii() and digits.isdigit()) or int(digits) >= MAX_MESSAGE_ID:
            sentence = _("Write a message's number in digits alone.")
            return (Mistake(sentence, term.start, term.end),)
        records = tuple(one for one in with_id(int(digits)) if kind in ("", one.type))
        if not records and not field:
            sentence = _(
                "The archive holds no message with this number, and the provider cannot be asked for "
                "one. Look for its phone number or its text."
            )
            return (Mistake(sentence, term.start, term.end),)
        return Reading(field, records=records)


def _is_known(reading: Reading) -> bool:
    if reading.query is None:
        return bool(reading.records)
    return is_known(reading.query)
