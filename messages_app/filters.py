"""From URL parameters to the question and back: the form, its labels and its checks (django-filter).

`read_question` is the only way in, `question_url` the only way out; personal values are sealed in
every URL that we make. Rows never come from the FilterSet's queryset: an invalid filter would drop
out of it and answer with more rows than were asked for.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from messages_app import fields
from messages_app.analysis import fence as fences
from messages_app.analysis.conditions import OTHER
from messages_app.analysis.exact import is_exact, meant
from messages_app.analysis.fence import Outside
from messages_app.analysis.periods import CUSTOM, DEFAULT_PERIOD, PERIODS
from messages_app.analysis.prices import Prices
from messages_app.analysis.query import DEFAULT_PER_PAGE, DEFAULT_SORT, MessageQuery, Params
from messages_app.analysis.slots import SLOTS
from messages_app.analysis.statuses import DIRECTIONS, KINDS, SORTS, STATUSES
from messages_app.privacy import COVERED, Mask, asks_for_number, holds_number
from messages_app.provider import MAX_REFERENCE
from messages_app.sealing import PREFIX, BrokenSeal, is_sealed, seal, unseal
from messages_app.sms.terms import WITHDRAWN

PERSONAL = ("destination", "sender", "message", "reference")
"""Parameters that travel sealed."""

RANGE = ("period", "date_start", "date_end")

SEVERAL = ("country", "status", "details")
"""Parameters that may stand several times."""

BROKEN = "broken"
"""Names a personal field whose link could not be opened: a form that leaves it empty says nothing."""

FORM_ONLY = frozenset({BROKEN, "csrfmiddlewaretoken"})
ASIDE = ("bucket", "compare", "compare_start", "compare_end", "all")
"""What the analysis page asks beside its question."""

SEARCHED = "search"
"""The search that led to a page, sealed: other readings of it are offered there."""

EXTRAS = (
    frozenset(
        {*ASIDE, SEARCHED, "after", "at", "before", "columns", "partial", "refresh", "seen", "wait"}
    )
    | FORM_ONLY
)
"""Parameters of a page that are no part of the question; some only a form sends."""

LOST = _("This link was cut off or altered, or its key is gone. Type the value again.")

WITHHELD = PREFIX
"""Stands in an address for a personal value that its viewer may not ask for."""

MASKED = _("Numbers and texts are masked for you, so they cannot be searched.")
MASKED_SORT = _("Numbers and texts are masked for you, so rows cannot be put in their order.")
PERSONAL_SORTS = ("destination", "sender", "message")
"""Columns whose order tells of the values in them."""

MAX_PAGE = 1_000_000
MIN_PER_PAGE, MAX_PER_PAGE = 25, 200

STATUS_CHOICES = (*(s.name for s in STATUSES.values() if s.filterable), WITHDRAWN, OTHER)


class QuestionForm(forms.Form):
    """Checks that reach over several fields."""

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        start, end = found.get("date_start"), found.get("date_end")
        dated = bool(self.data.get("date_start") or self.data.get("date_end"))
        period = found.get("period") or (CUSTOM if dated else DEFAULT_PERIOD)
        if period != CUSTOM and dated:
            self.add_error("period", _("Choose “Free range” to use these dates, or clear them."))
        if period == CUSTOM:
            self._check_range(start, end)
        return {**found, "period": period}

    def _check_range(self, start: datetime | None, end: datetime | None) -> None:
        for name, value in (("date_start", start), ("date_end", end)):
            if value is None and name not in self.errors:
                self.add_error(name, _("A free range needs both its ends."))
        if start and end and start > end:
            self.add_error("date_end", _("The end lies before the start."))


def _filter(field_class: type[forms.Field]) -> type[django_filters.Filter]:
    return type(
        f"{field_class.__name__}Filter", (django_filters.Filter,), {"field_class": field_class}
    )


class NoQueryset:
    """Stands where django-filter wants a queryset: here it only declares the form."""

    model = None


class QuestionFilter(django_filters.FilterSet):
    """Every filter of the dashboard under the provider's own parameter names, and our extras."""

    period = _filter(fields.OneOfField)(
        label=_("Period"),
        empty_label=None,
        choices=[*((p.name, p.label) for p in PERIODS.values()), (CUSTOM, _("Free range"))],
    )
    date_start = _filter(fields.WallTimeField)(label=_("From"))
    date_end = _filter(fields.WallTimeField)(label=_("To"), ends=True)
    destination = _filter(fields.NumberField)(label=_("Recipient"), max_length=MAX_REFERENCE)
    sender = _filter(fields.NumberField)(label=_("Sender"), max_length=MAX_REFERENCE)
    message = _filter(fields.TextField)(label=_("Text contains"), max_length=500)
    type = _filter(fields.OneOfField)(
        label=_("Direction"), empty_label=_("Both directions"), choices=list(DIRECTIONS.items())
    )
    country = _filter(fields.CountriesField)(label=_("Country"))
    status = _filter(fields.StatusesField)(label=_("Status"), names=STATUS_CHOICES)
    details = _filter(fields.DetailsField)(label=_("Reason"))
    campaign = _filter(fields.CampaignField)(label=_("Campaign"))
    client = _filter(fields.WholeField)(label=_("Account"))
    reference = _filter(fields.TextField)(label=_("Your reference"), max_length=MAX_REFERENCE)
    kind = _filter(fields.OneOfField)(label=_("Kind"), choices=list(KINDS.items()))
    slot = _filter(fields.OneOfField)(
        label=_("Hour of the week"), choices=[(name, name) for name in SLOTS]
    )
    delay = _filter(fields.DelayField)(label=_("Time to delivery"))
    sort = _filter(fields.SortField)(label=_("Sort"), keys=SORTS, max_length=40)
    page = _filter(fields.WholeField)(label=_("Page"), least=1, most=MAX_PAGE)
    per_page = _filter(fields.WholeField)(
        label=_("Rows a page"), least=MIN_PER_PAGE, most=MAX_PER_PAGE
    )

    class Meta:
        form = QuestionForm


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: the form with its errors, and the query unless there are any.

    `outspoken` says that the parameters bore a personal value in plain, or a list in commas: the
    page then redirects to the sealed address of the same question. `lost` names the personal fields
    that a broken link left empty, `masked` those that this viewer may not ask by.
    """

    form: forms.Form
    query: MessageQuery | None
    outspoken: bool = False
    lost: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()


def read_question(
    params: QueryDict, now: datetime, mask: Mask = COVERED, *, typed: bool = False
) -> Question:
    """Read a question from URL or form parameters; never raises for what stands in them.

    Sealed values are our own and stand as they are, unless they were `typed` into a form. Under a
    `mask` no filter and no order may tell of a value that it hides.
    """
    data, broken = _opened(params, mask, typed=typed)
    if not any(data.get(name) for name in RANGE):
        data |= _shared_range()
    filters = QuestionFilter(data, queryset=NoQueryset())
    form = filters.form
    form.full_clean()
    for name, sentence in broken:
        form.add_error(name if name in form.fields else None, ValidationError(sentence))
    query = None if form.errors else _inside(form, now, mask)

    def named(why: object) -> tuple[str, ...]:
        return tuple(name for name, sentence in broken if name and sentence is why)

    return Question(form, query, _is_outspoken(params), named(LOST), named(MASKED))


@lru_cache(maxsize=4096)
def spelled(name: str, value: str) -> str:
    """How the filter `name` has to be given the value of a row, so that it means just that."""
    return fields.spelled(QuestionFilter.base_filters[name].field, value)


def _shared_range() -> dict[str, str]:
    """The range that a visitor asks for without naming one: all of what is shared."""
    fence = fences.present()
    if fence is None:
        return {}
    if fence.period != CUSTOM:
        return {"period": fence.period}
    start, end = (second.isoformat(" ", "seconds") for second in fence.own_span)
    return {"period": CUSTOM, "date_start": start, "date_end": end}


def _inside(form: forms.Form, now: datetime, mask: Mask) -> MessageQuery | None:
    """The question of a form that has no errors, within the fence; outside it the form has one."""
    try:
        return _query(form.cleaned_data, now, mask).inside()
    except Outside:
        form.add_error("period", _("Nothing of this range is shared. Choose a part of what is."))
        return None


def address_without(path: str, params: QueryDict, name: str) -> str:
    """The address of the same parameters but one, for a question that cannot be read."""
    left = params.copy()
    for one in (name, *FORM_ONLY):
        left.pop(one, None)
    return f"{path}?{left.urlencode()}" if left else path


def question_url(path: str, query: MessageQuery, extra: Params = ()) -> str:  # type: ignore[assignment]
    """The address of a question: canonical, defaults left out, personal values sealed."""
    return _address(path, [*sealed_params(query), *extra])


def sealed_params(query: MessageQuery) -> Params:
    return [
        (name, seal(name, value) if name in PERSONAL else value)
        for name, value in query.to_params()
    ]


def _address(path: str, params: Params) -> str:
    return f"{path}?{'&'.join(_encoded(*one) for one in params)}" if params else path


@lru_cache(maxsize=4096)
def _encoded(name: str, value: str) -> str:
    # A chart has a link for each of its marks, most of whose parameters are alike.
    return urlencode([(name, value)])


def _opened(
    params: QueryDict, mask: Mask, *, typed: bool
) -> tuple[dict[str, Any], list[tuple[str | None, Any]]]:
    """Plain data for the form, and what could not be opened, with its field."""
    data: dict[str, Any] = {}
    broken: list[tuple[str | None, Any]] = []
    for name, values in params.lists():
        if name in EXTRAS:
            continue
        if name not in QuestionFilter.base_filters:
            broken.append((None, _("There is no filter called “%s”.") % name[:60]))
        elif name in SEVERAL:
            data[name] = values
        elif len(set(values)) > 1:
            broken.append((name, _("Give only one value here.")))
            data[name] = values[-1]
        else:
            data[name] = values[-1]
    masked = () if mask.is_open else tuple(_covered(params, data))
    for name in PERSONAL:
        if name in masked:
            continue
        try:
            data[name] = _plain(name, data.get(name, ""), typed=typed)
            is_lost = name in params.getlist(BROKEN) and not data[name].strip()
        except BrokenSeal:
            data[name], is_lost = "", True
        if is_lost:
            broken.append((name, LOST))
    broken += [(name, MASKED_SORT if name == "sort" else MASKED) for name in masked]
    return data, broken


def _covered(params: QueryDict, data: dict[str, Any]) -> Iterator[str]:
    """Take out of `data` what a masked viewer may not ask, so that no page repeats it; name it."""
    for name, asks in ASKS_FOR_PERSONAL.items():
        if any(value.strip() and asks(value) for value in params.getlist(name)):
            data[name] = [] if name in SEVERAL else ""
            yield name


def _asks_for_sender(value: str) -> bool:
    """A name or a short code is nobody's number, and may be asked for."""
    if value == WITHHELD:
        return True
    with suppress(BrokenSeal):
        plain = unseal("sender", value) if is_sealed(value) else value
        return any(
            holds_number(meant(one)) if is_exact(one) else asks_for_number(one)
            for one in _as_read("sender", plain)
        )
    return False


