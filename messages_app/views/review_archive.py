"""The archive under review: what it holds of each day, and ranges that are to be read again."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from babel.dates import format_datetime
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from messages_app import audit, clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.query import MessageQuery
from messages_app.archive import rereads
from messages_app.archive.days import (
    AHEAD,
    COMPLETE,
    FORGOTTEN,
    MISSING,
    QUARANTINED,
    SETTLING,
    Day,
    days_between,
)
from messages_app.audit import Act
from messages_app.fields import WallTimeField
from messages_app.filters import question_url
from messages_app.views.asking import show
from messages_app.views.review_duty import duty_context, moment_of, range_of
from messages_app.views.review_pages import review_pages

REREADS = 5
DAY = timedelta(days=1)

STATES: dict[str, tuple[str, str | Promise, str | Promise]] = {
    COMPLETE: ("●", gettext_lazy("complete"), gettext_lazy("Every second is held and settled.")),
    SETTLING: ("◌", gettext_lazy("settling"), gettext_lazy("All is held; receipts may still come.")),
    MISSING: ("▲", gettext_lazy("missing"), gettext_lazy("A part is not held yet.")),
    QUARANTINED: (
        "■", gettext_lazy("quarantined"), gettext_lazy("Something could not be read or stored."),
    ),
    FORGOTTEN: (
        "○", gettext_lazy("forgotten"),
        gettext_lazy("The provider keeps it no more, and the archive has not got it all."),
    ),
    AHEAD: ("·", gettext_lazy("to come"), gettext_lazy("What is planned is read ahead.")),
}  # fmt: skip
"""The mark of each state, its word, what it means."""

ENDS = {
    rereads.DONE: gettext_lazy("done"),
    rereads.STOPPED: gettext_lazy("stopped"),
    rereads.PARTIAL: gettext_lazy("the rest cannot be read"),
}


class RangeForm(forms.Form):
    """Days to be read again, both included."""

    first = WallTimeField(label=gettext_lazy("From day"), required=True)
    last = WallTimeField(label=gettext_lazy("To day"), required=True)

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if "first" in found and "last" in found and found["first"].date() > found["last"].date():
            self.add_error("last", _("This lies before the first day."))
        return found


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the calendar in words; `href` is the list of its messages."""

    number: int
    title: str
    state: str
    mark: str
    word: str
    note: str
    rows: str
    href: str


@dataclass(frozen=True, slots=True)
class Again:
    """A range that is read again, in words; `share` is whole per cent."""

    pk: int
    range: str
    asked: str
    share: int
    state: str
    counts: str
    is_running: bool


@require_safe
def review_archive(request: HttpRequest) -> HttpResponse:
    """The calendar of a month (`?month=2026-11`), what is read again, who reads, what went wrong."""
    return show(request, "review_archive", _context(request))


def _context(request: HttpRequest, form: RangeForm | None = None) -> dict[str, Any]:
    viewer = gate(request, "review", "see_messages")
    now = clock.real_now()
    month = _month(request.GET.get("month", ""), now.date())
    return {
        "review_pages": review_pages(request, viewer),
        "range_form": form or RangeForm(),
        **_calendar(month, now),
        **reread_context(),
        **duty_context(now, viewer.mask),
    }


def reread_context() -> dict[str, Any]:
    """What is read again, for the page and for the part of it that asks again by itself."""
    again = [_again(one) for one in rereads.latest(REREADS)]
    return {"again": again, "is_reading_again": any(one.is_running for one in again)}


def _month(text: str, today: date) -> date:
    """The first day of the month asked for; of this one for what is no month."""
    try:
        asked = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return today.replace(day=1)
    return asked if 2000 <= asked.year < 2100 else today.replace(day=1)


def _calendar(month: date, now: datetime) -> dict[str, Any]:
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    days = days_between(month, last, now)
    cells = [_cell(day) for day in days]
    # The week begins on Monday, as in the provider's country.
    blank: list[DayCell | None] = [None] * month.weekday()
    padded = [*blank, *cells, *[None] * (-(len(blank) + len(cells)) % 7)]
    counts = [(state, sum(day.state == state for day in days)) for state in STATES]
    return {
        "month": _month_words(month),
        "month_value": f"{month:%Y-%m}",
        "weekdays": [_weekday(n) for n in range(7)],
        "weeks": [padded[at : at + 7] for at in range(0, len(padded), 7)],
        "legend": [(state, *STATES[state], shown.number(count)) for state, count in counts],
        "month_rows": shown.number(sum(day.rows for day in days)),
        "month_before": f"{month - DAY:%Y-%m}",
        "month_after": f"{last + DAY:%Y-%m}",
    }


