"""The panels of the analysis page: each asks, draws and fails alone.

A panel is a line of PANELS: what it asks (`work`), and how that is drawn. `drawn` makes the template's
context of one, for the page that holds all of them and for the request that fetches it alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from messages_app.access import gate
from messages_app.analysis.comparing import images
from messages_app.analysis.facets import (
    CAMPAIGN,
    COUNTRY,
    MONTHLY,
    REASON,
    SENDER,
    SLOT,
    TOTAL,
    Facet,
    month_of,
)
from messages_app.analysis.periods import Span
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.sentence import range_words
from messages_app.analysis.series import BUCKETS, bucket_for, bucket_spans
from messages_app.answers import Answered, over_spans, over_time, parted
from messages_app.around import foreseen, usual
from messages_app.charts import countries, ranks, rhythm, statuses
from messages_app.charts.marks import Beside, Chart, Drawing
from messages_app.charts.months import Months, months
from messages_app.charts.volume import Volume, volume
from messages_app.filters import question_url
from messages_app.places import place
from messages_app.views.asking import asked, attempt
from messages_app.views.comparing import Aside, aside
from messages_app.views.narrowing import links
from messages_app.views.provenance import provenance
from messages_app.views.trouble import Trouble

Work = Callable[[MessageQuery, Aside], Answered[Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart of the page: its name in addresses, its title, and where its figures come from.

    `beside` gives the figures of the range compared with where they must lie beside those of now;
    else `work` does.
    """

    name: str
    title: str | Promise
    work: Work
    draw: Callable[[Drawing[Any]], Chart]
    is_wide: bool = False
    beside: "Callable[[Any, Pair], Answered[Any]] | None" = None


def _by(facet: Facet[Any], *, timed: bool = False) -> Work:
    return lambda query, _aside: parted(query, facet, timed=timed)


def _over_time(query: MessageQuery, asked: Aside) -> Answered[Volume]:
    found = over_time(query, asked.bucket, timed=False)
    size = bucket_for(found.query, asked.bucket)
    holes = [(gap.start, gap.end) for gap in found.gaps]
    bands = usual(found.query, found.value, size)
    return found.with_value(Volume(found.value, size, bands, holes))


def _by_month(query: MessageQuery, _aside: Aside) -> Answered[Months]:
    found = parted(query, MONTHLY, timed=False)
    return found.with_value(Months(found.value, foreseen(query)))


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, the same over the range compared with, and the comparison's name."""

    query: MessageQuery
    other: MessageQuery
    name: str


def at_images(
    spans: Sequence[Span], pair: Pair, *, timed: bool = False
) -> Answered[list[Beside | None]]:
    """What the range compared with has where each of these spans of the question lies in it.

    Raises as `answers.listed`.
    """
    found = images(spans, pair.query, pair.other, pair.name)
    inside = [span for span in found if span]
    answer = over_spans(pair.other, inside, timed=timed)
    tallies = dict(zip(inside, answer.value, strict=True))
    return answer.with_value([span and Beside(span, tallies[span]) for span in found])


def _buckets_beside(found: Volume, pair: Pair) -> Answered[Any]:
    return at_images([(bucket.start, bucket.end) for bucket in found.buckets], pair)


def _months_beside(found: Months, pair: Pair) -> Answered[Any]:
    """By month: every month that the range touches, so that the images are the whole other range."""
    spans = list(bucket_spans(pair.query.span, BUCKETS["month"], pair.query.zone))
    answer = at_images(spans, pair)
    by_month = zip((month_of(start) for start, _end in spans), answer.value, strict=True)
    return answer.with_value(dict(by_month))


