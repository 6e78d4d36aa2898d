"""Random rows and questions for the figures: few values, so that they meet, and awkward moments."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from messages_app.analysis.conditions import OTHER
from messages_app.analysis.prices import NO_PRICES, Prices
from messages_app.analysis.query import MessageQuery
from messages_app.analysis.statuses import INCOMING_TYPE, KINDS, MT_STATUSES, NONE, OUTGOING
from messages_app.provider import MessageRecord
from messages_app.sms.terms import WITHDRAWN
from tests.archive.filling import PARIS
from tests.factories import incoming, record

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=PARIS)
ODD_COUNTRIES = ("fr", "FRA", "B,E", " BE", "=FR", "%46R", "France")
ODD_DETAILS = (
    "A, B",
    " EXPIRED",
    "EXPIRED\n",
    "a\r\nb\x1b[0m",
    "\u202eDERIPXE",
    "=EXPIRED",
    "x" * 255,
)
ODD_SENDERS = (
    "AC*",
    "*",
    "=ACME",
    " ACME",
    "ACME,",
    "0639980001",
    "+33639980001",
    "A" * 255,
    "A%2A",
)
"""What the provider does not document, and a filter would read otherwise than it stands."""

MOMENTS = (
    datetime(2026, 3, 29, 2),  # the missing hour
    datetime(2026, 10, 25, 2),  # the repeated hour
    datetime(2026, 10, 1),  # a month begins
    datetime(2026, 11, 20, 12, 0, 30),  # what is younger may still settle
    datetime(2026, 11, 22, 23),
    datetime(2026, 11, 23, 12),  # now
    datetime(2026, 11, 25, 9),  # scheduled
    datetime(2026, 12, 31, 23, 30),
)
COUNTRIES = ("FR", "BE", "RE", "")
STATUSES = (*sorted(MT_STATUSES), "LOST_AT_SEA", "Withdrawn")
DETAILS = ("DELIVERED", "EXPIRED", "", NONE)
SENDERS = ("ACME", "acme", "36000", "")
CAMPAIGNS = (None, 0, 7, 7, 7, 70, 2**63 - 1)
ONE_PRICE = Prices(((datetime(1970, 1, 1), Decimal("0.045")),))
TWO_PRICES = Prices(
    ((datetime(2026, 10, 1), Decimal("0.045")), (datetime(2026, 11, 22, 12), Decimal("0.05")))
)
COSTS = (None, Decimal(0), Decimal(1), Decimal("1.25"), Decimal("-0.000001"))


def moment(random: Random) -> datetime:
    """A second, mostly within two days of an awkward one, sometimes exactly on an hour or day."""
    wall = random.choice(MOMENTS)
    wall += timedelta(seconds=round(random.gauss(0, random.choice((1, 60, 3600, 86400)))))
    return random.choice(
        (
            wall,
            wall,
            wall.replace(minute=0, second=0),
            wall.replace(hour=0, minute=0, second=0),
            wall.replace(hour=23, minute=59, second=59),
        )
    )


def one_of(random: Random, usual: tuple[str, ...], odd: tuple[str, ...]) -> str:
    return random.choice(odd if random.random() < 0.1 else usual)


def row(random: Random, number: int) -> MessageRecord:
    date = moment(random)
    common = {
        "message_id": number, "date": date, "country": one_of(random, COUNTRIES, ODD_COUNTRIES),
        "cost": random.choice(COSTS), "status_details": one_of(random, DETAILS, ODD_DETAILS),
        "campaign_id": random.choice(CAMPAIGNS),
    }  # fmt: skip
    if random.random() < 0.2:
        text = random.choice(("STOP", "Merci", ""))
        sender = random.choice(("33639980001", "ACME"))
        return incoming(**common, message=text, sender=sender)
    delay = random.choice((None, -5, 0, 4, 5, 90, 3600, 86400))
    return record(
        **common,
        type="sms_fax" if random.random() < 0.05 else "sms_mt",
        status=random.choice((*STATUSES, "delivered", "DELIVERED", "delivered")),
        sender=one_of(random, SENDERS, ODD_SENDERS),
        dlr_date=None if delay is None else date + timedelta(seconds=delay),
    )


def rows(random: Random, count: int) -> list[MessageRecord]:
    return [row(random, number) for number in range(1, count + 1)]


def question(random: Random) -> MessageQuery:
    """Mostly one that rollups can answer; its text or number only the rows can."""
    start, end = sorted((moment(random), moment(random)))
    asked = MessageQuery(now=NOW, period="custom", date_start=start, date_end=end)
    if random.random() < 0.1:
        asked = MessageQuery(now=NOW, period=random.choice(("scheduled", "last_30_days", "today")))

    def maybe(*values: str) -> str:
        return random.choice(values) if random.random() < 0.25 else ""

    def some(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(random.sample(values, 2))) if random.random() < 0.25 else ()

    changes: dict[str, object] = {
        "type": random.choice(("", "", OUTGOING, INCOMING_TYPE)),
        "countries": some(("FR", "BE", "RE", NONE, "=fr", "=B%2CE")),
        "statuses": some((*sorted(MT_STATUSES), OTHER, WITHDRAWN)),
        "details": some(("DELIVERED", "EXPIRED", NONE, "=%20EXPIRED")),
        "sender": maybe("ACME", "acme", "AC*", "=AC*", "33639980001", NONE),
        "campaign": maybe("7", "0", "07", "x", NONE),
        "message": maybe("erci") if random.random() < 0.2 else "",
        "kind": maybe(*KINDS) if random.random() < 0.3 else "",
        "slot": maybe("mon-12", "sun-02", "fri-12") if random.random() < 0.2 else "",
        "delay": maybe("0-6", "4-58", "3577-") if random.random() < 0.2 else "",
        "prices": random.choice((NO_PRICES, ONE_PRICE, TWO_PRICES)),
    }
    # One further dimension more often than several, which no rollup holds.
    kept = random.choice(("details", "sender", "campaign", "all"))
    for name in {"details", "sender", "campaign"} - {kept} if kept != "all" else ():
        changes.pop(name)
    return asked.but(**changes)
