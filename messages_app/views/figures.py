"""The figures of a question as tiles: name, value, formula with its numbers, link to the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messages_app.analysis import shown
from messages_app.analysis.live import LiveRows
from messages_app.analysis.metrics import Tally, tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import FAILED, INCOMING_TYPE, OUTGOING, PENDING
from messages_app.views.narrowing import rows_url


@dataclass(frozen=True, slots=True)
class Figure:
    """One tile. `definition` says what is counted, `formula` shows it with the figures put in."""

    name: str
    label: str
    value: str
    note: str
    definition: str
    formula: str
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a figure is made: from a tally, and which rows stand behind it (None: no single list)."""

    name: str
    label: str | Promise
    definition: str | Promise
    value: Callable[[Tally], str]
    formula: Callable[[Tally], str]
    rows: dict[str, Any] | None = None
    note: Callable[[Tally], str] = lambda _tally: ""
    tone: str = ""


def _of(part: int, whole: int) -> str:
    return f"{shown.number(part)} ÷ {shown.number(whole)}"


def _cost_note(found: Tally) -> str:
    money = shown.money(found.cost, settings.CREDIT_PRICE, settings.CURRENCY)
    return "; ".join(part for part in (money, _unpriced(found)) if part)


def _unpriced(found: Tally) -> str:
    if not found.unpriced:
        return ""
    return _("%(n)s of %(m)s not priced yet") % {
        "n": shown.number(found.unpriced),
        "m": shown.number(found.attempted),
    }


KINDS = (
    _Kind(
        "outgoing",
        gettext_lazy("Outgoing"),
        gettext_lazy("Messages sent by you (sms_mt), whatever became of them."),
        lambda t: shown.number(t.outgoing),
        lambda t: shown.number(t.outgoing),
        {"type": OUTGOING},
    ),
    _Kind(
        "delivery_rate",
        gettext_lazy("Delivered"),
        gettext_lazy(
            "Delivered ÷ attempted. Attempted are delivered, failed and those without a receipt; "
            "what is waiting or in moderation is not attempted yet."
        ),
        lambda t: shown.rate(t.delivery_rate),
        lambda t: f"{_of(t.delivered, t.attempted)} = {shown.rate(t.delivery_rate)}",
        {"statuses": ("delivered",)},
        lambda t: shown.number(t.delivered),
        "delivered",
    ),
    _Kind(
        "failed",
        gettext_lazy("Failed"),
        gettext_lazy("Not received + not sent + denied, as a share of the attempted."),
        lambda t: shown.rate(t.failed / t.attempted if t.attempted else None),
        lambda t: (
            f"{shown.number(t.undelivered)} + {shown.number(t.not_sent)} + {shown.number(t.denied)}"
            f" = {shown.number(t.failed)}"
        ),
        {"statuses": tuple(sorted(FAILED))},
        lambda t: shown.number(t.failed),
        "failed",
    ),
    _Kind(
        "no_receipt",
        gettext_lazy("No receipt"),
        gettext_lazy(
            "Handed to the operator, and nothing heard back: neither delivered nor failed. "
            "Receipt coverage is the share of messages that operators reported on."
        ),
        lambda t: shown.rate(t.no_receipt / t.attempted if t.attempted else None),
        lambda t: f"{_of(t.no_receipt, t.attempted)}; {_coverage(t)}",
        {"statuses": ("sent",)},
        lambda t: shown.number(t.no_receipt),
        "no-receipt",
    ),
    _Kind(
        "pending",
        gettext_lazy("Pending"),
        gettext_lazy("Waiting for their time, or in moderation: not attempted yet."),
        lambda t: shown.number(t.pending),
        lambda t: f"{shown.number(t.waiting)} + {shown.number(t.moderation)} = {shown.number(t.pending)}",
        {"statuses": tuple(sorted(PENDING))},
        tone="pending",
    ),
    _Kind(
        "cost",
        gettext_lazy("Credits"),
        gettext_lazy("Sum of the credits of all outgoing messages."),
        lambda t: shown.credits(t.cost),
        lambda t: shown.credits(t.cost),
        {"type": OUTGOING},
        _cost_note,
    ),
    _Kind(
        "wasted_cost",
        gettext_lazy("Wasted credits"),
        gettext_lazy("Credits spent on messages that failed."),
        lambda t: shown.credits(t.wasted_cost),
        lambda t: f"{shown.credits(t.wasted_cost)} / {shown.credits(t.cost)}",
        {"statuses": tuple(sorted(FAILED))},
        tone="failed",
    ),
    _Kind(
        "cost_per_delivered",
        gettext_lazy("Credits per delivered"),
        gettext_lazy("Credits of all outgoing messages ÷ delivered messages."),
        lambda t: shown.number(t.cost_per_delivered),
        lambda t: f"{shown.credits(t.cost)} ÷ {shown.number(t.delivered)}",
    ),
    _Kind(
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
        {"statuses": ("delivered",)},
    ),
    _Kind(
        "incoming",
        gettext_lazy("Incoming"),
        gettext_lazy("Messages that people sent to you: replies and opt-outs (first word STOP)."),
        lambda t: shown.number(t.incoming),
        lambda t: f"{shown.number(t.replies)} + {shown.number(t.opt_outs)} = {shown.number(t.incoming)}",
        {"type": INCOMING_TYPE},
        lambda t: _("%s opt-outs") % shown.number(t.opt_outs) if t.opt_outs else "",
        "incoming",
    ),
)  # fmt: skip

STRIP = ("outgoing", "delivery_rate", "failed", "no_receipt", "cost", "delay_p50")
"""The figures above the table."""


def _coverage(found: Tally) -> str:
    return _("receipt coverage %s") % shown.rate(found.receipt_coverage)


def figures(
    found: Tally, query: MessageQuery, names: tuple[str, ...] | None = None
) -> list[Figure]:
    """The tiles called `names`, or all of them."""
    return [_figure(kind, found, query) for kind in KINDS if names is None or kind.name in names]


def _figure(kind: _Kind, found: Tally, query: MessageQuery) -> Figure:
    return Figure(
        name=kind.name,
        label=str(kind.label),
        value=kind.value(found),
        note=kind.note(found),
        definition=str(kind.definition),
        formula=kind.formula(found),
        href="" if kind.rows is None else rows_url(query, **kind.rows),
        tone=kind.tone,
    )


def strip(answer: LiveRows) -> dict[str, Any]:
    """Template context of the strip above the table."""
    found = tally(answer.records, answer.query.now)
    return {
        "figures": figures(found, answer.query, STRIP),
        "as_of": shown.clock(answer.as_of),
        "unproven": answer.unproven,
    }
