"""Exports: a question as a file, sent at once; or what is to be chosen first.

`/messages/export.csv` and its sisters are for browsers and programs alike: the page's own question, a
bad one refused by the same errors. A browser is asked where there is something to choose.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from messages_app import clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.query import DEFAULT_PER_PAGE, MessageQuery, Params
from messages_app.answers import ARCHIVE, Answered, Gathered, gathered
from messages_app.audit import Act, record
from messages_app.audit_questions import numbers_of, told
from messages_app.exports import jobs, kept
from messages_app.exports.columns import COLUMNS, chosen, of_table
from messages_app.exports.making import TYPES, note_answer
from messages_app.exports.manifest import file_name
from messages_app.filters import question_url
from messages_app.models import Export
from messages_app.views.asking import asked, attempt
from messages_app.views.provenance import filling_of
from messages_app.views.question_bar import sentence
from messages_app.views.trouble import Offer, Trouble

FORMATS = {
    "csv": gettext_lazy("CSV"),
    "xlsx": gettext_lazy("Excel (XLSX)"),
    "ndjson": gettext_lazy("NDJSON, for programs"),
}
"""By their names in addresses."""


@require_safe
def export(request: HttpRequest, format: str) -> HttpResponseBase:
    """Everything that answers the question. 400 for one that cannot be read, 503 without the provider,
    409 where rows are missing and nobody said that this may be (`partial=1`), or where a worker is to
    make the file; 429 for too many at the same time."""
    viewer = gate(request, "see_messages", "export")
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    query, errors = question.query, question.form.errors.get_json_data()
    if asked_columns(request) is None:
        errors["columns"] = [{"message": _("There is no such column."), "code": "columns"}]
    if query is None or errors:
        return JsonResponse({"errors": errors}, status=400)
    answer = attempt(gathered, query, reverse("messages"))
    if isinstance(answer, Trouble):
        return _refused(request, query, format, answer)
    must_choose = not answer.is_whole and request.GET.get("partial") != "1"
    # A workbook is whole before its first byte is sent: a large one is nobody's to wait for.
    is_asked = _is_page(request) or format == "xlsx"
    is_large = answer.value.total > jobs.AT_ONCE and is_asked
    if must_choose or is_large:
        return _choice(request, query, format, answer)
    try:
        with transaction.atomic():
            asked_for = jobs.asked_for(
                viewer, answer.query, format, clock.real_now(), state=kept.FAILED, **wanted(request)
            )
            if request.method != "HEAD":
                record_export(asked_for, answer.query)
    except jobs.TooMany:
        return _too_many(request, query, format)
    return _sent(request, asked_for, answer)


def record_export(export: Export, query: MessageQuery) -> None:
    """Tell the audit trail who takes which rows away, how masked. Raises NotRecorded."""
    record(
        Act.EXPORTED, question=told(query), numbers=numbers_of(query), about=f"export {export.pk}",
        note=f"{export.format}, numbers {export.numbers}, texts {export.texts}",
    )  # fmt: skip


def asked_columns(request: HttpRequest) -> tuple[str, ...] | None:
    """The fields that the address names with commas, all where it names none; None for unknown ones."""
    names = [name for text in request.GET.getlist("columns") for name in text.split(",") if name]
    try:
        return chosen(names) if names else COLUMNS
    except ValueError:
        return None


def wanted(request: HttpRequest) -> dict[str, Any]:
    """What a file is like, besides its question."""
    return {
        "columns": asked_columns(request) or COLUMNS,
        "language": get_language() or "en",
        "site": f"{request.scheme}://{request.get_host()}",
    }


def _sent(request: HttpRequest, record: Export, answer: Answered[Gathered]) -> HttpResponseBase:
    note_answer(record, answer)
    record.state = kept.RUNNING
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(record)}"',
        "Link": f'<{reverse("export_manifest", args=[record.pk])}>; rel="describedby"',
    }
    if request.method == "HEAD":
        record.delete()
        return HttpResponse(content_type=TYPES[record.format], headers=headers)
    pieces = jobs.sent(record, answer, clock.real_now)
    return StreamingHttpResponse(pieces, content_type=TYPES[record.format], headers=headers)


def _is_page(request: HttpRequest) -> bool:
    """Whether a person asks with a browser, who can be asked back."""
    return request.headers.get("Sec-Fetch-Dest") == "document"


def _refused(
    request: HttpRequest, query: MessageQuery, format: str, trouble: Trouble
) -> HttpResponse:
    """The provider failed, or the range is too much to be read now and nothing of it is here."""
    status = 503 if trouble.kind == "error" else 409
    if not _is_page(request):
        errors = {"__all__": [{"message": trouble.text, "code": trouble.kind}]}
        return JsonResponse({"errors": errors}, status=status)
    context = {"trouble": trouble, **_offers(request, query, format)}
    return render(request, "messages_app/export_choice.html", context, status=status)


def _too_many(request: HttpRequest, query: MessageQuery, format: str) -> HttpResponse:
    title = _("%s of your files are being sent") % jobs.MOST
    text = _("Wait for one of them, or forget one.")
    if not _is_page(request):
        errors = {"__all__": [{"message": f"{title}. {text}", "code": "too_many"}]}
        return JsonResponse({"errors": errors}, status=429)
    offer = Offer(_("Your exports"), reverse("exports"))
    context = {
        "trouble": Trouble("refused", title, text, (offer,)),
        "is_too_many": True,
        **_offers(request, query, format),
    }
    return render(request, "messages_app/export_choice.html", context, status=429)


def _too_large(query: MessageQuery, request: HttpRequest) -> HttpResponse:
    """For programs: where to ask for the file instead, by POST with its format."""
    job = question_url(reverse("exports"), query, _columns_of(request))
    text = _("A workbook of so many messages is made in the background: ask for it by POST.")
    errors = {"__all__": [{"message": text, "code": "too_large"}]}
    return JsonResponse({"errors": errors, "job": job}, status=409)


def _choice(
    request: HttpRequest, query: MessageQuery, format: str, answer: Answered[Gathered]
) -> HttpResponse:
    missing = [[str(gap.start), str(gap.end)] for gap in answer.gaps]
    if not _is_page(request):
        if answer.is_whole or request.GET.get("partial") == "1":
            return _too_large(query, request)
        text = _("Not all of this range is there. Ask with partial=1 for what is.")
        errors = {"__all__": [{"message": text, "code": "incomplete"}]}
        return JsonResponse({"errors": errors, "missing": missing}, status=409)
    context = {
        "total": shown.number(answer.value.total),
        "missing": missing,
        "reasons": [_(reason) for reason in answer.unproven],
        "filling": filling_of(query, answer.held) if _is_partly_held(answer) else None,
        "is_lost": bool(answer.lost),
        "partial_href": _address(query, format, [*_columns_of(request), ("partial", "1")])
        if answer.value.total <= jobs.AT_ONCE
        else "",
        **_offers(request, query, format),
    }
    status = 409 if missing or answer.unproven else 200
    return render(request, "messages_app/export_choice.html", context, status=status)


def _is_partly_held(answer: Answered[Gathered]) -> bool:
    """Whether the rest of the rows may still come into the archive."""
    return answer.source == ARCHIVE and not answer.held.is_whole


def _offers(request: HttpRequest, query: MessageQuery, format: str) -> dict[str, Any]:
    return {
        "sentence": sentence(query, None),
        "format": format,
        "format_label": FORMATS[format],
        "job_href": question_url(reverse("exports"), query, _columns_of(request)),
        "back_href": question_url(reverse("messages"), query),
    }


def _address(query: MessageQuery, format: str, extra: list[tuple[str, str]]) -> str:
    return question_url(reverse(f"export_{format}"), query, extra)


def _columns_of(request: HttpRequest) -> Params:
    fields = asked_columns(request)
    return [] if fields in (None, COLUMNS) else [("columns", ",".join(fields or ()))]


def menu(query: MessageQuery, shown_columns: Sequence[str]) -> list[tuple[str, str]]:
    """The files that a list can be had as: label and address. Tables for people have the columns that
    are shown, or every field; programs want every field."""
    whole = query.but(page=1, per_page=DEFAULT_PER_PAGE)
    as_shown = [("columns", ",".join(of_table(shown_columns)))]
    found = []
    for name in ("xlsx", "csv"):  # a workbook opens whatever divides lists there
        label = str(FORMATS[name])
        found.append((label, _address(whole, name, as_shown)))
        found.append((_("%s, every field") % label, _address(whole, name, [])))
    return [*found, (str(FORMATS["ndjson"]), _address(whole, "ndjson", []))]
