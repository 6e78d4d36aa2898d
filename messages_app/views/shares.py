"""Share links for people without a login: making one, the list of them, and ending one at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from messages_app import clock, sharing
from messages_app.access import Viewer, gate
from messages_app.analysis import shown
from messages_app.analysis.periods import CUSTOM
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words, span_words
from messages_app.audit import Act, record
from messages_app.audit_questions import numbers_of, told
from messages_app.filters import question_url, read_question
from messages_app.logins import fresh_login
from messages_app.made import LONGEST_NAME, ShareLink
from messages_app.privacy import FULL, MASKED, NUMBERS, OFF, REDACTED, TEXTS, Mask
from messages_app.sharing import LONGEST, USUAL, TooMany, Used, Wanted
from messages_app.views.question_bar import sentence
from messages_app.views.review_pages import review_pages
from messages_app.views.saved import bare_name

DAYS = (1, 7, 30, LONGEST.days)
KEEP, FIX = "keep", "fix"

LISTED = 50
"""Links on one page of their list."""

TEXT_LABELS = {
    OFF: gettext_lazy("No texts"),
    REDACTED: gettext_lazy("Texts without digits, links and addresses"),
    FULL: gettext_lazy("Texts in full"),
}
NUMBER_LABELS = {
    MASKED: gettext_lazy("Numbers masked: +33 6 •• •• •• 78"),
    FULL: gettext_lazy("Numbers in full"),
}


class ShareForm(forms.Form):
    """What a link shows, how much of it, and how long. Offers no more than its maker sees."""

    label = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=LONGEST_NAME,
        error_messages={"required": gettext_lazy("Say for whom it is, so that you know it again.")},
    )
    shows = forms.MultipleChoiceField(
        label=gettext_lazy("What is shown"),
        error_messages={"required": gettext_lazy("Choose what is shown.")},
    )
    dates = forms.ChoiceField(label=gettext_lazy("Dates"))
    numbers = forms.ChoiceField(label=gettext_lazy("Numbers"))
    texts = forms.ChoiceField(label=gettext_lazy("Texts"))
    days = forms.TypedChoiceField(label=gettext_lazy("Ends after"), coerce=int)

    def __init__(
        self, data: QueryDict | None, viewer: Viewer, query: MessageQuery, page: str
    ) -> None:
        first = {"shows": [page], "numbers": MASKED, "texts": OFF, "days": USUAL.days}
        is_fixed = query.period == CUSTOM
        super().__init__(data, initial=first | {"dates": FIX if is_fixed else KEEP})
        fix = (FIX, _("Fix these dates: %s") % span_words(query))
        keep = (KEEP, _("Keep “%s”: the dates move on") % range_words(query))
        self._choose("shows", shown_parts(viewer))
        self._choose("dates", [fix] if is_fixed else [keep, fix])
        self._choose("numbers", _allowed(NUMBER_LABELS, NUMBERS, viewer.mask.numbers))
        self._choose("texts", _allowed(TEXT_LABELS, TEXTS, viewer.mask.texts))
        self._choose("days", [(days, _days_words(days)) for days in DAYS])

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_label(self) -> str:
        return bare_name(self.cleaned_data["label"])

    def say_full(self) -> None:
        text = _("You have %s open links, which is the most. End one first.") % sharing.MOST
        self.add_error(None, ValidationError(text))


def shown_parts(viewer: Viewer) -> list[tuple[str, str]]:
    """What a person may show of a question: what that person sees."""
    parts = (
        ("messages", "see_messages", _("The list, with each message")),
        ("analytics", "see_figures", _("Figures and charts")),
    )
    return [(name, label) for name, need, label in parts if need in viewer.may]


def _allowed(labels: dict[str, Any], order: tuple[str, ...], loosest: str) -> list[tuple[str, Any]]:
    """Everything as strict as `loosest` or stricter, in the order of the labels."""
    known = order[order.index(loosest) :]
    return [(name, label) for name, label in labels.items() if name in known]


def _days_words(days: int) -> str:
    return _("one day") if days == 1 else _("%s days") % days


@fresh_login
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Share the question in the address; a link that is made is shown this once."""
    viewer = gate(request, "share")
    params = request.GET.copy()
    page = str(params.pop("at", ["messages"])[-1])
    query = read_question(params, clock.now(), viewer.mask).query
    if query is None or page not in dict(shown_parts(viewer)):
        return render(request, "messages_app/view_not_kept.html", status=400)
    form = ShareForm(request.POST if request.method == "POST" else None, viewer, query, page)
    context: dict[str, Any] = {"form": form, "words": sentence(query, None)}
    context["back_href"] = question_url(reverse(page), query)
    if form.is_valid():
        try:
            wanted = _wanted(form.cleaned_data, query)
            with transaction.atomic():
                link, token = sharing.make(wanted, viewer, clock.real_now())
                _record_made(link, query)
        except TooMany:
            form.say_full()
        else:
            address = request.build_absolute_uri(reverse("shared", args=[token]))
            context |= {"link": link, "address": address, "until": _moment(link.expires_at)}
            return render(request, "messages_app/share_made.html", context)
    return render(request, "messages_app/share_form.html", context)


