"""Tells the log of a crash: its type and where it happened, never what was worked on.

The text of an exception, the values of its frames and the address asked for may bear numbers and
texts of messages, or a token.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any

from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest

log = logging.getLogger("dashboard.crashes")

MOST_FRAMES = 50
"""An endless recursion has a thousand."""


def frames(error: BaseException) -> str:
    """Type and frames of an exception and of those that led to it, the first cause first."""
    return "\n".join(_lines(error))


def _lines(error: BaseException) -> Iterator[str]:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and not any(link is known for known in chain):
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for one in reversed(chain):
        yield f"{type(one).__module__}.{type(one).__qualname__}"
        for frame, line in list(traceback.walk_tb(one.__traceback__))[-MOST_FRAMES:]:
            yield f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}'


def route_of(request: HttpRequest) -> str:
    """The name of the route that was asked for: never its path or query."""
    match = request.resolver_match
    return (match.view_name or "unnamed") if match else "unknown"


@receiver(got_request_exception)
def log_crash(request: HttpRequest | None = None, **_kwargs: Any) -> None:
    """Django tells of each exception that ends in the page "something went wrong"."""
    error = sys.exception()
    where = f"{request.method} {route_of(request)}" if request else "A request"
    log.error("%s crashed", where, extra={"frames": frames(error) if error else ""})
