"""The search line, read into terms and written from a question.

    to:0639… status:delivered "exact words"   ─▶ terms, each with its place in the line
    MessageQuery                              ─▶ the line that asks it

What a value means is the form's to say (`searches`): the line knows operators, quotes and what words
without an operator may be. In quotes every character stands for itself, and a quote is written twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from messages_app.analysis.numbers import (
    LONGEST_NUMBER,
    SHORTEST_NUMBER,
    typed_number_or_start,
)
from messages_app.analysis.operators import (
    DATES,
    DAY,
    ID,
    NUMBERS,
    SCHEMES,
    SEVERAL,
    Operator,
    operator_called,
    operator_like,
    operator_of,
)

LONGEST_SENDER = 11
"""Characters of a sender's name: no network carries more."""

_QUOTES = {'"': '"', "“": "”", "«": "»"}
_BLANKS = re.compile(r"\s+")
_NAME = re.compile(r"([^\W\d]\w*):")
_KEY = re.compile(r"(sms_m[to])[:/]", re.IGNORECASE)
_PIECE = re.compile(r"[+*\d.()/\u2010-\u2015\u2212-]+")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([/.])\d{1,2}\1\d{4}", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}[:h]\d{2}(:\d{2})?", re.ASCII)


class Unreadable(ValueError):
    """A line that cannot be read: the sentence for people, and where, as characters of the line."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        super().__init__("the search line cannot be read")  # never the line itself: it is personal
        self.sentence, self.start, self.end = sentence, start, end


@dataclass(frozen=True, slots=True)
class Term:
    """One piece of the line. `field` is "" for words without an operator.

    `start` and `end` are its characters in the line.
    """

    field: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Meanings:
    """What words without an operator may be, as fields.

    The first of `tried` that is known decides, `default` where none is; `others` are only offered.
    """

    tried: tuple[str, ...]
    default: str
    others: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.default, *self.tried, *self.others)))


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a quoted text, or an operator with what is glued to it."""

    text: str
    start: int
    end: int
    operator: Operator | None = None
    is_quoted: bool = False

    @property
    def is_word(self) -> bool:
        return self.operator is None and not self.is_quoted


def terms(line: str) -> list[Term]:
    """The terms of a line in order. Raises Unreadable."""
    tokens = list(_tokens(line))
    found: list[Term] = []
    while tokens:
        token = tokens.pop(0)
        if token.operator:
            found.append(_valued(token, token.operator, tokens))
        elif token.is_quoted:
            if not token.text.strip():
                sentence = _("There is nothing between these quotes.")
                raise Unreadable(sentence, token.start, token.end)
            found.append(Term("message", token.text, token.start, token.end))
        else:
            run = [token]
            while tokens and tokens[0].is_word:
                run.append(tokens.pop(0))
            for start, end in _parts(run):
                words = re.sub(r"[ \t]+", " ", line[start:end])
                found.append(Term("", words, start, end))
    return found


def _parts(run: list[_Token]) -> Iterator[tuple[int, int]]:
    """Where the words of a run stand: words are one text, of digits each number and each day is one."""
    is_text = not all(_PIECE.fullmatch(token.text) for token in run)
    start = run[0].start
    for before, token in pairwise(run):
        if not is_text and (_DAY.fullmatch(before.text) or _begins_anew(token.text)):
            yield start, before.end
            start = token.start
    yield start, run[-1].end


def meanings(words: str, region: str) -> Meanings:
    """What words without an operator may be; a leading 0 of a number is read in `region`."""
    if _DAY.fullmatch(words):
        return Meanings((), DAY, ("message",))
    number = typed_number_or_start(words, region)
    digits = number.removesuffix("*")
    if digits.isascii() and digits.isdigit():
        if number != digits:
            return Meanings((), "destination", ("sender", "message"))
        if words == digits:
            tried = (*NUMBERS, ID, "campaign", "reference")
            usual = "destination" if len(digits) <= LONGEST_NUMBER else "message"
            return Meanings(tried, usual, ("message",))
        if SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER:
            # Nobody writes a reference with blanks or a +; with hyphens, slashes or zeros they do.
            is_number = words.startswith("+") or _BLANKS.search(words)
            known = () if is_number else ("destination", "reference")
            return Meanings(known, "destination", ("sender", "reference", "message"))
    named = ("sender",) if len(words) <= LONGEST_SENDER else ()
    if _BLANKS.search(words):
        return Meanings((), "message", named)
    return Meanings(("reference",), "message", named)