def _month_words(month: date) -> str:
    words = format_datetime(datetime.combine(month, time.min), "LLLL y", locale=shown.locale())
    return words[:1].upper() + words[1:]


def _weekday(number: int) -> str:
    return str(shown.locale().days["stand-alone"]["abbreviated"][number])


def _cell(day: Day) -> DayCell:
    mark, word, _meaning = STATES[day.state]
    start = datetime.combine(day.day, time.min)
    query = MessageQuery(now=clock.now()).within(start, start + DAY - timedelta(seconds=1))
    return DayCell(
        day.day.day, shown.day(day.day.toordinal(), with_year=True), day.state, mark, str(word),
        _note(day), shown.number(day.rows) if day.rows else "",
        question_url(reverse("messages"), query),
    )  # fmt: skip


def _note(day: Day) -> str:
    """What else there is to say of a day."""
    if day.state == QUARANTINED:
        text = ngettext("%(n)s case", "%(n)s cases", day.quarantined)
        return text % {"n": shown.number(day.quarantined)}
    if day.state in (MISSING, FORGOTTEN) and day.share:
        # Rounded down: what lacks a second is not all there.
        return _("%s held") % shown.rate(int(day.share * 1000) / 1000)
    return _("kept here alone") if day.is_forgotten and day.state == COMPLETE else ""


def _again(one: rereads.Progress) -> Again:
    reread = one.reread
    is_running = reread.ended_at is None
    share = int(one.share * 100)
    state = _("%s is read again.") % shown.rate(share / 100)
    if reread.ended_at:
        ended = moment_of(reread.ended_at)
        state = _("%(outcome)s, %(when)s") % {"outcome": ENDS[reread.outcome], "when": ended}
    counts = _("%(calls)s calls, %(rows)s messages so far") % {
        "calls": shown.number(reread.calls), "rows": shown.number(reread.rows),
    }  # fmt: skip
    asked = _("%(name)s, %(when)s") % {"name": reread.asked_by, "when": moment_of(reread.asked_at)}
    return Again(reread.pk, range_of(reread), asked, share, state, counts, is_running)


@require_http_methods(["GET", "HEAD", "POST"])
def reread(request: HttpRequest) -> HttpResponse:
    """POST has a range of days read again by the workers; GET tells how far, for the page itself."""
    gate(request, "review", "see_messages")
    if request.method != "POST":
        return _progress(request)
    form = RangeForm(request.POST)
    if form.is_valid() and _ask(request, form):
        messages.success(request, _("The range is read again, as soon as a worker has time."))
        return redirect(_page(request.POST))
    return show(request, "review_archive", _context(request, form))


def _progress(request: HttpRequest) -> HttpResponse:
    """The part of the page that asks again by itself; the calendar is drawn anew when all is read."""
    if not request.headers.get("HX-Request"):
        return redirect("review_archive")
    context = reread_context()
    response = render(request, "messages_app/_rereads.html", context)
    return response if context["is_reading_again"] else trigger_client_event(response, "reread")


def _ask(request: HttpRequest, form: RangeForm) -> bool:
    """Whether there is anything to read; if not, the form says why."""
    first, last = (
        form.cleaned_data[name].replace(hour=0, minute=0, second=0) for name in ("first", "last")
    )
    try:
        with transaction.atomic():
            made = rereads.ask(first, last, request.user.get_username(), clock.real_now())
            audit.record(Act.SYNC_STARTED, request=request, about=f"{made.start} – {made.end}")
    except rereads.NothingToRead:
        form.add_error("first", _("Of these days the provider shows nothing, or they are to come."))
        return False
    return True


def _page(given: QueryDict) -> str:
    month = _month(str(given.get("month", "")), clock.real_now().date())
    return f"{reverse('review_archive')}?month={month:%Y-%m}#again"


@require_POST
def stop_reread(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a range be; what was read of it stays."""
    gate(request, "review", "see_messages")
    rereads.stop(pk, clock.real_now())
    return redirect(_page(request.POST))
