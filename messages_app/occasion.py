"""On which occasion something is logged: a request's id, or the name of a worker's or command's run.

Set where a request or a process begins, read where lines are written; nothing else knows of it.
"""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Each thread of the web server has its own; what a thread in the background logs has none."""

_run = ""


def run() -> str:
    """The name of this process's run, as the ledger's `owner` has it; "" in a dashboard."""
    return _run


def begin_run(name: str) -> None:
    """All that this process logs from now on is of one run, in whichever thread."""
    global _run  # noqa: PLW0603 - a process has one
    _run = name
