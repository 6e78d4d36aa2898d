"""What can go wrong with the provider, as one tree; a sentence for the operator with each.

    ProviderError
    ├── ConfigurationFault       configuration      base URL or token cannot be used
    ├── ClientClosed             closed             the client was closed while waiting
    ├── Outage                                      nothing useful came back
    │   ├── NetworkFault         network          ↻ name, refused, unreachable, reset
    │   ├── TimedOut             deadline         ↻ connect, read or whole deadline
    │   ├── TlsFault             tls                certificate or protocol
    │   ├── ServerFault          server           ↻ 408, 5xx, -99
    │   ├── UnreadableAnswer     unreadable       ↻ not what was asked for, or damaged
    │   │   ├── CutAnswer        cut              ↻ ended before its announced end
    │   │   └── HtmlAnswer       html             ↻ a web page in place of data
    │   ├── OversizedAnswer      oversized          beyond the size limit
    │   ├── RedirectRefused      redirect           3xx with a target
    │   ├── UnexpectedStatus     unexpected_status  204, 206, 304, 999 …: never "no rows"
    │   └── ProviderDown         down               not asked: too many failures, `since` when
    ├── Refusal                                     the provider is up, and said no
    │   ├── AuthenticationFault  authentication     401, 403, -1
    │   ├── RateLimited          rate_limited     ↻ 429; `retry_after`
    │   ├── BadRequest           bad_request        400, 404, 405, 422, -2, -4, -5, -6, -7
    │   ├── OutOfCredit          credit             -3
    │   ├── UnderModeration      moderation         -8
    │   └── UnknownRefusal       refused            {"error": …}, a status that we do not know
    ├── PagingFault              paging             pages repeat: `start` is not obeyed
    └── ClockFault               clock              its clock and ours tell different times

↻ is tried again. No error holds a body, a token, a number or a text of the request, nor another
exception that does. Knows no Django: sentences are marked here, and translated by who shows them.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

MAX_DETAIL = 200


def gettext_noop(text: str) -> str:
    """Mark a sentence for extraction (`makemessages` knows the name) without Django."""
    return text


class ProviderError(Exception):
    """The root. `kind` is a stable slug, `sentence` a translatable text fit for a person.

    `detail` is a short sentence of the provider or of ours, scrubbed. `since` (aware, UTC) is when
    the failures began, where the provider is failing. `retry_after` is in seconds. `code` is the
    HTTP status or the negative status of the answer's body.
    """

    kind: ClassVar[str] = "provider"
    retryable: ClassVar[bool] = False
    sentence: ClassVar[str] = gettext_noop("The provider's answer could not be used.")

    def __init__(
        self, detail: str = "", *, code: int | None = None, retry_after: float | None = None
    ) -> None:
        self.detail = scrubbed(detail)
        self.code = code
        self.retry_after = retry_after
        self.since: datetime | None = None
        super().__init__(self.kind)

    def __str__(self) -> str:
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kind={self.kind!r}, code={self.code!r})"

    def bare(self) -> "ProviderError":
        """Itself without traceback and context, whose frames may hold a body or a header."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class ConfigurationFault(ProviderError):
    kind = "configuration"
    sentence = gettext_noop("The connection to the provider is not configured correctly.")


class ClientClosed(ProviderError):
    kind = "closed"
    sentence = gettext_noop("The connection to the provider was closed.")


class Outage(ProviderError):
    """Nothing useful came back. Several in a row open the breaker."""


class NetworkFault(Outage):
    kind = "network"
    retryable = True
    sentence = gettext_noop("The provider cannot be reached.")


class TimedOut(Outage):
    kind = "deadline"
    retryable = True
    sentence = gettext_noop("The provider did not answer in time.")


class TlsFault(Outage):
    kind = "tls"
    sentence = gettext_noop(
        "The provider's identity could not be verified, so nothing was sent to it."
    )


class ServerFault(Outage):
    kind = "server"
    retryable = True
    sentence = gettext_noop("The provider has a fault of its own.")


class UnreadableAnswer(Outage):
    kind = "unreadable"
    retryable = True
    sentence = gettext_noop("The provider's answer could not be read.")


class CutAnswer(UnreadableAnswer):
    kind = "cut"
    sentence = gettext_noop("The provider's answer ended too early.")


