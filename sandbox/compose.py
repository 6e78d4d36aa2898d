"""Builds messages for a composed sandbox: single ones, campaigns on one second, scattered traffic.

Naive dates are Paris time, their `fold` tells the passes of the repeated hour; numbers belong to
nobody. Any field of `Message` can be given by name; a wrong name raises ValueError.
"""

from datetime import UTC, datetime
from random import Random
from typing import Any

from sandbox.clock import DAY, NEVER, instant_of, wall_of
from sandbox.countries import DRAWN, FRANCE, NEIGHBOURS
from sandbox.fate import Fates
from sandbox.message import DELIVERED, INCOMING, UNDELIVERED, WAITING, Message

_LEAVING = 200  # messages of a campaign that leave in one second
_FAILING = 17  # of a campaign, each so many-th


def outgoing(message_id: int, date: datetime, **facts: Any) -> Message:
    """A message that shows from its date, leaves after a second and is delivered after seven.

    With `appears` before its date it waits; `handed=NEVER` keeps it waiting.
    """
    at = instant_of(date)
    plain = Message(
        campaign_id=message_id, client_id=1, reference="", contact_list="", text="Bonjour",
        cents=100, country="FR", destination=FRANCE.number(message_id), message_id=message_id,
        sender="ACME", date=wall_of(at), appears=at, vanishes=NEVER, handed=at + 1,
        settles=at + 7, priced=0, before=WAITING, fate=DELIVERED, details=DELIVERED,
    )  # fmt: skip
    return plain._replace(**facts)


def incoming(message_id: int, date: datetime, **facts: Any) -> Message:
    """A reply that shows from its date, with the handset as its sender."""
    reply: dict[str, Any] = {
        "text": "STOP", "cents": 0, "country": "", "destination": "36000", "handed": 0,
        "sender": FRANCE.number(message_id), "settles": 0, "fate": INCOMING, "before": INCOMING,
        "details": "",
    }  # fmt: skip
    return outgoing(message_id, date, **(reply | facts))


def campaign(first_id: int, date: datetime, size: int, **facts: Any) -> list[Message]:
    """As many messages on one second, numbered from `first_id`, to different numbers.

    Up to 60,000; one in 17 is not delivered. They show from the date unless `appears` says else.
    """
    at = instant_of(date)
    people = [(FRANCE, one) for one in range(min(size, FRANCE.size))]
    abroad = range(size - len(people))
    people += [(NEIGHBOURS[one % len(NEIGHBOURS)], one // len(NEIGHBOURS)) for one in abroad]
    plain, found = outgoing(first_id, date), []
    for rank, (country, customer) in enumerate(people):
        leaves = at + 1 + rank // _LEAVING
        fate = DELIVERED if (rank + 1) % _FAILING else UNDELIVERED
        own: dict[str, Any] = {
            "message_id": first_id + rank, "country": country.code, "fate": fate, "details": fate,
            "destination": country.number(customer), "handed": leaves,
            "settles": leaves + 3 + rank % 60, "text": "Soldes",
        }  # fmt: skip
        found.append(plain._replace(**(own | facts)))
    return found


def scattered(
    first_id: int, start: datetime, end: datetime, count: int, seed: int = 1
) -> list[Message]:
    """Random messages between two moments, `end` excluded; one in five a reply.

    Replies are numbered from `first_id` too, so ids of the two types collide.
    """
    rng = Random(f"{seed}/scattered")
    low, high = instant_of(start), instant_of(end)
    fates = Fates(seed, wall_of(low) // DAY, rng)
    found: list[Message] = []
    for rank in range(count):
        at = rng.randrange(low, high)
        date, customer = datetime.fromtimestamp(at, UTC), rng.randrange(10_000)
        if rank % 5 == 4:
            handset = FRANCE.number(customer)
            found.append(incoming(first_id + rank // 5, date, sender=handset))
            continue
        country = DRAWN[rng.randrange(len(DRAWN))]
        fate = fates.draw(country, customer, at)
        own: dict[str, Any] = {
            "country": country.code, "destination": country.number(customer),
            "cents": country.cents if fate.paid else 0, "handed": fate.handed,
            "settles": fate.settles, "priced": fate.priced, "before": fate.before,
            "fate": fate.end, "details": fate.details, "text": f"Commande {rng.randrange(99_999)}",
        }  # fmt: skip
        found.append(outgoing(first_id + rank - rank // 5, date, **own))
    return found
