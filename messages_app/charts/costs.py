"""What charts of credits share: columns, words, and money where a price is set."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from messages_app.analysis import shown
from messages_app.analysis.metrics import Key, Tally
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import UNPRICED
from messages_app.charts.marks import Cell, Link, Row, count_cell, credits_cell
from messages_app.charts.ranked import Column
from messages_app.sms.terms import FAILED
from messages_app.status_lines import bearing_cost


def credit_words(tally: Tally) -> str:
    return _("%s credits") % shown.credits(tally.cost)


def money_words(money: Decimal | None) -> str:
    """Money in the account's currency; a dash where the price of a part is not known."""
    return shown.money(money, settings.CURRENCY)


def cost_columns(
    rows: Callable[..., Row], parts: Iterable[Tally], query: MessageQuery
) -> tuple[Column[Key], ...]:
    """Messages, credits, wasted credits and the price of a delivered one; `rows(key, *statuses)`
    narrows a question. Money stands beside credits where a price is set."""
    places = shown.places(cost for t in parts for cost in (t.cost, t.wasted_cost))

    def cost(key: Key, tally: Tally, link: Link) -> Cell:
        statuses = bearing_cost(tally).get("statuses", ())
        return credits_cell(tally.cost, places, link(**rows(key, *statuses)))

    def unpriced(key: Key, tally: Tally, link: Link) -> Cell:
        return count_cell(tally.unpriced, link(**rows(key) | {"kind": UNPRICED}))

    money: Column[Key] = Column(
        _("Money"), lambda _k, t, _l: Cell(money_words(t.money), value=t.money)
    )
    return (
        Column(_("Messages"), lambda k, t, link: count_cell(t.outgoing, link(**rows(k)))),
        Column(_("Credits"), cost),
        *((money,) if query.prices else ()),
        Column(
            _("Wasted"),
            lambda k, t, link: credits_cell(t.wasted_cost, places, link(**rows(k, *FAILED))),
        ),
        Column(
            _("Credits per delivered"),
            lambda _k, t, _l: Cell(shown.number(t.cost_per_delivered), value=t.cost_per_delivered),
        ),
        Column(_("Unpriced"), unpriced),
    )


def cost_sub(totals: Tally, query: MessageQuery) -> str:
    """The line under a title: the sum, its money, and what is not priced yet."""
    text = _("credits of outgoing messages; %s in all") % shown.credits(totals.cost)
    if query.prices:
        text += f" ({money_words(totals.money)})"
    if totals.unpriced:
        text += "; " + unpriced_words(totals)
    return text


def unpriced_words(totals: Tally) -> str:
    """ "12 of 340 not priced yet"."""
    return _("%(n)s of %(m)s not priced yet") % {
        "n": shown.number(totals.unpriced), "m": shown.number(totals.attempted)
    }  # fmt: skip
