"""The figures and charts of a question, and the same as JSON."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_app import clock
from messages_app.access import gate
from messages_app.analysis.breakdowns import Analysis, Breakdown
from messages_app.analysis.comparing import COMPARISONS
from messages_app.analysis.metrics import Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words
from messages_app.analysis.series import BUCKETS, MAX_BUCKETS, bucket_for
from messages_app.answers import Answered, analysed, tallied
from messages_app.around import compared, foreseen, usual, watched
from messages_app.figures_json import Around, answer_json, nothing_json
from messages_app.filters import question_url, sealed_params
from messages_app.places import place
from messages_app.views.asking import asked, attempt, extras_of, must_wait, show
from messages_app.views.comparing import Aside, aside
from messages_app.views.figures import against, figures
from messages_app.views.narrowing import rows_url
from messages_app.views.panels import PANELS, Pair, at_images, drawn, frames
from messages_app.views.provenance import provenance
from messages_app.views.question_bar import bar, sentence
from messages_app.views.trouble import Trouble
from messages_app.views.watching import changed_context, watched_context


@require_http_methods(["GET", "HEAD", "POST"])
def analytics(request: HttpRequest) -> HttpResponse:
    """The analysis page. Its frame and figures come at once, its charts each by a request of its own.

    Reading the rows from the provider may take seconds: then the page asks again with `wait=1` for the
    figures, unless they are at hand. A page asked for with `wait=1` as a whole, as one without scripts
    is, holds its charts too.
    """
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    question, beside = aside(request, question)
    context = bar(request, question, beside=beside.params)
    if question.query:
        context |= _answer(request, question.query, beside)
    return show(request, "analytics", context)


def _answer(request: HttpRequest, query: MessageQuery, beside: Aside) -> dict[str, Any]:
    path = request.path
    whole = question_url(path, query, [*beside.params, ("wait", "1")])
    context: dict[str, Any] = {
        "query": query,
        "here": question_url(path, query, extras_of(request.GET)),
        "list_href": rows_url(query),
        "range_words": range_words(query),
        "sentence": sentence(query, None),
        "without_scripts": whole,
    }
    if must_wait(request, query):
        return context | {"waits_for": whole}
    found = attempt(tallied, query, path)
    if isinstance(found, Trouble):
        return context | {"trouble": found}
    return context | _overview(path, found, beside) | _charts(request, query, beside)


def _overview(path: str, answer: Answered[Tally], beside: Aside) -> dict[str, Any]:
    query, found = answer.query, answer.value
    compared_with = against(query, beside)
    return provenance(answer) | {
        "figures": figures(found, query, against=compared_with),
        "against": range_words(compared_with.query) if compared_with else "",
        "sentence": sentence(query, found.rows),
        "is_empty": not found.rows and answer.is_whole,
        "unproven": answer.unproven,
        "buckets": _bucket_links(path, query, beside),
        "comparisons": _comparison_links(path, query, beside),
        "beside": beside,
        "hidden_params": sealed_params(query),
        "data_href": question_url(place("analytics_data", query), query, beside.params),
        "watch_href": question_url(reverse("worth_a_look"), query) if query.fence is None else "",
        "changes_href": question_url(reverse("changed"), query, beside.params)
        if beside.compare
        else "",
    }


def _charts(request: HttpRequest, query: MessageQuery, beside: Aside) -> dict[str, Any]:
    if request.GET.get("wait") == "1" and not request.headers.get("HX-Request"):
        context = {"panels": [drawn(panel, query, beside) for panel in PANELS.values()]}
        context["watched"] = [watched_context(query)] if query.fence is None else []
        if beside.compare:
            context["changed"] = [changed_context(query, beside)]
        return context
    return {"frames": frames(query, beside)}


Choice = tuple[str, str, bool]
"""A label, its address, and whether it is in force."""


def _bucket_links(path: str, query: MessageQuery, beside: Aside) -> list[Choice]:
    seconds = query.length.total_seconds()
    current = bucket_for(query, beside.bucket)
    return [
        (
            str(size.label),
            question_url(path, query, beside.but(bucket=size.name).params),
            size is current,
        )
        for size in BUCKETS.values()
        if 1 < seconds / size.seconds <= MAX_BUCKETS
    ]


def _comparison_links(path: str, query: MessageQuery, beside: Aside) -> list[Choice]:
    if query.fence is not None:
        return []
    choices = [("", str(_("Nothing"))), *((c.name, str(c.label)) for c in COMPARISONS.values())]
    return [
        (
            label,
            question_url(path, query, beside.but(compare=name).params),
            name == beside.compare,
        )
        for name, label in choices
    ]


@require_safe
def analytics_data(request: HttpRequest) -> HttpResponse:
    """Every figure of the page; 400 for a question that cannot be read, 503 without the provider."""
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    question, beside = aside(request, question)
    query = question.query
    if query is None:
        return JsonResponse({"errors": question.form.errors.get_json_data()}, status=400)
    found = attempt(partial(analysed, bucket=beside.bucket), query, request.path)
    if isinstance(found, Trouble):
        as_of = clock.now().isoformat(timespec="seconds")
        status = 503 if found.kind == "error" else 200
        return JsonResponse(nothing_json(query, as_of, found.text), status=status)
    if found.is_nothing_yet:
        as_of = clock.now().isoformat(timespec="seconds")
        reason = _("Nothing of the range is fetched yet.")
        return JsonResponse(nothing_json(query, as_of, reason))
    return JsonResponse(answer_json(found, _around(found, beside)))


def _around(answer: Answered[Analysis], beside: Aside) -> Around:
    """What the page shows beside the figures; of the range compared with what can be had of it."""
    query, found = answer.query, answer.value.found
    around = Around(
        usual=usual(query, found.series, found.bucket),
        before=against(query, beside),
        watched=watched(query),
        forecast=foreseen(query),
    )
    other = beside.other(query)
    return (
        _with_other(around, Pair(query, other, beside.compare), found, beside) if other else around
    )


def _with_other(around: Around, pair: Pair, found: Breakdown, beside: Aside) -> Around:
    spans = [(bucket.start, bucket.end) for bucket in found.series]
    then = attempt(partial(analysed, bucket=beside.bucket), pair.other, "")
    if isinstance(then, Trouble) or then.is_nothing_yet:
        return around
    images = attempt(lambda _other: at_images(spans, pair, timed=True), pair.other, "")
    changed = attempt(partial(compared, other=pair.other), pair.query, "")
    return replace(
        around,
        other=then,
        images=() if isinstance(images, Trouble) else images.value,
        changed=None if isinstance(changed, Trouble) else changed,
    )
