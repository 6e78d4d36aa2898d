"""How a line of the log is written: for people, or as JSON for machines; one line stays one line.

Whatever somebody typed, a line break in it begins no second line. A net below all care is taken too:
secrets of the settings and whatever may be a phone number are taken out by value.
"""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from django.conf import settings

from dashboard.crashes import frames
from messages_app import occasion

FIELDS = ("method", "route", "status", "ms", "user")
"""What else a line may tell, given to the logger as `extra`."""

HIDDEN = "***"
LEAST_SECRET = 8
"""A shorter one would take words out of every line."""

NUMBER = re.compile(r"(?<![\w.:-])\+?\d{9,15}(?![\w:-])")
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Line(logging.Formatter):
    """A line for people; of any exception, whoever logs it, its type and frames alone."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler's formatter may have left the exception's own words here.
        record.exc_text = None
        line, told = super().format(record), frames_of(record)
        return f"{line}\n{told}" if told else line

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = BREAKS.sub(_escaped, scrubbed(record.message))
        return super().formatMessage(record)

    def formatException(  # noqa: N802 - logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return frames(ei[1]) if ei[1] else ""


class JsonLine(Line):
    """The same as one JSON object, with the request's id or the worker's name."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, object] = {
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
            "request_id": occasion.request_id.get(),
            "run": occasion.run(),
        }
        told |= {name: getattr(record, name, None) for name in FIELDS}
        told["error"] = frames_of(record) or self._exception(record)
        return json.dumps({name: value for name, value in told.items() if value not in (None, "")})

    def _exception(self, record: logging.LogRecord) -> str:
        return self.formatException(record.exc_info) if record.exc_info else ""


def frames_of(record: logging.LogRecord) -> str:
    """Frames that were given as `extra`: a formatter of somebody else cannot add an exception's words."""
    return str(getattr(record, "frames", ""))


def scrubbed(text: str) -> str:
    """`text` without the values of secrets, and without what may be a phone number."""
    for secret in _secrets():
        if len(secret) >= LEAST_SECRET:
            text = text.replace(secret, HIDDEN)
    return NUMBER.sub(HIDDEN, text)


def _secrets() -> Iterator[str]:
    if not settings.configured:
        return  # the web server's own first lines
    yield settings.SMSFACTOR_API_TOKEN.reveal()
    yield from (settings.SECRET_KEY, settings.PRIVACY_KEY, *settings.SECRET_KEY_FALLBACKS)
    yield str(settings.DATABASES["default"].get("PASSWORD", ""))
    yield settings.EMAIL_HOST_PASSWORD or ""


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
