"""Where an answer comes from and how old it is, in words; and how far the rest is on its way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from messages_app import clock
from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.choice import Holding, holding, look_at, window_of
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import second_words
from messages_app.answers import ARCHIVE, Answered
from messages_app.archive import faults, looks
from messages_app.archive.bounds import SECOND
from messages_app.archive.looks import Progress
from messages_app.archive.store import failing
from messages_app.filters import question_url
from messages_app.provider import ProviderError, sentence_of
from messages_app.views.asking import read_address
from messages_app.views.trouble import error_words

GROWN = 0.1
"""A page is drawn anew when so much more of its range is there."""


@dataclass(frozen=True, slots=True)
class Filling:
    """How far a range is in the archive. `share` is whole per cent, rounded down.

    `state` says why the rest is not on its way, "" while it is.
    """

    share: int
    sentence: str
    counts: str = ""
    href: str = ""
    is_running: bool = False
    is_stopped: bool = False
    state: str = ""


def provenance(answer: Answered[Any]) -> dict[str, Any]:
    """Template context of the line that says source and age, and of what is missing."""
    failure = answer.failure
    return {
        "source": answer.source,
        "source_name": _("archive") if answer.source == ARCHIVE else _("live"),
        "as_of": "" if answer.is_nothing_yet else shown.day_and_clock(answer.as_of, clock.now()),
        "nothing_yet": answer.is_nothing_yet,
        "failure": error_words(failure) if isinstance(failure, ProviderError) else "",
        "filling": _filling(answer),
        "lost": _lost(answer),
    }


def _filling(answer: Answered[Any]) -> Filling | None:
    if answer.source != ARCHIVE or answer.held.is_whole:
        return None
    return filling_of(answer.query, answer.held, is_told=isinstance(answer.failure, ProviderError))


def _lost(answer: Answered[Any]) -> str:
    """Up to when nothing is known nor ever will be, in words."""
    if not answer.lost:
        return ""
    end = second_words(answer.lost[-1].end + SECOND)
    if answer.source == ARCHIVE:
        return (
            _("Before %s the provider keeps no messages, and the archive has none of that time.")
            % end
        )
    return _("Before %s the provider keeps no messages; what was there is not known.") % end


def filling_of(query: MessageQuery, held: Holding, *, is_told: bool = False) -> Filling:
    """How far the archive is with a question's range; a visitor hears no more, and asks for no more.

    `is_told`: the page says already why the provider is not read, and as of when the rows are.
    """
    if query.fence is not None:
        return Filling(int(held.share * 100), _sentence(int(held.share * 100), held, is_told=False))
    progress = look_at(query, clock.real_now())
    share = int(held.share * 100)
    is_running = held.is_filling and not (progress.is_stopped or progress.refused)
    is_silent = is_told and not (progress.is_stopped or progress.refused)
    return Filling(
        share=share,
        sentence=_sentence(share, held, is_told=is_told),
        counts=_("%(calls)s calls, %(rows)s messages so far")
        % {"calls": shown.number(progress.calls), "rows": shown.number(progress.rows)},
        href=question_url(reverse("filling"), _range_of(query), [("seen", str(share))]),
        is_running=is_running,
        is_stopped=progress.is_stopped,
        state="" if is_silent else _state(progress, is_running),
    )


def _state(progress: Progress, is_running: bool) -> str:
    if progress.is_stopped:
        return _("Fetching is stopped.")
    nobody = "" if is_running else _("Nothing fetches the rest at the moment.")
    return _failing(progress.refused) or nobody


def _failing(refused: str) -> str:
    """Since when nothing can be fetched, and why, in words; "" while it can."""
    found = failing(clock.real_now(), refused)
    if found is None:
        return ""
    why = sentence_of(found.reason) or faults.sentence_of(found.reason)
    said = [_("Nothing could be fetched since %s.") % _moment(found.since)] if found.since else []
    return " ".join([*said, _(why)] if why else said)


def _moment(since: datetime) -> str:
    return shown.day_and_clock(since.astimezone(clock.now().tzinfo), clock.now())


def _sentence(share: int, held: Holding, *, is_told: bool) -> str:
    if held.as_of is None:
        return _("Nothing of the range is fetched yet.")
    if is_told:
        return _("%s of the range is fetched.") % shown.rate(share / 100)
    return _("%(share)s of the range is fetched, as of %(as_of)s.") % {
        "share": shown.rate(share / 100),
        "as_of": shown.day_and_clock(held.as_of, clock.now()),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def filling(request: HttpRequest) -> HttpResponse:
    """The progress of a range: asked for every few seconds; POST stops it, or lets it go on."""
    gate(request, "see_figures")
    query, now = read_address(request).query, clock.real_now()
    if query is None:
        return HttpResponse(status=400)
    query = _range_of(query)
    if request.method == "POST":
        look_at(query, now)
        if request.POST.get("do") == "stop":
            looks.stop(window_of(query), now)
        else:
            looks.resume(window_of(query))
        if not request.headers.get("HX-Request"):
            return redirect(question_url(reverse("analytics"), query))
    held = holding(query, now)
    if held.is_whole:
        return trigger_client_event(HttpResponse(), "filled")
    response = render(request, "messages_app/_filling.html", {"filling": filling_of(query, held)})
    if held.share * 100 >= _seen(request) + GROWN * 100:
        return trigger_client_event(response, "grown")
    return response


def _range_of(query: MessageQuery) -> MessageQuery:
    """The range alone: how far it is fetched is no matter of filters."""
    return MessageQuery(
        now=query.now, period=query.period, date_start=query.date_start, date_end=query.date_end
    )


def _seen(request: HttpRequest) -> int:
    text = request.GET.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 4 else 100
