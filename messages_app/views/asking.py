"""What every page with a question shares: read it, send typed values to their sealed address, answer.

request ─▶ asked() ─▶ redirect (a form was sent, or the URL spells personal values)
               └────▶ Question ─▶ attempt(work) ─▶ the answer, or a Trouble to show
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from messages_app import clock
from messages_app.analysis import shown
from messages_app.analysis.live import LIVE_ROWS, LiveRows
from messages_app.analysis.query import MessageQuery
from messages_app.archive.windows import TooMuch
from messages_app.filters import EXTRAS, Question, question_url, read_question
from messages_app.provider import ProviderError
from messages_app.sources import live_source

T = TypeVar("T")


class AskedRequest(HttpRequest):
    """A request that the htmx middleware has seen."""

    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to try instead: words and a link."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer, for people. `kind` is the template's state: error, refused or empty."""

    kind: str
    title: str
    text: str
    offers: tuple[Offer, ...] = ()


def asked(request: HttpRequest) -> Question | HttpResponse:
    """The question of this request, or the redirect to its own address."""
    params = request.POST if request.method == "POST" else request.GET
    question = read_question(params, clock.now())
    if question.query and (request.method == "POST" or question.outspoken):
        return redirect(question_url(request.path, question.query, extras_of(params)))
    return question


def extras_of(params: QueryDict) -> list[tuple[str, str]]:
    """The page's own parameters that are no part of the question, to keep them on the way."""
    kept = EXTRAS - {"csrfmiddlewaretoken"}
    return [(name, str(params[name])) for name in sorted(kept) if params.get(name)]


def attempt(work: Callable[[MessageQuery], T], query: MessageQuery, path: str) -> T | Trouble:
    """Do the work, or say in words why it cannot be done and what to try."""
    try:
        return work(query)
    except TooMuch as limit:
        return _too_much(limit, query, path)
    except ProviderError as error:
        return Trouble(
            "error",
            _("The provider could not be read"),
            error_words(error),
            (Offer(_("Try again"), question_url(path, query)),),
        )


def must_wait(request: HttpRequest, query: MessageQuery) -> bool:
    """Say whether the rows would take seconds, so that the frame should come first.

    `wait=1` asks for them all the same; where the provider cannot be asked at all that is told at once.
    """
    try:
        return request.GET.get("wait") != "1" and not live_source().has(query)
    except ProviderError:
        return False


def live_rows(query: MessageQuery) -> LiveRows:
    """All rows of a question from the provider. Raises what `attempt` puts in words."""
    return live_source().rows(query)


def error_words(error: ProviderError) -> str:
    """The operator's sentence in the language in force, with what the provider said of it."""
    since = _("It has been so since %s.") % _since(error) if error.since else ""
    return " ".join(part for part in (_(error.sentence), error.detail, since) if part)


def _since(error: ProviderError) -> str:
    assert error.since is not None
    return shown.clock(error.since.astimezone(clock.now().tzinfo))


def _too_much(limit: TooMuch, query: MessageQuery, path: str) -> Trouble:
    if limit.rows:
        pages = -(-limit.rows // 1000)
        found = _(
            "This question holds about %(rows)s messages, which takes %(pages)s pages of the provider."
        ) % {"rows": shown.number(limit.rows), "pages": shown.number(pages)}
    else:
        found = _("This question holds more messages than can be read at once.")
    most = _(
        "Up to %(most)s messages are read live. Choose a smaller range, or narrow the filters."
    ) % {"most": shown.number(LIVE_ROWS)}
    return Trouble(
        "refused", _("Too much to read live"), f"{found} {most}", _smaller(limit, query, path)
    )


def _smaller(limit: TooMuch, query: MessageQuery, path: str) -> tuple[Offer, ...]:
    """Ranges likely to fit: the last days of the same range, by how dense it is."""
    start, end = query.span
    share = LIVE_ROWS / limit.rows * 0.8 if limit.rows else 0.25
    days = int(query.length.total_seconds() * share // 86400)
    if days >= 1:
        smaller = query.within(
            (end - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0), end
        )
        label = _("Its last %s days") % days if days > 1 else _("Its last day")
        return (Offer(label, question_url(path, smaller)),)
    hour = query.within(max(start, end - timedelta(hours=1) + timedelta(seconds=1)), end)
    return (Offer(_("Its last hour"), question_url(path, hour)),)


def show(request: HttpRequest, page: str, context: dict[str, object]) -> HttpResponse:
    """Render a page, or its content alone for htmx: one URL, two bodies.

    A history restore gets the whole page, since the browser shows it as one.
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    partial = bool(htmx) and not htmx.history_restore_request
    return render(request, f"messages_app/{'_' if partial else ''}{page}.html", context)
