"""Ranked lists beyond countries: why messages failed, who sent them, in which campaigns."""

from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.facets import Parts
from messages_app.analysis.metrics import Tally, ratio
from messages_app.analysis.statuses import (
    INCOMING_TYPE,
    NONE,
    OPT_OUTS,
    REPLIES,
    status_of,
    tone_of,
)
from messages_app.charts.costs import cost_columns, credit_words
from messages_app.charts.countries import is_small, rate_words, small_note
from messages_app.charts.marks import (
    Cell,
    Chart,
    Drawing,
    Link,
    Row,
    change_of,
    change_of_rate,
    count_cell,
    credits_cell,
    rate_cell,
)
from messages_app.charts.ranked import Column, Ranking, ranked
from messages_app.sms.terms import ATTEMPTED, BULK, DELIVERED, FAILED
from messages_app.status_lines import outgoing, reason_label
from messages_app.visible import one_line

Reason = tuple[str, str]
"""Status and reason."""

NAME_LENGTH = 60

CAMPAIGNS = 25
"""Campaigns that are listed: a year may have thousands, and each row has seven links."""


def _reason_label(reason: Reason) -> str:
    state, details = reason
    return f"{tone_of(state).shape} {shown.named(status_of(state).label, reason_label(details))}"


def _reason_rows(reason: Reason) -> Row:
    state, details = reason
    return {**outgoing(state), "details": (details,)}


def _is_failed(reason: Reason, _tally: Tally) -> bool:
    return reason[0] in FAILED


def _reason_columns(parts: Parts[Reason]) -> tuple[Column[Reason], ...]:
    totals = parts.totals
    places = shown.places(tally.cost for tally in parts.by.values())
    return (
        Column(
            _("Reason"),
            lambda r, _t, link: Cell(_reason_label(r), link(**_reason_rows(r)), is_number=False),
        ),
        Column(_("Messages"), lambda r, t, link: count_cell(t.outgoing, link(**_reason_rows(r)))),
        Column(_("Share of failed"), lambda _r, t, _l: rate_cell(ratio(t.failed, totals.failed))),
        Column(
            _("Credits wasted"),
            lambda r, t, link: credits_cell(t.wasted_cost, places, link(**_reason_rows(r))),
        ),
    )


def reasons(drawing: Drawing[Parts[Reason]]) -> Chart:
    """Why messages failed, by how many."""
    totals = drawing.now.totals
    kind = Ranking(
        "reasons", _("Why messages failed"),
        _("status and reason of %s failed messages") % shown.number(totals.failed), "count",
        _reason_label, _reason_rows, _reason_columns(drawing.now), lambda t: t.failed,
        totals.failed, lambda t: t.failed, lambda t: shown.number(t.failed),
        lambda now, then: change_of(now.failed, then.failed), counts=_is_failed,
        tone=lambda reason: tone_of(reason[0]).name,
    )  # fmt: skip
    return ranked(kind, drawing)


def wasted(drawing: Drawing[Parts[Reason]]) -> Chart:
    """Why messages failed, by what they cost."""
    totals = drawing.now.totals
    kind = Ranking(
        "wasted", _("Credits wasted by reason"),
        _("%s credits were spent on messages that failed") % shown.credits(totals.wasted_cost),
        "credits", _reason_label, _reason_rows, _reason_columns(drawing.now),
        lambda t: t.wasted_cost, totals.wasted_cost, lambda t: float(t.wasted_cost), credit_words,
        lambda now, then: change_of(now.wasted_cost, then.wasted_cost),
        counts=lambda reason, t: _is_failed(reason, t) and t.wasted_cost != 0,
        tone=lambda reason: tone_of(reason[0]).name,
    )  # fmt: skip
    return ranked(kind, drawing)


def sender_label(name: str) -> str:
    """A sender on one line, as far as a list has room for it."""
    return _("No sender") if name == NONE else one_line(name)[:NAME_LENGTH]


def sender_rows(name: str, *statuses: str) -> Row:
    return {**outgoing(*statuses), "sender": name}


def _rate_column(title: str) -> Column[str]:
    return Column(title, lambda _k, t, _l: rate_cell(t.delivery_rate))


def senders(drawing: Drawing[Parts[str]]) -> Chart:
    """Delivery and cost of each sender, most traffic first."""
    parts = drawing.now
    kind = Ranking(
        "senders", _("Senders"), _("delivered ÷ attempted, most traffic first"), "percent",
        sender_label, lambda name: sender_rows(name, *ATTEMPTED),
        (
            Column(
                _("Sender"),
                lambda s, _t, link: Cell(sender_label(s), link(**sender_rows(s)), is_number=False),
            ),
            Column(
                _("Delivered"),
                lambda s, t, link: count_cell(t.delivered, link(**sender_rows(s, DELIVERED))),
            ),
            _rate_column(_("Delivery rate")),
            *cost_columns(sender_rows, parts.by.values(), parts.query),
        ),
        lambda t: t.outgoing, parts.totals.outgoing, lambda t: t.delivery_rate, rate_words,
        change_of_rate, tone=lambda _name: "delivered", is_faint=is_small, most=1,
        notes=small_note(parts.by.values()),
    )  # fmt: skip
    return ranked(kind, drawing)


def campaign_label(number: str) -> str:
    return _("Campaign %s") % number


def campaign_rows(number: str, *statuses: str) -> Row:
    return {**outgoing(*statuses), "campaign": number}


def _answers(kind: str, title: str) -> Column[str]:
    def cell(number: str, tally: Tally, link: Link) -> Cell:
        href = link(type=INCOMING_TYPE, campaign=number, kind=kind)
        return count_cell(getattr(tally, kind), href)

    return Column(title, cell)


def campaigns(drawing: Drawing[Parts[str]]) -> Chart:
    """Each campaign's delivery, cost, replies and opt-outs; single sends are told as one."""
    parts = drawing.now
    kind = Ranking(
        "campaigns", _("Campaigns"),
        _("delivered ÷ attempted; a campaign sends %s messages or more on a day") % BULK, "percent",
        campaign_label, lambda number: campaign_rows(number, *ATTEMPTED),
        (
            Column(
                _("Campaign"),
                lambda c, _t, link: Cell(campaign_label(c), link(**campaign_rows(c)), is_number=False),
            ),
            Column(
                _("Attempted"),
                lambda c, t, link: count_cell(t.attempted, link(**campaign_rows(c, *ATTEMPTED))),
            ),
            _rate_column(_("Delivery rate")),
            *cost_columns(campaign_rows, parts.by.values(), parts.query),
            _answers(REPLIES, _("Replies")),
            _answers(OPT_OUTS, _("Opt-outs")),
        ),
        lambda t: t.outgoing, parts.totals.outgoing, lambda t: t.delivery_rate, rate_words,
        change_of_rate, tone=lambda _name: "delivered", is_faint=is_small, most=1,
        listed=CAMPAIGNS, notes=_single(parts),
    )  # fmt: skip
    return ranked(kind, drawing)


def _single(parts: Parts[str]) -> tuple[str, ...]:
    """What is in no campaign."""
    others = parts.totals.outgoing - sum(tally.outgoing for tally in parts.by.values())
    if not others:
        return ()
    text = _("Single messages and small sends: %(n)s messages, %(share)s of the whole.")
    share = shown.rate(ratio(others, parts.totals.outgoing))
    return (text % {"n": shown.number(others), "share": share},)