def _tokens(line: str) -> Iterator[_Token]:
    at = 0
    while at < len(line):
        if blank := _BLANKS.match(line, at):
            at = blank.end()
            continue
        token = _quoted(line, at) or _operated(line, at) or _word(line, at)
        yield token
        at = token.end


def _word(line: str, at: int) -> _Token:
    end = at
    while end < len(line) and not line[end].isspace():
        end += 1
    return _Token(line[at:end], at, end)


def _quoted(line: str, at: int) -> _Token | None:
    """A text in quotes that begins here; a doubled straight quote within is one of its characters."""
    closing = _QUOTES.get(line[at]) if at < len(line) else None
    if closing is None:
        return None
    found, place = "", at + 1
    while place < len(line):
        if line[place] != closing:
            found, place = found + line[place], place + 1
        elif closing == '"' and line[place : place + 2] == '""':
            found, place = found + '"', place + 2
        else:
            text = found.strip() if closing == "»" else found
            return _Token(text, at, place + 1, is_quoted=True)
    raise Unreadable(_("This quote is not closed."), at, len(line))


def _operated(line: str, at: int) -> _Token | None:
    """An operator and its value that begin here; None for a word that only holds a colon."""
    if key := _KEY.match(line, at):
        word = _word(line, at)
        text = f"{key[1].lower()}:{line[key.end() : word.end]}"
        return _Token(text, at, word.end, operator_of(ID))
    taken = line[at] == "-"
    name = _NAME.match(line, at + taken)
    if name is None or name[1].casefold() in SCHEMES:
        return None
    operator = operator_called(name[1])
    if operator is None:
        _check_word(line, name)
        return None
    if taken:
        raise Unreadable(_("A search cannot leave something out: there is no “-”."), at, name.end())
    value = _quoted(line, name.end()) or _word(line, name.end())
    return _Token(value.text, at, value.end, operator, value.is_quoted)


def _check_word(line: str, name: re.Match[str]) -> None:
    """A colon at a word's end, or before slashes, is prose or an address; else an operator is meant."""
    rest = line[name.end() : name.end() + 2]
    if not rest[:1].strip() or rest == "//":
        return
    near = operator_like(name[1])
    words = [_("There is no “%s:”.") % name[1][:60]]
    if near:
        words.append(_("Do you mean “%s:”?") % near)
    words.append(_("To look for these words themselves, put them in quotes."))
    raise Unreadable(" ".join(words), name.start(), name.end())


def _valued(token: _Token, operator: Operator, tokens: list[_Token]) -> Term:
    """An operator's term; takes the following tokens that belong to its value off the list."""
    value = token
    if not token.text and not token.is_quoted and tokens and not tokens[0].operator:
        value = tokens.pop(0)
    text, end = value.text, value.end
    if not text.strip():
        sentence = _("There is nothing after “%s:”.") % operator.word
        raise Unreadable(sentence, token.start, end)
    while not value.is_quoted and tokens and tokens[0].is_word:
        if not _goes_on(operator.field, text, tokens[0].text):
            break
        following = tokens.pop(0)
        text, end = f"{text} {following.text}", following.end
    if operator.field in SEVERAL and not text.strip(", "):
        sentence = _("There is nothing after “%s:”.") % operator.word
        raise Unreadable(sentence, token.start, end)
    if operator.field in NUMBERS and _is_too_long(text):
        sentence = _("A phone number has at most %s digits.") % LONGEST_NUMBER
        raise Unreadable(sentence, token.start, end)
    return Term(operator.field, text, token.start, end)


def _goes_on(field: str, text: str, word: str) -> bool:
    """Say whether the next word belongs to the value: people write blanks into numbers and times."""
    if field in NUMBERS:
        is_number = all(_PIECE.fullmatch(piece) for piece in (*text.split(), word))
        return is_number and not _begins_anew(word)
    if field in DATES:
        return bool(_DAY.fullmatch(text) and _CLOCK.fullmatch(word))
    return field in SEVERAL and text.endswith(",")


def _begins_anew(word: str) -> bool:
    """Say whether a piece of digits belongs to no number before it: it is a day, or a number's begin."""
    return word.startswith("+") or bool(_DAY.fullmatch(word))


def _is_too_long(text: str) -> bool:
    """Say whether a number in any form has more digits than there are in one; `00` only leads to it."""
    is_number = all(_PIECE.fullmatch(piece) for piece in text.split()) and not text.endswith("*")
    return is_number and len(re.sub(r"\D", "", text).removeprefix("00")) > LONGEST_NUMBER
