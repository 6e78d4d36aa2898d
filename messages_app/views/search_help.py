"""What can be searched, as the search page tells it: each operator with an example."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messages_app.analysis.operators import DAY, ID, operator_of


@dataclass(frozen=True, slots=True)
class Help:
    """One line of the page: what to type, and what it finds."""

    example: str
    meaning: str | Promise


_WORDS: tuple[tuple[str | Promise, str | Promise], ...] = (
    ("06 39 98 12 34", _("Messages to this number, in any form that people write it.")),
    ("+33 6 39*", _("Messages to numbers that begin so.")),
    ("12345678", _("A number, a message, a campaign or a reference: whatever is known by it.")),
    ("ORDER-2041", _("The message with your reference, or else this word in the texts.")),
    (_("parcel arrives"), _("Messages whose text holds these words, in this order.")),
    (_("“exact words”"), _("The same, also for what looks like a number or an operator.")),
)
# What to type without an operator.

_OPERATORS: tuple[tuple[str, str, str | Promise], ...] = (
    ("destination", "0639981234", _("Messages to a number, a short code or a name.")),
    ("sender", "ACME", _("Messages from a number, a short code or a name.")),
    ("status", "delivered", _("One status or several with commas, by their names on the screen.")),
    ("country", "FR,BE", _("Countries by their two letters or their names.")),
    ("date_start", "2026-11-01", _("From this day or second on, which is included.")),
    ("date_end", "2026-11-30", _("Up to this day or second, which is included.")),
    (DAY, "2026-11-20", _("This day alone.")),
    ("period", "yesterday", _("A period by its name on the screen.")),
    ("campaign", "1234", _("Messages of a campaign.")),
    ("reference", "ORDER-2041", _("Messages with your reference.")),
    (ID, "12345678", _("The message with this number.")),
    ("type", "incoming", _("One direction: outgoing or incoming.")),
    ("client", "12", _("Messages of an account.")),
    ("details", "EXPIRED", _("Messages with this reason, as the provider wrote it.")),
)
# Field, an example of a value, what it finds.


def search_help() -> dict[str, list[Help]]:
    """The lines of the page, operators by their words in the language in force."""
    return {
        "words": [Help(str(example), meaning) for example, meaning in _WORDS],
        "operators": [
            Help(f"{operator_of(field).word}:{example}", meaning)
            for field, example, meaning in _OPERATORS
        ],
    }
