"""The filter bar above every answer: its form, the filters in force as chips, the sentence."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from messages_app.analysis import shown
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.periods import DEFAULT_PERIOD
from messages_app.analysis.query import PER_PAGE_CHOICES, MessageQuery
from messages_app.analysis.sentence import clauses, subject
from messages_app.analysis.statuses import STATUSES, TONES
from messages_app.filters import Question, question_url

_FIELD_OF = {"country": "countries", "status": "statuses"}
_EMPTY: dict[str, Any] = {"countries": (), "statuses": (), "details": ()}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, and the address of the question without it."""

    words: str
    href: str


def bar(request: HttpRequest, question: Question) -> dict[str, Any]:
    """Template context of the filter bar."""
    form, query = question.form, question.query
    visible = ("period", "date_start", "date_end", "destination", "message", "type", "country",
               "status", "sender", "campaign")  # fmt: skip
    hidden_errors = [
        sentence
        for name, sentences in form.errors.items()
        if name not in visible
        for sentence in sentences
    ]
    return {
        "form": form,
        "path": request.path,
        "values": shown_values(form),
        "status_options": [
            (s.name, s.label, TONES[s.tone]) for s in STATUSES.values() if s.filterable
        ],
        "chosen_statuses": set(query.statuses if query else form.data.get("status", ())),
        "hidden_errors": hidden_errors,
        "chips": chips(request.path, query) if query else [],
        "clear_href": request.path,
        "kept": kept_values(query),
        "per_page_choices": PER_PAGE_CHOICES,
    }


def shown_values(form: Any) -> dict[str, str]:
    """What stands in each input: understood values in their plain form, others as they were typed."""
    found = getattr(form, "cleaned_data", {})
    values = {}
    for name in form.fields:
        value = found[name] if name in found and name not in form.errors else form.data.get(name)
        values[name] = _as_typed(name, value)
    return values


def _as_typed(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in ("date_start", "date_end") and not isinstance(value, str):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if name in ("destination", "sender"):
        return shown_number(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(str(one) for one in value)
    return str(value)


def kept_values(query: MessageQuery | None) -> list[tuple[str, str]]:
    """What the form has no input for but must not lose: reasons, order, rows a page."""
    if query is None:
        return []
    return [(n, v) for n, v in query.to_params() if n in ("details", "sort", "per_page")]


def chips(path: str, query: MessageQuery) -> list[Chip]:
    """The filters in force; the range only where it is not the default one."""
    found = []
    for name, words in clauses(query).items():
        if name == "type":
            continue
        if name == "period":
            if query.period == DEFAULT_PERIOD:
                continue
            without = query.but(period=DEFAULT_PERIOD, date_start=None, date_end=None)
        else:
            field = _FIELD_OF.get(name, name)
            without = query.but(**{field: _EMPTY.get(field, "")})
        found.append(Chip(words, question_url(path, without)))
    return found


def sentence(query: MessageQuery, total: int | None, *, known: bool = True) -> str:
    """The whole question in words, with how many rows answer it."""
    if total is None:
        words = [subject(query, 2, "").strip().capitalize()]
    else:
        count = shown.number(total) if known else f"> {shown.number(total)}"
        words = [subject(query, total, count)]
    return ", ".join([*words, *clauses(query).values()])
