"""One HTTP answer into a page, or into the error it stands for.

Status first, then the body, whose own status counts as much: errors come with HTTP 200. Knows no
retries.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, quote_plus

from messages_app.provider.errors import ProviderError, error_for, scrubbed
from messages_app.provider.records import Page, PageRequest
from messages_app.provider.retry_after import http_date, retry_after
from messages_app.provider.secret import Token
from messages_app.provider.transport import Answer
from messages_app.provider.wire import Hide, Rows, parse_json, parse_xml, sentence_in

MIN_HIDDEN = 3
"""A shorter text of the request names nobody, and hiding it would shred the provider's sentence."""


class Parse(Protocol):
    """How a body is read: `wire.parse_json` or `wire.parse_xml`."""

    def __call__(self, body: bytes, charset: str | None, hide: Hide) -> Rows: ...


@dataclass(frozen=True, slots=True)
class Format:
    """What to ask for, and how to read it."""

    accept: str
    parse: Parse


FORMATS = {
    "json": Format("application/json", parse_json),
    "xml": Format("application/xml", parse_xml),
}


def page_of(
    answer: Answer, parse: Parse, sent: datetime, hold_cap: float, hide: Hide
) -> Page | ProviderError:
    """The page that an answer holds, or its error; never raises.

    `sent` (aware) is when the request went out. Only 200 can hold rows: 204 or 304 is never "no
    rows". Errors are returned bare: the frames of their tracebacks hold the body.
    """
    if answer.status != 200:
        now = http_date(answer.date) or sent
        pause = retry_after(answer.retry_after, now, hold_cap)
        return error_for(answer.status, hide(sentence_in(answer.body)), retry_after=pause)
    try:
        rows = parse(answer.body, answer.charset, hide)
    except ProviderError as error:
        return error.bare()
    return Page(
        rows.records, rows.bad_rows, rows.total_records, rows.total_display_records, sent,
        answered_at=http_date(answer.date),
    )  # fmt: skip


def hider(request: PageRequest, token: Token) -> Hide:
    """Takes out of a text what it repeats of the request or token, plain or URL-encoded."""

    def hide(text: str) -> str:
        hidden = [
            form
            for value in (request.destination, request.message)
            if len(value) >= MIN_HIDDEN
            for form in (value, quote(value, safe=""), quote_plus(value))
        ]
        return scrubbed(token.hidden_in(text), hidden)

    return hide
