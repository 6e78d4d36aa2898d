"""The audit trail for administrators: who did what, with filters, as a page and as a file.

Reading it is recorded in it. Numbers stand in it as digests: who knows one finds its lines.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_app import clock
from messages_app.access import Viewer, gate
from messages_app.addresses import sealed_row
from messages_app.analysis import shown
from messages_app.audit import Act, record, record_asked
from messages_app.audit_questions import MARK
from messages_app.audit_reading import COLUMNS, Filters, cells, counts, lines
from messages_app.audited import AuditHead, AuditLine
from messages_app.exports.csv_file import delimiter, guarded, head
from messages_app.fields import Literal, NumberField, WallTimeField
from messages_app.filters import LOST, MASKED, PERSONAL, question_url, read_question
from messages_app.privacy import OPEN, Mask, holds_number
from messages_app.provider import MAX_REFERENCE
from messages_app.sealing import BrokenSeal, is_sealed, seal, unseal
from messages_app.views.question_bar import sentence
from messages_app.views.review_pages import review_pages

NUMBER = "number"
SEALED_FOR = "audit number"

ELSEWHERE = gettext_lazy(
    "A number is looked for under “About the number” alone: there it stays out of addresses."
)

SIZE = 50
"""Lines of one page."""

SHORT = 6
"""Digits of a digest that are shown."""

ROW = re.compile(r"(sms_m[to]):(\d{1,18})", re.ASCII)
"""A message's key, where a line is about one."""


