"""The filter bar above every answer: its form, the filters in force as chips, the sentence."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.numbers import shown_number
from messages_app.analysis.query import PER_PAGE_CHOICES, MessageQuery, Params
from messages_app.analysis.search_line import line_of
from messages_app.analysis.sentence import clauses, remark, subject
from messages_app.analysis.statuses import Tone, status_of, tone_of
from messages_app.context import page_links
from messages_app.filters import MASKED, STATUS_CHOICES, Question, address_without, question_url
from messages_app.searches import Search
from messages_app.sms.terms import WITHDRAWN
from messages_app.views.asking import given
from messages_app.views.keeping import keeping

_FIELD_OF = {"country": "countries", "status": "statuses"}
_EMPTY: dict[str, Any] = {"countries": (), "statuses": (), "details": ()}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, and the address of the question without it."""

    words: str
    href: str


def bar(
    request: HttpRequest,
    question: Question,
    without: tuple[str, ...] = (),
    beside: Params = (),  # type: ignore[assignment]
) -> dict[str, Any]:
    """Template context of the filter bar; the page has no use for the filters `without`.

    `beside` is what the page asks besides, and keeps while filters change.
    """
    form, query = question.form, question.query
    is_masked = not gate(request).mask.is_open
    chosen = set(query.statuses if query else form.data.get("status", ()))
    visible = ("period", "date_start", "date_end", "destination", "message", "type", "country",
               "status", "sender", "campaign", "client", "reference")  # fmt: skip
    hidden_errors = [
        _of_field(form, name, sentence)
        for name, sentences in form.errors.items()
        if name not in (*visible, *question.masked) or name in without
        for sentence in sentences
    ]
    return {
        "form": form,
        "path": request.path,
        "values": shown_values(form),
        "unknown": unknown_choices(form),
        "status_options": status_options(chosen),
        "chosen_statuses": chosen,
        "hidden_errors": hidden_errors,
        "without": without,
        "lost": {name: _left_out(request, name) for name in question.lost},
        "masked": _masked(request, question),
        "is_masked": is_masked,
        "chips": chips(request.path, query, beside) if query else [],
        "clear_href": request.path,
        "kept": [*kept_values(form, masked=is_masked), *beside],
        "per_page_choices": PER_PAGE_CHOICES,
        "pages": page_links(request, query),
        **(keeping(request, query, beside) if query and query.fence is None else {}),
        "search": Search(line_of(query, settings.PHONE_REGION) if query else ""),
    }


@dataclass(frozen=True, slots=True)
class Refused:
    """A filter that a masked viewer asked by: its label, why it is refused, the address without it."""

    name: str
    label: str
    why: str
    href: str


def _masked(request: HttpRequest, question: Question) -> list[Refused]:
    fields = question.form.fields
    return [
        Refused(name, str(fields[name].label), str(MASKED), _left_out(request, name))
        for name in question.masked
    ]


def _of_field(form: Any, name: str, sentence: object) -> str:
    """An error that stands beside no field, with the name of its own."""
    if name not in form.fields:
        return str(sentence)
    return _("%(field)s: %(error)s") % {"field": form.fields[name].label, "error": sentence}


def status_options(chosen: set[str]) -> list[tuple[str, str | Promise, Tone]]:
    """Name, label and tone of each status to choose; a choice in force is never missing."""
    offered = (name for name in STATUS_CHOICES if name != WITHDRAWN or name in chosen)
    return [(name, status_of(name).label, tone_of(name)) for name in offered]


def _left_out(request: HttpRequest, name: str) -> str:
    return address_without(request.path, given(request), name)


def shown_values(form: Any) -> dict[str, str]:
    """What stands in each input: understood values in their plain form, others as they were typed."""
    found = getattr(form, "cleaned_data", {})
    values = {}
    for name in form.fields:
        value = found[name] if name in found and name not in form.errors else form.data.get(name)
        values[name] = _as_typed(name, value)
    return values


def unknown_choices(form: Any) -> list[str]:
    """Fields of one choice that were given none of theirs."""
    given = ((name, form.data.get(name) or "") for name in ("period", "type"))
    return [name for name, value in given if value and not form.fields[name].valid_value(value)]


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


def kept_values(form: Any, *, masked: bool) -> list[tuple[str, str]]:
    """What the form has no input for but must not lose, as far as it was understood."""
    found: list[tuple[str, str]] = []
    # A masked viewer has no field for senders, but came here by a link to one that is a name.
    for name in (
        *(["sender"] if masked else []),
        "details",
        "kind",
        "slot",
        "delay",
        "sort",
        "per_page",
    ):
        value = form.cleaned_data.get(name) or ()
        several = value if isinstance(value, tuple) else (value,)
        found.extend((name, str(one)) for one in several)
    return found


def chips(path: str, query: MessageQuery, beside: Params) -> list[Chip]:
    """The filters in force; the range only where it is not the default one."""
    found = []
    for name, words in clauses(query).items():
        if name == "type":
            continue
        if name == "period":
            if query.asks_default_range:
                continue
            without = query.over_default_range()
        else:
            field = _FIELD_OF.get(name, name)
            without = query.but(**{field: _EMPTY.get(field, "")})
        found.append(Chip(words, question_url(path, without, beside)))
    return found


def sentence(query: MessageQuery, total: int | None, *, known: bool = True) -> str:
    """The whole question in words, with how many rows answer it."""
    if total is None:
        words = [subject(query, 2, "").strip().capitalize()]
    else:
        count = shown.number(total)
        if not known:
            count = _("More than %s") % count
        words = [subject(query, total, count)]
    asked = ", ".join([*words, *clauses(query).values()])
    left_out = remark(query)
    return f"{asked}. {left_out}" if left_out else asked
