"""One's own exports: having one made in the background, how far it is, its file and its manifest."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_app import clock
from messages_app.access import Viewer, gate
from messages_app.analysis import shown
from messages_app.answers import held_of
from messages_app.audit import Act, record
from messages_app.exports import jobs, kept
from messages_app.exports.making import TYPES, mask_of, question_of
from messages_app.exports.manifest import as_json, file_name, is_complete, question_words
from messages_app.models import Export
from messages_app.privacy import NUMBERS, TEXTS, stricter
from messages_app.views.asking import read_address, show
from messages_app.views.exports import FORMATS, asked_columns, record_export, wanted

LISTED = 100


@dataclass(frozen=True, slots=True)
class Told:
    """An export in words. `share` is whole per cent, None where it cannot be told."""

    number: int
    question: str
    format: str
    made: str
    state: str
    words: str
    share: int | None
    rows: str
    lacks: tuple[str, ...]
    file_href: str
    manifest_href: str
    expires: str

    @property
    def is_under_way(self) -> bool:
        return self.state in kept.UNDER_WAY


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """The files that a person had made; POST has one made of the question in the address."""
    viewer = gate(request, "see_messages", "export")
    if request.method == "POST":
        return _ask(request, viewer)
    return show(request, "exports", {"exports": _listed(viewer)})


def _listed(viewer: Viewer) -> list[Told]:
    """A person's own exports, the newest first, but what was asked while that person could see more."""
    mask = viewer.mask
    found = Export.objects.filter(
        owner_id=viewer.user_id,
        numbers__in=NUMBERS[NUMBERS.index(mask.numbers) :],
        texts__in=TEXTS[TEXTS.index(mask.texts) :],
    )
    return [_told(one) for one in found.order_by("-made_at")[:LISTED]]


def _ask(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    query, format = read_address(request).query, request.POST.get("format", "")
    if query is None or format not in FORMATS or asked_columns(request) is None:
        return HttpResponse(status=400)
    now, waits = clock.real_now(), request.POST.get("waits") == "1"
    try:
        with transaction.atomic():
            made = jobs.asked_for(viewer, query, format, now, waits=waits, **wanted(request))
            record_export(made, query)
    except jobs.TooMany:
        context = {"exports": _listed(viewer), "most": jobs.MOST}
        return render(request, "messages_app/exports.html", context, status=429)
    return redirect("export_job", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def export_job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one file is; the page asks again by itself. POST forgets it with its file."""
    export = _own(request, pk)
    if request.method == "POST":
        jobs.drop(export, clock.real_now())
        return redirect("exports")
    return show(request, "export_job", {"export": _told(export)})


@require_safe
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, to who had it made, while it is kept and may be seen."""
    export = _own(request, pk)
    if not export.file or (export.expires_at and export.expires_at < clock.real_now()):
        raise Http404(_("This file is no longer there."))
    try:
        file = kept.storage().open(export.file)
    except OSError:
        raise Http404(_("This file is no longer there.")) from None
    record(Act.DOWNLOADED, request=request, about=f"export {export.pk}")
    return FileResponse(
        file, as_attachment=True, filename=file_name(export), content_type=TYPES[export.format]
    )


@require_safe
def export_manifest(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands in a file, from where, and its checksum."""
    export = _own(request, pk)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(export)}.manifest.json"'}
    return HttpResponse(as_json(export), content_type="application/json", headers=headers)


def _own(request: HttpRequest, pk: int) -> Export:
    """An export of this person. What was made under a looser mask than is the person's now is gone."""
    viewer = gate(request, "see_messages", "export")
    found = get_object_or_404(Export, pk=pk, owner_id=viewer.user_id)
    if stricter(mask_of(found), viewer.mask) != mask_of(found):
        raise Http404(_("This file was made while you could see more than now."))
    return found


def _told(export: Export) -> Told:
    share = _share(export)
    return Told(
        number=export.pk,
        question=question_words(export),
        format=str(FORMATS[export.format]),
        made=_moment(export.made_at),
        state=export.state,
        words=_state_words(export),
        share=share,
        rows=shown.number(export.rows),
        lacks=() if is_complete(export) or export.state in kept.UNDER_WAY else _lacks(export),
        file_href=reverse("export_file", args=[export.pk]) if export.file else "",
        manifest_href=reverse("export_manifest", args=[export.pk]) if export.ended_at else "",
        expires=_moment(export.expires_at) if export.file and export.expires_at else "",
    )


def _share(export: Export) -> int | None:
    if export.state == kept.RUNNING and export.total:
        return min(99, export.rows * 100 // export.total)
    if export.state == kept.WAITING and export.waits and (query := question_of(export)):
        return int(held_of(query, clock.real_now()).share * 100)
    return None


def _state_words(export: Export) -> str:
    if export.state == kept.WAITING:
        if export.waits:
            return _("Waits until the whole range is fetched, for 12 hours at most.")
        return _("Waits for a worker.")
    if export.state == kept.RUNNING:
        so_far = {"rows": shown.number(export.rows), "total": shown.number(export.total)}
        return _("%(rows)s of %(total)s rows so far") % so_far
    return _end_words(export)


def _end_words(export: Export) -> str:
    is_broken_off = jobs.is_broken_off(export, clock.real_now())
    if not (export.ended_at or is_broken_off):
        is_dropped = export.reason == jobs.DROPPED
        return _("Being ended") if is_dropped else _("Being sent")
    if export.state == kept.FAILED or is_broken_off:
        return _("Could not be finished")
    is_gone = export.expires_at and not export.file
    return _("Done; its file is no longer there") if is_gone else _("Done")


def _lacks(export: Export) -> tuple[str, ...]:
    """What a file has not, in words."""
    found = [shown.named(_("Not fetched"), f"{start} – {end}") for start, end in export.missing]
    return (*found, *(_(reason) for reason in export.reasons))


def _moment(moment: datetime) -> str:
    return shown.day_and_clock(moment.astimezone(clock.now().tzinfo), clock.now())