PANELS = {
    panel.name: panel
    for panel in (
        Panel(
            "volume", gettext_lazy("Messages over time"), _over_time, volume, is_wide=True,
            beside=_buckets_beside,
        ),
        Panel(
            "delivery_by_country", gettext_lazy("Delivery rate by country"), _by(COUNTRY),
            countries.delivery_by_country,
        ),
        Panel(
            "cost_by_country", gettext_lazy("Cost by country"), _by(COUNTRY),
            countries.cost_by_country,
        ),
        Panel(
            "messages_by_status", gettext_lazy("Messages by status"), _by(TOTAL),
            statuses.messages_by_status,
        ),
        Panel(
            "cost_by_status", gettext_lazy("Cost by status"), _by(TOTAL), statuses.cost_by_status
        ),
        Panel("reasons", gettext_lazy("Why messages failed"), _by(REASON), ranks.reasons),
        Panel("wasted", gettext_lazy("Credits wasted by reason"), _by(REASON), ranks.wasted),
        Panel("senders", gettext_lazy("Senders"), _by(SENDER), ranks.senders),
        Panel("campaigns", gettext_lazy("Campaigns"), _by(CAMPAIGN), ranks.campaigns),
        Panel(
            "delays", gettext_lazy("Time to delivery"), _by(TOTAL, timed=True), rhythm.delays
        ),
        Panel(
            "months", gettext_lazy("Cost by month"), _by_month, months, beside=_months_beside
        ),
        Panel(
            "country_status", gettext_lazy("Country × status"), _by(COUNTRY),
            countries.country_status, is_wide=True,
        ),
        Panel("slots", gettext_lazy("Weekday and hour"), _by(SLOT), rhythm.slots, is_wide=True),
    )
}  # fmt: skip
"""In reading order."""


def panel_url(panel: Panel, query: MessageQuery, beside: Aside) -> str:
    return question_url(place("panel", query, panel.name), query, beside.params)


@dataclass(frozen=True, slots=True)
class Frame:
    """A panel that is still to come: its place, and the address that brings it."""

    panel: Panel
    href: str


def frames(query: MessageQuery, beside: Aside) -> list[Frame]:
    return [Frame(panel, panel_url(panel, query, beside)) for panel in PANELS.values()]


def drawn(panel: Panel, query: MessageQuery, beside: Aside) -> dict[str, Any]:
    """Template context of one panel: its chart, or why there is none."""
    path = place("analytics", query)
    context: dict[str, Any] = {
        "panel": panel, "href": panel_url(panel, query, beside), "range_words": range_words(query),
        "beside": beside, **_whole_list(panel, query, beside),
    }  # fmt: skip
    found = attempt(lambda asked: panel.work(asked, beside), query, path)
    if isinstance(found, Trouble):
        return context | {"trouble": found}
    then, missing = _compared(panel, found, beside)
    link = links(found.query)
    then_link = links(then.query) if then else link
    drawing = Drawing(
        found.query, found.value, link, then.value if then else None, then_link,
        lists_all=beside.all == panel.name,
    )  # fmt: skip
    source = provenance(found)
    return context | source | {"chart": panel.draw(drawing), "not_compared": missing}


def _whole_list(panel: Panel, query: MessageQuery, beside: Aside) -> dict[str, str]:
    """The addresses of the panel with its whole list: alone, and in a page without scripts."""
    asked = beside.but(all=panel.name)
    page = question_url(place("analytics", query), query, [*asked.params, ("wait", "1")])
    return {"all_href": panel_url(panel, query, asked), "all_page": f"{page}#panel_{panel.name}"}


def _compared(panel: Panel, now: Answered[Any], beside: Aside) -> tuple[Answered[Any] | None, str]:
    """The figures of the range compared with; or, in words, why they are not there."""
    other = beside.other(now.query)
    if other is None:
        return None, ""

    def work(asked: MessageQuery) -> Answered[Any]:
        if panel.beside is None:
            return panel.work(asked, beside)
        return panel.beside(now.value, Pair(now.query, asked, beside.compare))

    found = attempt(work, other, place("analytics", other))
    if isinstance(found, Trouble):
        return None, f"{_('The range to compare with cannot be shown.')} {found.text}"
    if not found.is_whole:
        return None, _("The range to compare with is not all fetched, so nothing is compared yet.")
    return found, ""


@require_safe
def panel(request: HttpRequest, name: str) -> HttpResponse:
    """One panel alone, as the page fetches it. 404 for a name that there is none of."""
    gate(request, "see_figures")
    found = PANELS.get(name)
    if found is None:
        raise Http404
    question = asked(request)
    if isinstance(question, HttpResponse):
        return question
    question, beside = aside(request, question)
    if question.query is None:
        context = {"panel": found, "refused": [*question.form.errors.values()]}
        return render(request, "messages_app/_panel.html", context, status=400)
    return render(request, "messages_app/_panel.html", drawn(found, question.query, beside))
