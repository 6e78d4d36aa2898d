"""The provider's message log over HTTP: typed pages, or an error with a sentence for a person.

The public surface; nothing else of the package is for others. Knows no Django.
"""

from messages_app.provider.client import ProviderClient
from messages_app.provider.errors import (
    AuthenticationFault,
    BadRequest,
    ClientClosed,
    ClockFault,
    ConfigurationFault,
    CutAnswer,
    HtmlAnswer,
    NetworkFault,
    Outage,
    OutOfCredit,
    OversizedAnswer,
    PagingFault,
    ProviderDown,
    ProviderError,
    RateLimited,
    RedirectRefused,
    Refusal,
    ServerFault,
    TimedOut,
    TlsFault,
    UnderModeration,
    UnexpectedStatus,
    UnknownRefusal,
    UnreadableAnswer,
    is_outage,
    sentence_of,
)
from messages_app.provider.limiter import SharedPace, Turn
from messages_app.provider.limits import ClientLimits
from messages_app.provider.records import (
    MAX_LENGTH,
    SORTS,
    BadRow,
    MessageRecord,
    Page,
    PageRequest,
)
from messages_app.provider.rows import MAX_MESSAGE_ID, MAX_REFERENCE, storable
from messages_app.provider.secret import Token

__all__ = [
    "MAX_LENGTH",
    "MAX_MESSAGE_ID",
    "MAX_REFERENCE",
    "SORTS",
    "AuthenticationFault",
    "BadRequest",
    "BadRow",
    "ClientClosed",
    "ClientLimits",
    "ClockFault",
    "ConfigurationFault",
    "CutAnswer",
    "HtmlAnswer",
    "MessageRecord",
    "NetworkFault",
    "OutOfCredit",
    "Outage",
    "OversizedAnswer",
    "Page",
    "PageRequest",
    "PagingFault",
    "ProviderClient",
    "ProviderDown",
    "ProviderError",
    "RateLimited",
    "RedirectRefused",
    "Refusal",
    "ServerFault",
    "SharedPace",
    "TimedOut",
    "TlsFault",
    "Token",
    "Turn",
    "UnderModeration",
    "UnexpectedStatus",
    "UnknownRefusal",
    "UnreadableAnswer",
    "is_outage",
    "sentence_of",
    "storable",
]
