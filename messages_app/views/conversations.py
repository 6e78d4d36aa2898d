"""One number's conversation, as a phone shows it, with its own figures and its opt-out."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from messages_app.access import gate
from messages_app.addresses import NUMBER, conversation_path
from messages_app.analysis import shown
from messages_app.analysis.archived_conversations import received_from, sent_to
from messages_app.analysis.conditions import OTHER, is_prefix
from messages_app.analysis.conversations import UNSENT, Own, Place, turns
from messages_app.analysis.countries import country_name, flag
from messages_app.analysis.live_conversations import FIRST_LOOK, LONGEST_LOOK
from messages_app.analysis.numbers import region_of, shown_number
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import second_words
from messages_app.analysis.statuses import MT_STATUSES, NONE
from messages_app.answers import Answered
from messages_app.archive.bounds import SECOND
from messages_app.archive.columns import wall_seconds, wall_time
from messages_app.audit import Act, record_asked
from messages_app.conversing import Asked, Conversation, question_of
from messages_app.fields import NumberField
from messages_app.provider import ProviderError
from messages_app.sealing import BrokenSeal, is_sealed, unseal
from messages_app.sms.terms import MT
from messages_app.status_lines import outgoing
from messages_app.views.asking import attempt
from messages_app.views.figures import Figure, figures
from messages_app.views.narrowing import rows_url
from messages_app.views.provenance import Filling, filling_of, provenance
from messages_app.views.rows import message_path
from messages_app.views.trouble import Trouble, error_words
from messages_app.views.turns import Bubble, bubbles

PLACE = re.compile(r"(\d{1,11})-(\d{1,19})", re.ASCII)

SENT_FIGURES = ("outgoing", "delivery_rate", "delay_p50")
RECEIVED_FIGURES = ("replies", "opt_outs")
LEFT = tuple(sorted((MT_STATUSES | {OTHER}) - set(UNSENT)))
"""Statuses of messages that left, or are to."""

OLDER = "older"
"""How the ids of those parts of the page begin that htmx brings older messages into."""


@require_safe
def conversation(request: HttpRequest, number: str) -> HttpResponse:
    """All messages to and from a number, the latest at the end; a plain number is sealed first.

    Where the provider has to be read, a browser has the frame at once, which asks again with `wait=1`.
    """
    viewer = gate(request, "see_messages", "see_personal")
    if not is_sealed(number):
        path = conversation_path(_typed(number))
        return redirect(f"{path}?{request.GET.urlencode()}" if request.GET else path)
    one = _opened(number)
    record_asked(Act.CONVERSATION, request, "", [one])
    query = question_of(one, viewer.mask)
    is_part = _is_part(request)
    before, days = _place(request.GET.get("before", "")), _days(request.GET.get("days", ""))
    asked = Asked(query, before, days, with_own=not is_part)
    context = _frame(request, query, before)
    if _is_browser(request) and request.GET.get("wait") != "1" and not asked.is_at_hand:
        waits_for = _address(request.path, before, days if before else 0, ("wait", "1"))
        return render(request, "messages_app/conversation.html", context | {"waits_for": waits_for})
    answer = attempt(lambda _query: asked.conversation(), query, request.path)
    if isinstance(answer, Trouble):
        context["trouble"] = answer
    else:
        context |= _answer(request.path, query, answer)
        context["filling"] = _filling(answer) if "see_figures" in viewer.may else None
    page = "_stretch" if is_part else _page(request)
    return render(request, f"messages_app/{page}.html", context)


def _typed(number: str) -> str:
    """The provider's form of a number in a path. Raises Http404 for what is not one number."""
    try:
        found: str = NumberField(max_length=100).clean(number)
    except ValidationError as error:
        raise Http404(" ".join(error.messages)) from None
    return _one(found)


def _opened(number: str) -> str:
    try:
        return _one(unseal(NUMBER, number))
    except BrokenSeal:
        raise Http404(_("This link was cut off or altered, or its key is gone.")) from None


def _one(number: str) -> str:
    if is_prefix(number) or number in ("", NONE):
        raise Http404(_("A conversation is that of one whole number."))
    return number


def _place(text: str) -> Place | None:
    """The place that a link names, as seconds and key; None where it names none."""
    found = PLACE.fullmatch(text)
    if not found or int(found[2]) >= 2**63:
        return None
    try:
        return Place(wall_time(int(found[1])), int(found[2]))
    except OverflowError:
        return None


def _days(text: str) -> int:
    days = int(text) if re.fullmatch("[0-9]{1,3}", text) else FIRST_LOOK
    return min(max(days, 1), LONGEST_LOOK)


def _is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for older messages alone."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and (htmx.target or "").startswith(OLDER)


def _is_browser(request: HttpRequest) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return not htmx and request.headers.get("Sec-Fetch-Dest") == "document"


def _page(request: HttpRequest) -> str:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return "_conversation" if htmx and not htmx.history_restore_request else "conversation"


def _address(path: str, before: Place | None, days: int, *more: tuple[str, str]) -> str:
    params = [("before", f"{wall_seconds(before.date)}-{before.key}")] if before else []
    if days:
        params.append(("days", str(days)))
    return f"{path}?{urlencode([*params, *more])}" if params or more else path


