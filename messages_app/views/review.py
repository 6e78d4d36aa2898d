"""The administrators' review: what was held back, refused or lost in a period, by reason and country.

Each status is a question of its own: the provider narrows to one status, so that few rows are read
where all of the period would be too many.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import TONES, Status, Tone, status_of
from messages_app.answers import Answered, Counted, counted
from messages_app.filters import question_url
from messages_app.sms.terms import DENIED, MODERATION, NOT_SENT, UNDELIVERED
from messages_app.status_lines import reason_label
from messages_app.views.asking import asked, attempt, must_wait, show
from messages_app.views.narrowing import rows_url
from messages_app.views.provenance import provenance
from messages_app.views.question_bar import bar, sentence
from messages_app.views.review_pages import review_pages
from messages_app.views.review_panels import PANELS, drawn, frames
from messages_app.views.trouble import Trouble

REVIEWED = (MODERATION, DENIED, NOT_SENT, UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Count:
    """One line of a review table: what, how many (shown), its share, the rows behind it."""

    label: str
    count: str
    share: str
    href: str


@dataclass(frozen=True, slots=True)
class Section:
    """One status under review, by reason and by country; or why it cannot be counted."""

    status: Status
    tone: Tone
    href: str
    count: str = ""
    by_reason: tuple[Count, ...] = ()
    by_country: tuple[Count, ...] = ()
    trouble: Trouble | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What needs an administrator's eye in a period; every figure opens its rows."""
    viewer = gate(request, "review", "see_messages")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    given = question.query
    query = given.but(statuses=(), type="") if given else None
    context = bar(request, replace(question, query=query), without=("type", "status"))
    context["review_pages"] = review_pages(request, viewer)
    if given and query:
        context["left_out"] = bool(given.statuses or given.type)
        context |= _answer(request, query)
    return show(request, "review", context)


def _answer(request: HttpRequest, query: MessageQuery) -> dict[str, Any]:
    path = request.path
    context: dict[str, Any] = {
        "query": query,
        "here": question_url(path, query),
        "whole": question_url(path, query, [("wait", "1")]),
        "sentence": sentence(query.but(statuses=REVIEWED), None),
    }
    if any(must_wait(request, _about(name, query)) for name in REVIEWED):
        return context | {"waits_for": context["whole"]}
    answers: list[Answered[Counted] | Trouble] = []
    for name in REVIEWED:
        found = attempt(partial(_counted_about, name), query, path)
        if isinstance(found, Trouble) and found.kind == "error":
            return context | {"trouble": found}
        answers.append(found)
    return context | _counted(query, answers) | _panels(request, query)


def _panels(request: HttpRequest, query: MessageQuery) -> dict[str, Any]:
    """What else is reviewed: each by a request of its own, and at once for a page without scripts."""
    if request.GET.get("wait") == "1" and not request.headers.get("HX-Request"):
        return {"panels": [drawn(panel, query) for panel in PANELS.values()]}
    return {"frames": frames(query)}


def _about(name: str, query: MessageQuery) -> MessageQuery:
    return query.but(statuses=(name,))


def _counted_about(name: str, query: MessageQuery) -> Answered[Counted]:
    return counted(_about(name, query))


def _counted(query: MessageQuery, answers: list[Answered[Counted] | Trouble]) -> dict[str, Any]:
    read = [answer for answer in answers if isinstance(answer, Answered)]
    total = sum(answer.value.by_reason.total() for answer in read)
    # The oldest of the readings: nothing shown is older than is said.
    oldest = min(read, key=lambda answer: answer.as_of, default=None)
    return (provenance(oldest) if oldest else {}) | {
        "sections": [_section(*pair, query) for pair in zip(REVIEWED, answers, strict=True)],
        "sentence": sentence(
            query.but(statuses=REVIEWED), total if len(read) == len(answers) else None
        ),
        "unproven": sorted({reason for answer in read for reason in answer.unproven}),
    }


def _section(name: str, answer: Answered[Counted] | Trouble, query: MessageQuery) -> Section:
    status = status_of(name)
    found = Section(status, TONES[status.tone], rows_url(query, statuses=(name,)))
    if isinstance(answer, Trouble):
        return replace(found, trouble=answer)
    counts = answer.value
    return replace(
        found,
        count=shown.number(counts.by_reason.total()),
        by_reason=tuple(_by_reason(counts.by_reason, answer.query)),
        by_country=tuple(_by_country(counts.by_country, answer.query)),
    )


def _by_reason(counts: Counter[str], query: MessageQuery) -> list[Count]:
    return [
        _line(
            reason_label(details),
            count,
            counts.total(),
            rows_url(query, details=(details,)),
        )
        for details, count in counts.most_common()
    ]


def _by_country(counts: Counter[str], query: MessageQuery) -> list[Count]:
    return [
        _line(
            f"{flag(code)} {country_name(code)}".strip(),
            count,
            counts.total(),
            rows_url(query, countries=(code,)),
        )
        for code, count in counts.most_common()
    ]


def _line(label: str, count: int, whole: int, href: str) -> Count:
    return Count(label, shown.number(count), shown.rate(count / whole), href)
