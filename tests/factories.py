"""Builds message records for tests; numbers come from ranges reserved for fiction."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from messages_app.analysis.breakdowns import Analysis
from messages_app.analysis.choice import Holding
from messages_app.answers import LIVE, Answered
from messages_app.provider import MessageRecord

PLAIN = MessageRecord(
    message_id=1,
    type="sms_mt",
    date=datetime(2026, 11, 20, 12, 0, 0),
    status="DELIVERED",
    status_details="DELIVERED",
    destination="33639980001",
    sender="ACME",
    message="Bonjour",
    message_length=7,
    cost=Decimal(1),
    country="FR",
    campaign_id=7,
    client_id=1,
    client_message_id="",
    contact_list_id="",
    dlr_date=datetime(2026, 11, 20, 12, 0, 6),
    extra=(),
)


def record(**changes: Any) -> MessageRecord:
    """A delivered outgoing message, with changes; a status other than delivered loses its receipt."""
    if changes.get("status", "DELIVERED").lower() != "delivered":
        changes.setdefault("dlr_date", None)
    return replace(PLAIN, **changes)


def incoming(**changes: Any) -> MessageRecord:
    """A reply from the same handset."""
    base: dict[str, Any] = {
        "type": "sms_mo", "status": "incoming_message", "status_details": "", "country": "",
        "sender": PLAIN.destination, "destination": "36000", "cost": Decimal(0), "dlr_date": None,
    }  # fmt: skip
    return replace(PLAIN, **(base | changes))


NOTHING_HELD = Holding(share=0.0, missing=(), as_of=None, is_fresh=False, is_filling=False)


def answered(found: Analysis) -> Answered[Analysis]:
    """Figures as if all their rows had been read live."""
    query = found.found.query
    return Answered(found, query, query.now, LIVE, NOTHING_HELD)
