"""The words of the provider's log: types, statuses as its filters write them, and their groups."""

import re
import unicodedata

MT, MO = "sms_mt", "sms_mo"
"""Outgoing (mobile terminated) and incoming (mobile originated)."""

DELIVERED, UNDELIVERED, NOT_SENT, DENIED = "delivered", "undelivered", "not_sent", "denied"
SENT, WAITING, MODERATION, INCOMING = "sent", "waiting", "moderation", "incoming_message"

WITHDRAWN = "withdrawn"
"""Our own word: waiting or in moderation when last seen, and gone from the provider since."""

FAILED = (UNDELIVERED, NOT_SENT, DENIED)
PENDING = (WAITING, MODERATION)
ATTEMPTED = (DELIVERED, *FAILED, SENT)
UNSETTLED = (SENT, *PENDING)
"""Statuses that may still change."""

BULK = 30
"""Messages that make a campaign: so many with one campaign id on one day. Fewer are single sends,
each of which the provider gives a campaign id too."""

OPT_OUT_WORD = "stop"

_FIRST_WORD = re.compile(r"[\W_]*([^\W_]+(?:[-'\u2019_]\w+)*)")
"""Whatever signs stand around it; words joined by a hyphen or an apostrophe are one."""


def is_opt_out(text: str) -> bool:
    """An incoming text whose first word is STOP, in any case; marks without a shape do not count."""
    found = _FIRST_WORD.match("".join(one for one in text if unicodedata.category(one) != "Cf"))
    return found is not None and found[1].casefold() == OPT_OUT_WORD
