"""One message: its immutable facts, the turns of its life, and how the API shows it at an instant.

Knows nothing of days, questions or HTTP.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sandbox.clock import instant_of, wall_of, wall_text

WAITING, MODERATION, SENT, DENIED = "WAITING", "MODERATION", "SENT", "DENIED"
DELIVERED, UNDELIVERED, NOT_SENT = "DELIVERED", "UNDELIVERED", "NOT_SENT"
INCOMING = "incoming_message"
Key = tuple[str, int]  # type and message_id
_WITH_RECEIPT = frozenset({DELIVERED, UNDELIVERED, SENT})


class Message(NamedTuple):
    """The facts of a message; instants in UTC seconds, `date` as a wall, cost in credits/100.

    It shows from `appears` until `vanishes`; it bears the status `before` until `handed`, then
    SENT until `settles`, then its `fate` for good. `priced` is when its cost is known.
    """

    campaign_id: int | None
    client_id: int
    reference: str | None
    contact_list: int | str
    text: str
    cents: int
    country: str
    destination: str
    message_id: int
    sender: str
    date: int
    appears: int
    vanishes: int
    handed: int
    settles: int
    priced: int
    before: str
    fate: str
    details: str

    @property
    def type(self) -> str:
        """Return the type as the API writes it."""
        return "sms_mo" if self.fate == INCOMING else "sms_mt"

    @property
    def key(self) -> Key:
        """Return what tells two messages apart: ids of the two types may collide."""
        return self.type, self.message_id

    def moved(self, date: datetime) -> "Message":
        """Return the message with another date; a naive one is Paris time."""
        return self._replace(date=wall_of(instant_of(date)))

    def shows(self, now: int) -> bool:
        """Tell whether the provider shows the message at an instant."""
        return self.appears <= now < self.vanishes

    def status(self, now: int) -> str:
        """Return the status at an instant, written as the API writes it."""
        if now >= self.settles:
            return self.fate
        return SENT if now >= self.handed else self.before

    def phase(self, now: int) -> int:
        """Return a number that stays while the row does not change."""
        return (now >= self.handed) + 2 * (now >= self.settles) + 4 * (now >= self.priced)

    def row(self, now: int) -> dict[str, Any]:
        """Return the message as a row of the API at an instant, fields in the API's order."""
        status = self.status(now)
        return {
            "campaign_id": self.campaign_id,
            "client_id": self.client_id,
            "client_message_id": self.reference,
            "contact_list_id": self.contact_list,
            "message": self.text,
            "message_length": len(self.text),
            "cost": _credits(self.cents) if now >= self.priced else None,
            "country": self.country,
            "destination": self.destination,
            "message_id": self.message_id,
            "sender": self.sender,
            "date": wall_text(self.date),
            "dlr_date": self._receipt(now, status),
            "status": status,
            "status_details": self._details(now, status),
            "type": self.type,
        }

    def _receipt(self, now: int, status: str) -> str:
        # An operator without receipts leaves SENT for good, with the handover as its date: the
        # provider's own example shows such a row.
        if now < self.settles or status not in _WITH_RECEIPT:
            return ""
        return wall_text(wall_of(self.settles))

    def _details(self, now: int, status: str) -> str:
        if now >= self.settles:
            return self.details
        return SENT if status == SENT else ""


def _credits(cents: int) -> int | float:
    return cents / 100 if cents % 100 else cents // 100
