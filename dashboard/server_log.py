"""The web server's own log: says that something happened, never what somebody asked for."""

import os
import sys
from typing import Any

from gunicorn.glogging import Logger

from dashboard.crashes import frames
from dashboard.log_lines import JsonLine, Line

PLAIN = {
    "Error handling request %s %s": "Error handling a request",
    "Error handling request %s": "Error handling a request",
}


class ServerLog(Logger):
    """Gunicorn's log without addresses: paths and queries may bear numbers and texts of messages."""

    def setup(self, cfg: Any) -> None:
        """Lines as all others. The first process knows no settings, so that a reload reads them anew;
        in those that answer, the settings' own handler takes over.
        """
        super().setup(cfg)
        is_json = os.environ.get("LOG_FORMAT", "").strip().lower() == "json"
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLine() if is_json else Line(self.error_fmt, self.datefmt))

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith("Invalid request"):
            super().warning("A request was refused: it is not valid HTTP.")
        else:
            super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **_kwargs: Any) -> None:
        error = sys.exception()
        told = frames(error) if error else ""
        if msg in PLAIN:
            self.error(PLAIN[msg], extra={"frames": told})
        else:
            self.error(msg, *args, extra={"frames": told})

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Nothing, whatever the options say."""
