"""The web server's own log: says that something happened, never what somebody asked for."""

import sys
from typing import Any

from gunicorn.glogging import Logger

from dashboard.crashes import frames

PLAIN = {
    "Error handling request %s %s": "Error handling a request",
    "Error handling request %s": "Error handling a request",
}


class ServerLog(Logger):
    """Gunicorn's log without addresses: paths and queries may bear numbers and texts of messages."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith("Invalid request"):
            super().warning("A request was refused: it is not valid HTTP.")
        else:
            super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **_kwargs: Any) -> None:
        error = sys.exception()
        told = frames(error) if error else ""
        if msg in PLAIN:
            self.error("%s\n%s", PLAIN[msg], told)
        else:
            self.error(f"{msg}\n%s", *args, told)

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Nothing, whatever the options say."""