def _frame(request: HttpRequest, query: MessageQuery, before: Place | None) -> dict[str, Any]:
    """What stands around the messages."""
    number = query.destination
    region = region_of(number)
    return {
        "number": shown_number(number),
        "copied_number": f"+{number}" if region else number,
        "country": f"{flag(region)} {country_name(region)}" if region else "",
        "here": request.path,
        "is_latest": before is None,
        "again_href": _address(request.path, before, 0),
        "sent_href": rows_url(sent_to(query)),
        "received_href": rows_url(received_from(query)),
    }


@dataclass(frozen=True, slots=True)
class Unheard:
    """Incoming messages that are not looked through yet: since when they are, and how to go on.

    `older` are the messages before that, of which some may be missing.
    """

    words: str
    why: str
    href: str
    label: str
    target: str


def _answer(path: str, query: MessageQuery, answer: Answered[Conversation]) -> dict[str, Any]:
    found = answer.value
    told = bubbles(turns(found.stretch, found.opted_out), answer.query)
    unheard = _unheard(path, found)
    older, newer = _divided(told, found) if unheard else ([], told)
    opted_out = found.opted_out if found.own is None else found.own.opted_out
    return provenance(answer) | {
        "older": older,
        "newer": newer,
        "is_empty": not told and unheard is None and found.stretch.before is None,
        "unheard": unheard,
        "heard": "" if unheard else _heard(found),
        "earlier_href": _address(path, found.stretch.before, 0),
        "earlier_target": f"{OLDER}-{_mark(found.stretch.before)}",
        "has_earlier": found.stretch.before is not None,
        "unproven": answer.unproven,
        "figures": _figures(found, query) if found.own and told else [],
        "is_uncounted": found.own is None,
        "opted_out": second_words(opted_out) if opted_out else "",
        "disregarding": _disregarding(found, query),
    }


def _mark(place: Place | None) -> str:
    return f"{wall_seconds(place.date)}-{place.key}" if place else "start"


def _filling(answer: Answered[Conversation]) -> Filling | None:
    """How far the archive is with what it lacks; None where it lacks nothing, or nobody fills it."""
    held = answer.held
    return None if held.is_whole or not held.is_filling else filling_of(answer.query, held)


def _unheard(path: str, found: Conversation) -> Unheard | None:
    """The mark up to which incoming messages are known, where it lies within the stretch."""
    looked, first = found.looked, found.stretch.rows[:1]
    if looked is None or looked.since is None:
        return None
    if found.stretch.before and first and looked.since <= first[0].date:
        return None
    place = Place(looked.since, 0)
    return Unheard(
        words=_heard(found),
        why=_why(found),
        href=_address(path, place, looked.following),
        label=ngettext("Look through %s more day", "Look through %s more days", looked.following)
        % shown.number(looked.following),
        target=f"{OLDER}-{_mark(place)}",
    )


def _heard(found: Conversation) -> str:
    """How far incoming messages were looked through; "" where all of them are known."""
    if found.looked is None or found.looked.since is None:
        return ""
    words = _("Incoming messages are looked through back to %s; older ones may be missing.")
    return words % second_words(found.looked.since)


def _why(found: Conversation) -> str:
    if found.failure is None:
        return ""
    if isinstance(found.failure, ProviderError):
        return error_words(found.failure)
    return _("There are too many incoming messages to be read through live.")


def _divided(told: list[Bubble], found: Conversation) -> tuple[list[Bubble], list[Bubble]]:
    """The messages before and after the mark."""
    assert found.looked
    assert found.looked.since
    mark = f"{found.looked.since:%Y-%m-%d %H:%M:%S}"
    return [b for b in told if b.iso < mark], [b for b in told if b.iso >= mark]


def _figures(found: Conversation, query: MessageQuery) -> list[Figure]:
    """The number's own figures, each with the list of its rows."""
    own, counted = found.own, found.counted
    assert own
    assert counted
    sent = figures(own.found, sent_to(counted), SENT_FIGURES)
    received = figures(own.found, received_from(counted), RECEIVED_FIGURES)
    heard = received if own.is_heard else [_not_heard()]
    return [*sent, _last_delivered(own, query), *heard]


def _not_heard() -> Figure:
    definition = _(
        "The provider cannot be asked for the incoming messages of one number. They are counted once "
        "all of them are looked through, or the archive holds them."
    )
    note = _("not all looked through")
    return Figure("incoming", _("Incoming"), shown.NOTHING, note, definition, shown.NOTHING)


def _last_delivered(own: Own, query: MessageQuery) -> Figure:
    record = own.last_delivered
    definition = _("The latest message of which the operator confirmed that the phone received it.")
    label = _("Last delivered")
    if record is None:
        return Figure("last_delivered", label, shown.NOTHING, "", definition, shown.NOTHING)
    now = query.now.replace(tzinfo=None)
    return Figure(
        name="last_delivered",
        label=label,
        value=shown.day_and_clock(record.date, now),
        note=shown.ago(record.date, now),
        definition=definition,
        formula=second_words(record.date),
        href=message_path(record, reverse("message", args=[MT, 0])[:-2]),
        tone="delivered",
    )


def _disregarding(found: Conversation, query: MessageQuery) -> dict[str, str]:
    """What was sent after the opt-out: how many, in words, and their list; nothing where none was."""
    own, counted = found.own, found.counted
    if not own or not counted or not own.opted_out or not own.disregarding:
        return {}
    count = own.disregarding
    words = ngettext("%s message was sent after it.", "%s messages were sent after it.", count)
    after = sent_to(counted).within(own.opted_out + SECOND, query.span[1])
    return {
        "words": words % shown.number(count),
        "href": rows_url(after, **outgoing(*LEFT)),
    }
