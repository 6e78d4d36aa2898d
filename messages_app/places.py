"""Where a page stands for whoever asks: visitors of a share link have addresses of their own."""

from django.urls import reverse

from messages_app.analysis.query import MessageQuery

SHARED = "shared_"
"""How the names of visitors' addresses begin, each beside the page's own."""


def place(name: str, query: MessageQuery, *args: object) -> str:
    """The path of the page called `name` for the asker of `query`."""
    return reverse(name if query.fence is None else f"{SHARED}{name}", args=args)
