"""The fence around what a visitor may be told: one question, within which every other is asked.

The gate puts it up for the length of a request. Each `MessageQuery` made meanwhile bears it, whoever
makes it, and `conditions` asks for it too wherever a question becomes rows: no page can forget it.
Knows no link, no person and no row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from messages_app.analysis.query import MessageQuery

_present: ContextVar["MessageQuery | None"] = ContextVar("fence", default=None)


class Outside(PermissionDenied):
    """A question whose range lies outside the fence as a whole: there is nothing to answer."""


def present() -> "MessageQuery | None":
    """The fence of the request at hand; None where a person is logged in."""
    return _present.get()


@contextmanager
def fenced(fence: "MessageQuery") -> Iterator[None]:
    """Put the fence up. It does not reach beyond the block, also where that fails."""
    token = _present.set(fence)
    try:
        yield
    finally:
        _present.reset(token)
