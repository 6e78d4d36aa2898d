"""The panels of the review: each asks and fails alone, and every figure in them leads to its rows.

A panel is a line of PANELS: what it asks, and the rows of its table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from messages_app.access import gate
from messages_app.analysis import shown
from messages_app.analysis.disregarded import Disregarded
from messages_app.analysis.facets import CAMPAIGN, SENDER, Facet, Parts
from messages_app.analysis.metrics import SMALL_SAMPLE, Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words, second_words
from messages_app.analysis.worst import worst
from messages_app.answers import Answered, disregarding, parted
from messages_app.charts.countries import interval_words
from messages_app.charts.marks import Row as Wanted
from messages_app.charts.ranks import campaign_label, campaign_rows, sender_label, sender_rows
from messages_app.filters import question_url
from messages_app.places import place
from messages_app.sms.terms import ATTEMPTED, FAILED
from messages_app.views.asking import asked, attempt
from messages_app.views.narrowing import rows_url
from messages_app.views.provenance import provenance
from messages_app.views.rows import table_rows
from messages_app.views.trouble import Trouble

LISTED = 15
"""Lines of a panel."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a panel's table: words, where they lead, whether they are a number."""

    text: str
    href: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What a panel shows: how many there are in all, its heads and lines, or why there is none."""

    sub: str
    count: str
    heads: tuple[Cell, ...]
    lines: list[list[Cell]]
    nothing: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: its name in addresses, its title, what it asks, and how that is shown.

    `work` is None where only the archive could answer, and holds nothing yet.
    """

    name: str
    title: str | Promise
    work: Callable[[MessageQuery], Answered[Any] | None]
    draw: Callable[[Answered[Any]], Table]
    is_wide: bool = False


def _by(facet: Facet[str]) -> Callable[[MessageQuery], Answered[Any]]:
    return lambda query: parted(query, facet, timed=False)


def _worst(
    head: str | Promise,
    label: Callable[[str], str],
    rows: Callable[..., Wanted],
    answer: Answered[Parts[str]],
) -> Table:
    """Parts that surely deliver less than all together."""
    found = worst(answer.value)
    rate = shown.rate(answer.value.totals.delivery_rate)
    sub = _(
        "at least %(least)s attempts, and a 95 %% interval that lies wholly below the %(rate)s of all"
    ) % {"least": SMALL_SAMPLE, "rate": rate}
    heads = (
        Cell(str(head)), *(Cell(text, is_number=True) for text in (
            _("Attempted"), _("Delivery rate"), _("95 % interval"), _("Failed"), _("Still settling"),
        )),
    )  # fmt: skip
    lines = [
        _worst_line(label(key), rows, key, tally, answer.query) for key, tally in found[:LISTED]
    ]
    nothing = _("None delivers surely less than all together.")
    return Table(sub, shown.number(len(found)), heads, lines, nothing)


def _worst_line(
    label: str, rows: Callable[..., Wanted], key: str, tally: Tally, query: MessageQuery
) -> list[Cell]:
    def link(*statuses: str) -> str:
        return rows_url(query, **rows(key, *statuses))

    return [
        Cell(label, link()),
        Cell(shown.number(tally.attempted), link(*ATTEMPTED), is_number=True),
        Cell(shown.rate(tally.delivery_rate), is_number=True),
        Cell(interval_words(tally), is_number=True),
        Cell(shown.number(tally.failed), link(*FAILED) if tally.failed else "", is_number=True),
        Cell(shown.rate(tally.provisional), is_number=True),
    ]


def _after_opt_out(answer: Answered[Disregarded]) -> Table:
    """Messages to people who had said STOP."""
    found, query = answer.value, answer.query
    drawn = table_rows(
        tuple(one.record for one in found.latest), query, linked=query.mask.is_open
    )  # fmt: skip
    lines = [
        [
            Cell(row.time, row.href), Cell(row.sender), Cell(row.destination, row.conversation),
            Cell(row.status), Cell(second_words(one.opted_out)),
        ]
        for row, one in zip(drawn, found.latest, strict=True)
    ]  # fmt: skip
    # A STOP that is older has lost its number: whose it was is not known any more.
    ever = _("sent, or to be sent, to numbers from which STOP had come before, ever")
    while_kept = _(
        "sent, or to be sent, to numbers from which STOP had come before, as long as numbers are kept"
    )
    sub = while_kept if settings.RETENTION_MONTHS else ever
    if found.count > len(lines):
        sub = f"{sub}; {_('the latest %s of them') % shown.number(len(lines))}"
    heads = (
        Cell(_("Time")),
        Cell(_("From")),
        Cell(_("To")),
        Cell(_("Status")),
        Cell(_("Opted out")),
    )
    return Table(sub, shown.number(found.count), heads, lines, _("None in this period."))


PANELS = {
    panel.name: panel
    for panel in (
        Panel(
            "opted_out", gettext_lazy("Sent after an opt-out"),
            partial(disregarding, most=LISTED), _after_opt_out, is_wide=True,
        ),
        Panel(
            "campaigns", gettext_lazy("Worst campaigns"), _by(CAMPAIGN),
            partial(_worst, gettext_lazy("Campaign"), campaign_label, campaign_rows),
        ),
        Panel(
            "senders", gettext_lazy("Worst senders"), _by(SENDER),
            partial(_worst, gettext_lazy("Sender"), sender_label, sender_rows),
        ),
    )
}  # fmt: skip
"""In reading order."""


def panel_url(panel: Panel, query: MessageQuery) -> str:
    return question_url(reverse("review_panel", args=[panel.name]), query)


def frames(query: MessageQuery) -> list[dict[str, Any]]:
    """The panels that are still to come: their places, and the addresses that bring them."""
    return [{"panel": panel, "href": panel_url(panel, query)} for panel in PANELS.values()]


def drawn(panel: Panel, query: MessageQuery) -> dict[str, Any]:
    """Template context of one panel: its table, or why there is none."""
    context: dict[str, Any] = {
        "panel": panel, "href": panel_url(panel, query), "range_words": range_words(query),
    }  # fmt: skip
    found = attempt(panel.work, query, place("review", query))
    if isinstance(found, Trouble):
        return context | {"trouble": found}
    if found is None:
        return context | {
            "missing": _("Only the archive knows this, and it holds nothing of the range yet.")
        }
    return context | provenance(found) | {"table": panel.draw(found), "unproven": found.unproven}


@require_safe
def review_panel(request: HttpRequest, name: str) -> HttpResponse:
    """One panel alone, as the page fetches it. 404 for a name that there is none of."""
    gate(request, "review", "see_messages")
    found = PANELS.get(name)
    if found is None:
        raise Http404
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    if question.query is None:
        context = {"panel": found, "refused": [*question.form.errors.values()]}
        return render(request, "messages_app/_review_panel.html", context, status=400)
    return render(request, "messages_app/_review_panel.html", drawn(found, question.query))