def _asks_for_details(value: str) -> bool:
    return any(holds_number(meant(one)) for one in _as_read("details", value))


def _as_read(name: str, value: str) -> Iterator[str]:
    """A value as it stands and as its field reads it, which may drop what stands between its digits."""
    yield value.strip()
    with suppress(ValidationError):
        read = QuestionFilter.base_filters[name].field.clean([value] if name in SEVERAL else value)
        yield from [read] if isinstance(read, str) else read


ASKS_FOR_PERSONAL: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(PERSONAL, lambda _value: True),
    "sender": _asks_for_sender,
    "details": _asks_for_details,
    "sort": lambda value: value.strip().removeprefix("-") in PERSONAL_SORTS,
}
"""What a masked viewer may not ask: by parameter, whether a value of it tells of numbers or texts."""


def _plain(name: str, text: str, *, typed: bool) -> str:
    if not is_sealed(text):
        return text
    return unseal(name, text) if typed else fields.Literal(unseal(name, text))


def _is_outspoken(params: QueryDict) -> bool:
    personal = any(value and not is_sealed(value) for n in PERSONAL for value in params.getlist(n))
    listed = any("," in value for n in ("country", "status") for value in params.getlist(n))
    return personal or listed


def _query(found: dict[str, Any], now: datetime, mask: Mask) -> MessageQuery:
    free = found["period"] == CUSTOM
    return MessageQuery(
        now=now,
        period=found["period"],
        date_start=found["date_start"] if free else None,
        date_end=found["date_end"] if free else None,
        destination=found["destination"],
        sender=found["sender"],
        message=found["message"],
        type=found["type"],
        countries=found["country"],
        statuses=found["status"],
        details=found["details"],
        campaign=found["campaign"],
        client=found["client"],
        reference=found["reference"],
        kind=found["kind"],
        slot=found["slot"],
        delay=found["delay"],
        prices=Prices(settings.CREDIT_PRICE),
        mask=mask,
        sort=found["sort"] or DEFAULT_SORT,
        page=int(found["page"] or 1),
        per_page=int(found["per_page"] or DEFAULT_PER_PAGE),
    )