def _record_made(link: ShareLink, query: MessageQuery) -> None:
    """Tell the audit trail what is shown to strangers. Raises NotRecorded."""
    parts = {"messages": link.shows_messages, "figures": link.shows_figures}
    shows = " and ".join(name for name, is_shown in parts.items() if is_shown)
    record(
        Act.LINK_MADE, question=told(query), numbers=numbers_of(query), about=f"link {link.pk}",
        note=f"{shows}, numbers {link.numbers}, texts {link.texts}, until {link.expires_at:%Y-%m-%d}",
    )  # fmt: skip


def _wanted(found: dict[str, Any], query: MessageQuery) -> Wanted:
    fixed = query.within(*query.span) if found["dates"] == FIX else query
    return Wanted(
        label=found["label"],
        question=question_url("", fixed.but(page=1)).removeprefix("?"),
        shows_messages="messages" in found["shows"],
        shows_figures="analytics" in found["shows"],
        numbers=found["numbers"],
        texts=found["texts"],
        lasts=timedelta(days=found["days"]),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One link in the list: what it shows, how it is used, whether it is open; in words."""

    link: ShareLink
    words: str
    shows: str
    use: str
    state: str
    is_open: bool


@require_safe
def shares(request: HttpRequest) -> HttpResponse:
    """One's own links, page by page; `?all=1`: everybody's, for who reviews."""
    viewer = gate(request, "share")
    may_see_all = "review" in viewer.may
    everybody = may_see_all and request.GET.get("all") == "1"
    found = Paginator(sharing.links_of(viewer, everybody=everybody), LISTED)
    listed = found.get_page(request.GET.get("page"))
    context = {
        "lines": [_line(one, viewer) for one in sharing.used(listed)],
        "listed": listed,
        "range": f"{shown.number(listed.start_index())}–{shown.number(listed.end_index())}",
        "total": shown.number(found.count),
        "kept_days": sharing.REMEMBERED.days,
        "may_see_all": may_see_all,
        "everybody": everybody,
        "review_pages": review_pages(request, viewer) if everybody else [],
    }
    return render(request, "messages_app/shares.html", context)


def _line(used: Used, viewer: Viewer) -> Line:
    link, now = used.link, clock.real_now()
    query = read_question(QueryDict(link.question), clock.now(), viewer.mask).query
    words = sentence(query, None) if query else _("This question cannot be read as it stands.")
    return Line(
        link, words, _shows(link), _use(used), _state(link, now), is_open=_is_current(link, now)
    )


def _shows(link: ShareLink) -> str:
    mask = Mask(link.numbers, link.texts)
    parts = [
        *([_("The list, with each message")] if link.shows_messages else []),
        *([_("Figures and charts")] if link.shows_figures else []),
        str(NUMBER_LABELS[mask.numbers]),
        str(TEXT_LABELS[mask.texts]),
    ]
    return " · ".join(parts)


def _use(used: Used) -> str:
    if used.last_seen is None:
        return _("never opened")
    return _("opened %(times)s ×, last looked at %(when)s") % {
        "times": shown.number(used.openings), "when": _moment(used.last_seen),
    }  # fmt: skip


def _is_current(link: ShareLink, now: datetime) -> bool:
    return link.revoked_at is None and now < link.expires_at


def _state(link: ShareLink, now: datetime) -> str:
    if link.revoked_at:
        return _("ended by hand on %s") % _moment(link.revoked_at)
    if now >= link.expires_at:
        return _("ended on %s") % _moment(link.expires_at)
    if not sharing.is_backed(link):
        return _("shows nothing: its maker may not share this any more")
    return _("open until %s") % _moment(link.expires_at)


def _moment(moment: datetime) -> str:
    return shown.day_and_minute(moment.astimezone(clock.now().tzinfo))


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a link at once, with every visit by it."""
    viewer = gate(request, "share")
    link = sharing.own_link(pk, viewer)
    if link is None:
        raise Http404(_("There is no such link of yours."))
    with transaction.atomic():
        sharing.revoke(link, clock.real_now())
        record(Act.LINK_REVOKED, request=request, about=f"link {link.pk}")
    messages.success(request, _("The link “%s” shows nothing any more.") % link.label)
    back = "?all=1" if request.POST.get("all") == "1" else ""
    return redirect(reverse("shares") + back)
