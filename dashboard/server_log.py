"""The web server's own log: says that something happened, never what somebody asked for."""

from typing import Any

from gunicorn.glogging import Logger

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

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg in PLAIN:
            super().exception(PLAIN[msg], **kwargs)
        else:
            super().exception(msg, *args, **kwargs)

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Nothing, whatever the options say."""