class HtmlAnswer(UnreadableAnswer):
    kind = "html"
    sentence = gettext_noop("The provider answered with a web page in place of data.")


class OversizedAnswer(Outage):
    kind = "oversized"
    sentence = gettext_noop("The provider's answer is too large.")


class RedirectRefused(Outage):
    kind = "redirect"
    sentence = gettext_noop("The provider points to another address, which is not followed.")


class UnexpectedStatus(Outage):
    kind = "unexpected_status"
    sentence = gettext_noop("The provider answered with an unexpected status.")


class ProviderDown(Outage):
    kind = "down"
    sentence = gettext_noop("The provider is failing; it is asked again once a minute.")


class Refusal(ProviderError):
    """The provider is up and understood, and said no."""


class AuthenticationFault(Refusal):
    kind = "authentication"
    sentence = gettext_noop("The provider does not accept the API token.")


class RateLimited(Refusal):
    kind = "rate_limited"
    retryable = True
    sentence = gettext_noop("The provider asks us to slow down.")


class BadRequest(Refusal):
    kind = "bad_request"
    sentence = gettext_noop("The provider did not accept the question.")


class OutOfCredit(Refusal):
    kind = "credit"
    sentence = gettext_noop("The provider account has not enough credits.")


class UnderModeration(Refusal):
    kind = "moderation"
    sentence = gettext_noop("The provider holds this for moderation.")


class UnknownRefusal(Refusal):
    kind = "refused"
    sentence = gettext_noop("The provider refused, for a reason that is not documented.")


class PagingFault(ProviderError):
    kind = "paging"
    sentence = gettext_noop("The provider repeats its pages, so the list cannot be completed.")


class ClockFault(ProviderError):
    kind = "clock"
    sentence = gettext_noop(
        "This machine's clock and the provider's differ by more than a minute; nothing is kept "
        "until they agree."
    )


def sentence_of(kind: str) -> str:
    """The sentence of a kind of error; "" for what is none of them."""
    known = _by_kind(ProviderError)
    return known[kind].sentence if kind in known else ""


def is_outage(kind: str) -> bool:
    """Whether it is a kind of nothing useful that came back: in one outage they take turns."""
    return kind in _by_kind(Outage)


def _by_kind(root: type[ProviderError]) -> dict[str, type[ProviderError]]:
    """A class of errors and all below it, by kind."""
    found, left = {}, [root]
    while left:
        one = left.pop()
        found[one.kind] = one
        left += one.__subclasses__()
    return found


_LONG_NUMBER = re.compile(
    r"(?P<date>(?:19|20)\d\d-[01]\d-[0-3]\d)(?!\d)|\+?\d(?:[ ().-]{0,2}\d){5,}"
)
"""Six digits or more, with or without separators: maybe a phone number. Dates are left."""


def scrubbed(text: str, hidden: Iterable[str] = ()) -> str:
    """One printable line of at most 200 characters, without `hidden` texts and long numbers."""
    for value in hidden:
        text = re.sub(re.escape(value), "…", text, flags=re.IGNORECASE)
    text = _LONG_NUMBER.sub(lambda hit: hit["date"] or "…", text[: 10 * MAX_DETAIL])
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 1] + "…"


_OF_STATUS: dict[int, type[ProviderError]] = {
    **dict.fromkeys((-1, 401, 403), AuthenticationFault),
    **dict.fromkeys((-2, -4, -5, -6, -7, 400, 404, 405, 422), BadRequest),
    -3: OutOfCredit,
    -8: UnderModeration,
    **dict.fromkeys((-99, 408), ServerFault),
    429: RateLimited,
}


def error_for(code: int, detail: str = "", *, retry_after: float | None = None) -> ProviderError:
    """The error of a failed answer: an HTTP status (100-999) or a body's own status (negative, 0…).

    The one place that maps statuses; what is in no table fails closed. `detail` is the provider's
    sentence (`details` says more than `message`).
    """
    if code in _OF_STATUS:
        kind = _OF_STATUS[code]
    elif 500 <= code <= 599:
        kind = ServerFault
    elif 300 <= code <= 399 and code != 304:
        kind = RedirectRefused
    else:
        kind = UnexpectedStatus if code >= 100 else UnknownRefusal
    return kind(detail, code=code, retry_after=retry_after)