class TrailForm(forms.Form):
    """The filters, and what cannot be understood of them."""

    who = forms.CharField(label=gettext_lazy("Who, or from where"), max_length=150, required=False)
    act = forms.ChoiceField(label=gettext_lazy("What"), choices=Act.choices, required=False)
    date_start = WallTimeField(label=gettext_lazy("From"), required=False)
    date_end = WallTimeField(label=gettext_lazy("To"), ends=True, required=False)
    number = NumberField(
        label=gettext_lazy("About the number"), max_length=MAX_REFERENCE, required=False
    )
    digest = forms.RegexField("^[0-9a-f]{32}$", required=False)

    def filters(self) -> Filters:
        found = self.cleaned_data
        return Filters(
            found["who"].strip(), found["act"], found["date_start"], found["date_end"],
            found["number"], found["digest"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One line in words; `asked` is its question, `digests` are those of numbers, each with its lines."""

    number: int
    at: str
    act: str
    who: str
    address: str
    asked: str
    asked_href: str
    about: str
    about_href: str
    note: str
    digests: tuple[tuple[str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def audit(request: HttpRequest) -> HttpResponse:
    """The lines, the newest first; a form that is sent leads to its own sealed address."""
    viewer = gate(request, "review")
    form = _form(request, viewer)
    if form.is_valid() and _is_outspoken(request):
        return redirect(_address(reverse("audit"), form.filters()))
    context: dict[str, Any] = {"form": form, "acts": Act.choices}
    context["review_pages"] = review_pages(request, viewer)
    if form.is_valid():
        asked = form.filters()
        record_asked(Act.TRAIL_READ, request, asked.told(), [asked.number])
        context |= _answer(request, asked, viewer.mask)
    return render(request, "messages_app/audit.html", context)


@require_safe
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """The lines that answer, as CSV; 400 for filters that cannot be read."""
    form = _form(request, gate(request, "review"))
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=400, content_type="application/json")
    asked = form.filters()
    record(Act.TRAIL_READ, question=asked.told(), numbers=[asked.number], note="csv")
    headers = {"Content-Disposition": 'attachment; filename="audit-trail.csv"'}
    pieces = _csv(asked, get_language() or "en")
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)


def _form(request: HttpRequest, viewer: Viewer) -> TrailForm:
    """The filters of the address, its number opened; or those of a form that was sent."""
    sent = request.POST if request.method == "POST" else request.GET
    data: dict[str, Any] = {name: sent.get(name, "") for name in TrailForm.base_fields}
    error = None
    try:
        if is_sealed(data[NUMBER]):
            data[NUMBER] = Literal(unseal(SEALED_FOR, data[NUMBER]))
    except BrokenSeal:
        data[NUMBER], error = "", LOST
    if data[NUMBER] and not viewer.mask.is_open:
        data[NUMBER], error = "", MASKED
    form = TrailForm(data)
    if error and not form.has_error(NUMBER):
        form.add_error(NUMBER, str(error))
    if _may_be_number(data["who"].strip()):
        form.add_error("who", str(ELSEWHERE if viewer.mask.is_open else MASKED))
    return form


def _may_be_number(who: str) -> bool:
    """Whether somebody's number was typed where names are looked for: it would stay in address and trail.

    An address of a client is none, nor is the beginning of one.
    """
    return holds_number(who) and not (_is_address(who) or _is_address(_padded(who)))


def _padded(beginning: str) -> str:
    return beginning.removesuffix(".") + ".0" * (3 - beginning.removesuffix(".").count("."))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_outspoken(request: HttpRequest) -> bool:
    """Whether the request spells a number in its address, or is a form that was sent."""
    number = request.GET.get(NUMBER, "")
    return request.method == "POST" or bool(number and not is_sealed(number))


def _address(path: str, asked: Filters, **more: str) -> str:
    found = {
        "who": asked.who,
        "act": asked.act,
        "date_start": f"{asked.start:%Y-%m-%d %H:%M:%S}" if asked.start else "",
        "date_end": f"{asked.end:%Y-%m-%d %H:%M:%S}" if asked.end else "",
        NUMBER: seal(SEALED_FOR, asked.number) if asked.number else "",
        "digest": asked.digest,
        **more,
    }
    params = urlencode({name: value for name, value in found.items() if value})
    return f"{path}?{params}" if params else path


def _answer(request: HttpRequest, asked: Filters, mask: Mask) -> dict[str, Any]:
    zone, path = clock.now().tzinfo, reverse("audit")
    assert zone
    found, before = lines(asked, zone), request.GET.get("before", "")
    by_act = counts(lines(_without_act(asked), zone))
    if before.isascii() and before.isdecimal() and len(before) < 19:
        found = found.filter(number__lt=int(before))
    page = list(found[: SIZE + 1])
    has_older = len(page) > SIZE
    total = by_act.get(asked.act, 0) if asked.act else sum(by_act.values())
    return {
        "lines": [_told(line, mask) for line in page[:SIZE]],
        "total": shown.number(total),
        "has_lines": bool(total),
        "counted": [
            (value, label, shown.number(by_act.get(value, 0))) for value, label in Act.choices
        ],
        "newest_href": _address(path, asked) if before else "",
        "older_href": _address(path, asked, before=str(page[SIZE - 1].number)) if has_older else "",
        "export_href": _address(reverse("audit_export"), asked),
        "is_narrowed": asked != Filters(),
        "purged": _purged(),
    }


def _without_act(asked: Filters) -> Filters:
    return Filters(asked.who, "", asked.start, asked.end, asked.number, asked.digest)


def _purged() -> str:
    """Up to when lines are gone by purges, in words; "" where none are."""
    anchor = AuditHead.objects.first()
    if anchor is None or anchor.purged_until is None:
        return ""
    until = anchor.purged_until.astimezone(clock.now().tzinfo)
    return _("Lines up to %(number)s, until %(when)s, were purged after twelve months.") % {
        "number": shown.number(anchor.purged), "when": shown.day_and_minute(until),
    }  # fmt: skip


def _told(line: AuditLine, mask: Mask) -> Told:
    asked, asked_href = _asked(line)
    return Told(
        number=line.number,
        at=f"{line.at.astimezone(clock.now().tzinfo):%Y-%m-%d %H:%M:%S}",
        act=str(dict(Act.choices).get(line.act, line.act)),
        who=_("a visitor of link %s") % line.link if line.link else line.name,
        address=line.address,
        asked=asked,
        asked_href=asked_href,
        about=line.about,
        about_href=_about_href(line.about, mask),
        note=line.note,
        digests=tuple(
            (f"{MARK}{one[:SHORT]}", _address(reverse("audit"), Filters(digest=one)))
            for one in line.numbers.split()
        ),
    )


def _asked(line: AuditLine) -> tuple[str, str]:
    """The question in words, and its address where it has no digest in it: a digest is no number."""
    params = QueryDict(line.question)
    if line.act == Act.SETTING_CHANGED:
        return "", ""
    if line.act == Act.TRAIL_READ or not line.question:
        return ", ".join(f"{name}: {_short(str(value))}" for name, value in params.items()), ""
    opened = params.copy()
    for name in PERSONAL:
        if params.get(name):
            opened[name] = seal(name, _short(str(params[name])))
    query = read_question(opened, clock.now(), OPEN).query
    if query is None:
        return line.question, ""
    is_whole = MARK not in line.question
    return sentence(query, None), question_url(reverse("messages"), query) if is_whole else ""


def _short(value: str) -> str:
    return value[: SHORT + 1] if value.startswith(MARK) else value


def _about_href(about: str, mask: Mask) -> str:
    if row := ROW.search(about):
        if not mask.is_open:
            return reverse("row", args=[sealed_row(row[0], None)])
        return reverse("message", args=[row[1], int(row[2])])
    return f"{reverse('shares')}?all=1" if about.startswith("link ") else ""


def _csv(asked: Filters, language: str) -> Iterator[bytes]:
    yield head(COLUMNS, language)
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter(language), lineterminator="\r\n")
    zone = clock.now().tzinfo
    assert zone
    for row in cells(lines(asked, zone)):
        writer.writerow([guarded(cell) for cell in row])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
