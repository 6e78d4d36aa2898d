"""The figures and charts of a question, and the same as JSON."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_app import charts, clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.breakdowns import Breakdown, break_down
from messages_app.analysis.live import LiveRows
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words
from messages_app.analysis.series import BUCKETS, MAX_BUCKETS, bucket_for
from messages_app.figures_json import answer_json, nothing_json
from messages_app.filters import question_url, read_question
from messages_app.views.asking import Trouble, asked, attempt, extras_of, live_rows, must_wait, show
from messages_app.views.figures import figures
from messages_app.views.narrowing import rows_url
from messages_app.views.question_bar import bar, sentence


@require_http_methods(["GET", "HEAD", "POST"])
def analytics(request: HttpRequest) -> HttpResponse:
    """The analysis page. Reading the rows may take seconds: the frame comes at once, and asks again
    with `wait=1` for the charts, unless they are at hand."""
    gate(request, "see_figures")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    context = bar(request, question)
    if question.query:
        context |= _answer(request, question.query)
    return show(request, "analytics", context)


def _answer(request: HttpRequest, query: MessageQuery) -> dict[str, Any]:
    path = request.path
    bucket = request.GET.get("bucket", "")
    extra = [("bucket", bucket)] if bucket in BUCKETS else []
    context: dict[str, Any] = {
        "query": query,
        "here": question_url(path, query, extras_of(request.GET)),
        "list_href": question_url(reverse("messages"), query),
        "range_words": range_words(query),
        "sentence": sentence(query, None),
    }
    if must_wait(request, query):
        return context | {"waits_for": question_url(path, query, [*extra, ("wait", "1")])}
    found = attempt(live_rows, query, path)
    if isinstance(found, Trouble):
        return context | {"trouble": found}
    return context | _drawn(path, found, bucket)


def _drawn(path: str, answer: LiveRows, bucket: str) -> dict[str, Any]:
    query = answer.query
    found = break_down(answer.records, query, bucket_for(query, bucket))
    link = partial(rows_url, query)
    return {
        "figures": figures(found.totals, query),
        "charts": charts.charts(found, link),
        "matrix": charts.country_status(found, link),
        "sentence": sentence(query, found.totals.rows),
        "is_empty": not found.totals.rows,
        "as_of": shown.clock(answer.as_of),
        "unproven": answer.unproven,
        "buckets": _bucket_links(path, found),
        "data_href": question_url(reverse("analytics_data"), query),
    }


def _bucket_links(path: str, found: Breakdown) -> list[tuple[str, str, bool]]:
    seconds = found.query.length.total_seconds()
    return [
        (
            str(size.label),
            question_url(path, found.query, [("bucket", size.name)]),
            size is found.bucket,
        )
        for size in BUCKETS.values()
        if 1 < seconds / size.seconds <= MAX_BUCKETS
    ]


@require_safe
def analytics_data(request: HttpRequest) -> JsonResponse:
    """Every figure of the page; 400 for a question that cannot be read, 503 without the provider."""
    gate(request, "see_figures")
    question = read_question(request.GET, clock.now())
    query = question.query
    if query is None:
        return JsonResponse({"errors": question.form.errors.get_json_data()}, status=400)
    as_of = clock.now().isoformat(timespec="seconds")
    found = attempt(live_rows, query, request.path)
    if isinstance(found, Trouble):
        status = 503 if found.kind == "error" else 200
        return JsonResponse(nothing_json(query, as_of, found.text), status=status)
    size = bucket_for(found.query, request.GET.get("bucket", ""))
    answer = break_down(found.records, found.query, size)
    as_of = found.as_of.isoformat(timespec="seconds")
    return JsonResponse(answer_json(answer, as_of, tuple(_(reason) for reason in found.unproven)))
