"""What stands in the tiles: each figure's name, definition, formula with its numbers, and rows.

Draws nothing and knows no page: `views.figures` makes tiles of it, `figures_json` their changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from messages_app.analysis import shown
from messages_app.analysis.changes import relative
from messages_app.analysis.metrics import Tally, ratio
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import INCOMING_TYPE, OPT_OUTS, OTHER, OURS, REPLIES
from messages_app.charts.costs import money_words, unpriced_words
from messages_app.sms.terms import DELIVERED, FAILED, PENDING, SENT, UNDELIVERED, WITHDRAWN
from messages_app.status_lines import bearing_cost, of_other_types, outgoing, unknown_names


@dataclass(frozen=True, slots=True)
class Kind:
    """How a figure is made: from a tally, and which rows stand behind it (None: no single list).

    One that does not occur has no tile: it would say nothing on most days. `measure` is what changes
    from one range to another; of a rate the points are told, of anything else the share.
    """

    name: str
    label: str | Promise
    definition: str | Promise
    value: Callable[[Tally], str]
    formula: Callable[[Tally], str]
    rows: Callable[[Tally], dict[str, Any] | None] = lambda _tally: None
    note: Callable[[Tally], str] = lambda _tally: ""
    tone: str = ""
    occurs: Callable[[Tally], bool] = lambda _tally: True
    note_in_full: Callable[[Tally], str] = lambda _tally: ""
    measure: Callable[[Tally], int | float | Decimal | None] = lambda _tally: None
    is_rate: bool = False


def _of(part: int, whole: int) -> str:
    return f"{shown.number(part)} ÷ {shown.number(whole)}"


def _failed_rate(found: Tally) -> str:
    return shown.rate(ratio(found.failed, found.attempted))


def _silent_rate(found: Tally) -> str:
    return shown.rate(ratio(found.no_receipt, found.attempted))


def _cost_note(found: Tally) -> str:
    money = money_words(found.money) if settings.CREDIT_PRICE else ""
    unpriced = found.unpriced
    short = ngettext("%s unpriced", "%s unpriced", unpriced) % shown.number(unpriced)
    return "; ".join(part for part in (money, short if unpriced else "") if part)


def _unpriced(found: Tally) -> str:
    return unpriced_words(found) if found.unpriced else ""


def _wasted_note(found: Tally) -> str:
    share = shown.rate(ratio(float(found.wasted_cost), float(found.cost)))
    money = money_words(found.wasted_money) if settings.CREDIT_PRICE else ""
    return "; ".join(part for part in (share, money) if part)


@dataclass(frozen=True, slots=True)
class Against:
    """Figures of another range to compare with, and that range."""

    tally: Tally
    query: MessageQuery


def change(kind: Kind, now: Tally, then: Tally) -> float | None:
    """How a tile moved: a rate by a difference of fractions, all else by a share of what it was.

    None where one of the two is not known, or it was nothing.
    """
    value, before = kind.measure(now), kind.measure(then)
    if value is None or before is None:
        return None
    if kind.is_rate:
        return float(value) - float(before)
    return relative(float(value), float(before))


KINDS = (
    Kind(
        "outgoing",
        gettext_lazy("Outgoing"),
        gettext_lazy("Messages sent by you (sms_mt), whatever became of them."),
        lambda t: shown.number(t.outgoing),
        lambda t: shown.number(t.outgoing),
        lambda _t: outgoing(),
        measure=lambda t: t.outgoing,
    ),
    Kind(
        "delivery_rate",
        gettext_lazy("Delivered"),
        gettext_lazy(
            "Delivered ÷ attempted. Attempted are delivered, failed and those without a receipt; "
            "what is waiting or in moderation is not attempted yet. Confirmed is delivered ÷ "
            "(delivered + failed): what is known for sure."
        ),
        lambda t: shown.rate(t.delivery_rate),
        lambda t: _("%(rate)s; confirmed: %(confirmed)s") % {
            "rate": f"{_of(t.delivered, t.attempted)} = {shown.rate(t.delivery_rate)}",
            "confirmed": f"{_of(t.delivered, t.delivered + t.failed)} = {shown.rate(t.confirmed_rate)}",
        },
        lambda _t: outgoing(DELIVERED),
        lambda t: shown.number(t.delivered),
        "delivered",
        measure=lambda t: t.delivery_rate,
        is_rate=True,
    ),
    Kind(
        "failed",
        gettext_lazy("Failed"),
        gettext_lazy("Not received + not sent + denied, as a share of the attempted."),
        _failed_rate,
        lambda t: (
            f"{shown.number(t.undelivered)} + {shown.number(t.not_sent)} + {shown.number(t.denied)}"
            f" = {shown.number(t.failed)}; {_of(t.failed, t.attempted)} = {_failed_rate(t)}"
        ),
        lambda _t: outgoing(*FAILED),
        lambda t: shown.number(t.failed),
        "failed",
        measure=lambda t: ratio(t.failed, t.attempted),
        is_rate=True,
    ),
    Kind(
        "no_receipt",
        gettext_lazy("No receipt"),
        gettext_lazy(
            "Handed to the operator, and nothing heard back: neither delivered nor failed. "
            "The share is that of the attempted."
        ),
        _silent_rate,
        lambda t: f"{_of(t.no_receipt, t.attempted)} = {_silent_rate(t)}",
        lambda _t: outgoing(SENT),
        lambda t: shown.number(t.no_receipt),
        "no-receipt",
        measure=lambda t: ratio(t.no_receipt, t.attempted),
        is_rate=True,
    ),
    Kind(
        "receipt_coverage",
        gettext_lazy("Receipt coverage"),
        gettext_lazy(
            "The share of messages that operators reported on: delivered and not received, of these "
            "and those without a receipt. Some operators never send receipts."
        ),
        lambda t: shown.rate(t.receipt_coverage),
        lambda t: (
            f"({shown.number(t.delivered)} + {shown.number(t.undelivered)}) ÷ "
            f"({shown.number(t.delivered)} + {shown.number(t.undelivered)} + "
            f"{shown.number(t.no_receipt)}) = {shown.rate(t.receipt_coverage)}"
        ),
        lambda _t: outgoing(DELIVERED, UNDELIVERED, SENT),
        lambda t: _("of %s") % shown.number(t.delivered + t.undelivered + t.no_receipt),
        measure=lambda t: t.receipt_coverage,
        is_rate=True,
    ),
    Kind(
        "pending",
        gettext_lazy("Pending"),
        gettext_lazy("Waiting for their time, or in moderation: not attempted yet."),
        lambda t: shown.number(t.pending),
        lambda t: f"{shown.number(t.waiting)} + {shown.number(t.moderation)} = {shown.number(t.pending)}",
        lambda _t: outgoing(*PENDING),
        tone="pending",
        measure=lambda t: t.pending,
    ),
    Kind(
        "withdrawn",
        gettext_lazy("Withdrawn"),
        OURS[WITHDRAWN].meaning,
        lambda t: shown.number(t.withdrawn),
        lambda t: shown.number(t.withdrawn),
        lambda _t: outgoing(WITHDRAWN),
        tone="pending",
        occurs=lambda t: t.withdrawn > 0,
    ),
    Kind(
        "other",
        gettext_lazy("Other"),
        gettext_lazy(
            "Outgoing messages with a status that the provider's documentation does not name. They "
            "enter no rate; their credits count."
        ),
        lambda t: shown.number(t.other),
        unknown_names,
        lambda _t: outgoing(OTHER),
        tone="other",
        occurs=lambda t: t.other > 0,
    ),
    Kind(
        "cost",
        gettext_lazy("Credits"),
        gettext_lazy("Sum of the credits of all outgoing messages."),
        lambda t: shown.credits(t.cost),
        lambda t: shown.credits(t.cost),
        bearing_cost,
        _cost_note,
        note_in_full=_unpriced,
        measure=lambda t: t.cost,
    ),
    Kind(
        "wasted_cost",
        gettext_lazy("Wasted credits"),
        gettext_lazy("Credits spent on messages that failed."),
        lambda t: shown.credits(t.wasted_cost),
        lambda t: (
            f"{shown.credits(t.wasted_cost)} ÷ {shown.credits(t.cost)}"
            f" = {shown.rate(ratio(float(t.wasted_cost), float(t.cost)))}"
        ),
        lambda _t: outgoing(*FAILED),
        _wasted_note,
        tone="failed",
        measure=lambda t: t.wasted_cost,
    ),
    Kind(
        "cost_per_delivered",
        gettext_lazy("Credits per delivered"),
        gettext_lazy("Credits of all outgoing messages ÷ delivered messages."),
        lambda t: shown.number(t.cost_per_delivered),
        lambda t: f"{shown.credits(t.cost)} ÷ {shown.number(t.delivered)}",
        bearing_cost,
        measure=lambda t: t.cost_per_delivered,
    ),
    Kind(
        "delay_p50",
        gettext_lazy("Time to delivery"),
        gettext_lazy(
            "Half of the delivered messages had their receipt within this time. Receipts without a "
            "usable time, among them those of the nights when clocks change, are left out."
        ),
        lambda t: shown.duration(t.delay(0.5)),
        lambda t: _("median %(p50)s, 90 %% within %(p90)s, 99 %% within %(p99)s; left out: %(out)s") % {
            "p50": shown.duration(t.delay(0.5)), "p90": shown.duration(t.delay(0.9)),
            "p99": shown.duration(t.delay(0.99)), "out": shown.number(t.delays_left_out),
        },
        lambda _t: outgoing(DELIVERED),
        lambda t: _("90 %% within %s") % shown.duration(t.delay(0.9)),
        measure=lambda t: t.delay(0.5),
    ),
    Kind(
        "replies",
        gettext_lazy("Replies"),
        gettext_lazy("Messages that people sent to you, but for opt-outs."),
        lambda t: shown.number(t.replies),
        lambda t: f"{shown.number(t.incoming)} − {shown.number(t.opt_outs)} = {shown.number(t.replies)}",
        lambda _t: {"type": INCOMING_TYPE, "kind": REPLIES},
        lambda t: _("of %s incoming") % shown.number(t.incoming),
        "incoming",
        measure=lambda t: t.replies,
    ),
    Kind(
        "opt_outs",
        gettext_lazy("Opt-outs"),
        gettext_lazy("Incoming messages whose first word is STOP, in capitals or not."),
        lambda t: shown.number(t.opt_outs),
        lambda t: f"{shown.number(t.incoming)} − {shown.number(t.replies)} = {shown.number(t.opt_outs)}",
        lambda _t: {"type": INCOMING_TYPE, "kind": OPT_OUTS},
        tone="incoming",
        measure=lambda t: t.opt_outs,
    ),
    Kind(
        "other_types",
        gettext_lazy("Other types"),
        gettext_lazy(
            "Messages that the provider calls neither outgoing (sms_mt) nor incoming (sms_mo). They "
            "enter no other figure."
        ),
        lambda t: shown.number(of_other_types(t)),
        lambda t: (
            f"{shown.number(t.rows)} − {shown.number(t.outgoing)} − {shown.number(t.incoming)}"
            f" = {shown.number(of_other_types(t))}"
        ),
        tone="other",
        occurs=lambda t: of_other_types(t) > 0,
    ),
)  # fmt: skip
