"""Reads the settings from the environment and `.env`; a wrong value stops the start with a sentence.

Knows names and shapes of settings, nothing of what they are for.
"""

import io
import os
import re
import secrets
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import environ
from babel.numbers import is_currency
from django.core.exceptions import ImproperlyConfigured

from dashboard.private_files import PrivateConnection, made_private

Network = IPv4Network | IPv6Network

MOST_PRICE = 1_000_000
PRICES = "a price such as 0.045, or several as 0.045, 2026-07-01:0.05"
EVER = "1970-01-01"
"""From when on a price without a day holds."""

LINE = re.compile(r"(?:export )?[A-Za-z_0-9]+=.*")
HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
SMTP = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
DATABASE = "sqlite:////path/to/file in a folder that exists, or postgres://user:password@host/name"


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine."""
    if host in ("localhost", ".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Env:
    """The environment over `.env`, with checked values. Every refusal names its setting; `names` are
    those that were asked for.

    Values are taken as they stand: a `$` in a key is a `$`. Raises ImproperlyConfigured, in the
    constructor where `.env` cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: set[str] = set()
        if (root / ".env").is_file():
            environ.Env.read_env(io.StringIO(_lines(root / ".env")))

    def text(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return os.environ.get(name, "").strip() or default

    def listed(self, name: str, default: str = "") -> list[str]:
        return [piece.strip() for piece in self.text(name, default).split(",") if piece.strip()]

    def hosts(self, name: str, default: str) -> list[str]:
        """Host names and addresses, without scheme and port."""
        found = self.listed(name, default)
        for host in found:
            if not HOST.fullmatch(host):
                raise _wrong(name, host, "host names without scheme and port, by commas")
        return found

    def networks(self, name: str) -> tuple[Network, ...]:
        """Addresses and networks such as 10.0.0.0/24; none may hold everybody."""
        return tuple(_network(name, text) for text in self.listed(name))

    def flag(self, name: str, *, default: bool = False) -> bool:
        text = self.text(name).lower()
        if not text:
            return default
        if text in ("1", "true", "yes", "on"):
            return True
        if text in ("0", "false", "no", "off"):
            return False
        raise _wrong(name, text, "true or false")

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise _wrong(name, text, f"a number from {least:g} to {most:g}")
        return value

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        text = self.text(name) or str(default)
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise _wrong(name, text, f"a whole number from {least} to {most}")
        return int(text)

    def months(self, name: str) -> int | None:
        """A number of months; None where there is none."""
        return self.whole(name, 0, least=1, most=1200) if self.text(name) else None

    def prices(self, name: str) -> tuple[tuple[datetime, Decimal], ...]:
        """Amounts of money, exact, each with the day from which on it holds, oldest first.

        `0.045` holds ever; `0.045, 2026-07-01:0.05` until that day's midnight, and from it on.
        """
        text = self.text(name)
        steps = [_priced(name, text, step) for step in text.split(",")] if text else []
        days = [day for day, _price in steps]
        if len(set(days)) < len(days):
            raise _wrong(name, text, "one price a day")
        return tuple(sorted(steps))

    def currency(self, name: str, default: str) -> str:
        value = self.text(name, default).upper()
        if not is_currency(value):
            raise _wrong(name, value, "a currency code such as EUR")
        return value

    def region(self, name: str, default: str) -> str:
        """The two letters of a country whose numbers can be read."""
        from phonenumbers import SUPPORTED_REGIONS

        value = self.text(name, default).upper()
        if value not in SUPPORTED_REGIONS:
            raise _wrong(name, value, "a country's two letters such as FR")
        return value

    def moment(self, name: str) -> str:
        """A day or time in ISO form, as it was written; empty where there is none."""
        value = self.text(name)
        try:
            datetime.fromisoformat(value or "2000-01-01")
        except ValueError:
            raise _wrong(name, value, "a time such as 2026-11-18T15:00:00") from None
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of `allowed`; the first is the default."""
        value = self.text(name, allowed[0]).lower()
        if value not in allowed:
            raise _wrong(name, value, " or ".join(allowed))
        return value

    def zone(self, name: str, default: str) -> str:
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            # Not found is a KeyError; a folder, and a path outside, give the other two.
            raise _wrong(name, value, "a time zone such as Europe/Paris") from None
        return value

    def secret(self, name: str) -> str:
        """What stands in an HTTP header: printable ASCII without blanks; empty where there is none."""
        value = self.text(name)
        if not re.fullmatch("[!-~]*", value):
            raise _unfit(name, "without blanks and special characters")
        return value

    def url(self, name: str, default: str) -> str:
        """The base address of an API, without a final slash."""
        wanted = "an https address (plain http only to this machine) without user, query and page"
        value = self.text(name, default).rstrip("/")
        parts = _parts(name, value, wanted)
        plain_ok = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or plain_ok):
            raise _unfit(name, wanted)
        if "@" in parts.netloc or parts.query or parts.fragment or value.endswith("/messages"):
            raise _unfit(name, wanted)
        return value

    def redis(self, name: str) -> str:
        """An address such as redis://host:6379/0; empty where there is none."""
        wanted = "an address such as redis://host:6379/0"
        value = self.text(name)
        parts = _parts(name, value, wanted)
        if value and not (parts.scheme in ("redis", "rediss") and parts.hostname):
            raise _unfit(name, wanted)
        return value

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's entry for an address of SQLite (WAL, immediate transactions) or PostgreSQL."""
        found = _parsed(environ.Env.db_url_config, self.text(name, default), name, DATABASE)
        engine = found.get("ENGINE", "")
        if engine.endswith(".sqlite3"):
            if found["NAME"] != ":memory:" and not Path(found["NAME"]).absolute().parent.is_dir():
                raise _unfit(name, DATABASE)
            # A deferred transaction that wants to write after reading fails at once when another
            # one writes, whatever the timeout; an immediate one waits for its turn.
            found["OPTIONS"] = {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                "factory": PrivateConnection,
            }
        elif engine.endswith(".postgresql") and found["NAME"]:
            found.setdefault("CONN_MAX_AGE", 60)
            found["CONN_HEALTH_CHECKS"] = True
            found["TEST"] = {"TEMPLATE": "template0", "CHARSET": "UTF8"}
        else:
            raise _unfit(name, DATABASE)
        return found

    def email(self, name: str) -> dict[str, Any]:
        """Django's mail settings for an address such as smtp+tls://user:password@host:587.

        Without one no mail is sent, nor printed where others may read it.
        """
        wanted = "an address such as smtp+tls://user:password@host:587"
        value = self.text(name)
        if not value:
            return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
        if _parts(name, value, wanted).scheme not in SMTP:
            raise _unfit(name, wanted)
        found = _parsed(environ.Env.email_url_config, value, name, wanted)
        if not found["EMAIL_HOST"]:
            raise _unfit(name, wanted)
        return {key: value for key, value in found.items() if key != "OPTIONS"}

    def mail_address(self, name: str, default: str) -> str:
        """Whom mails come from, with or without a name: `SMS traffic <sms@example.org>`."""
        value = self.text(name, default)
        address = parseaddr(value)[1]
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or not value.isprintable():
            raise _wrong(name, value, "a mail address such as sms@example.org")
        return value

    def kept_key(self, name: str, *, generate: bool) -> str:
        """A secret of the environment; on this machine alone, one made once and kept in `.state/`."""
        value = self.text(name)
        if value or not generate:
            return value
        path = self.root / ".state" / name.lower()
        path.parent.mkdir(mode=0o700, exist_ok=True)
        # False: it is there, or another process that starts beside this one was first.
        made_private(path, secrets.token_urlsafe(48))
        with suppress(PermissionError):
            path.chmod(0o600)
        return path.read_text().strip()


def _lines(path: Path) -> str:
    """The lines of `.env` that set something."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        raise ImproperlyConfigured(f"{path} cannot be read.") from None
    told = [
        (at, line) for at, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"
    ]
    for at, line in told:
        if not LINE.fullmatch(line):
            raise ImproperlyConfigured(f"Line {at} of {path} must be NAME=value, without blanks.")
    return "\n".join(line for _, line in told)


def _network(name: str, text: str) -> Network:
    try:
        found = ip_network(text)
    except ValueError:
        raise _wrong(name, text, "addresses or networks such as 10.0.0.0/24, by commas") from None
    if found.prefixlen == 0:
        raise _wrong(name, text, "the proxies' addresses, not everybody's")
    return found


def _parts(name: str, value: str, wanted: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise _unfit(name, wanted) from None
    return parts


def _parsed(
    parse: Callable[[str], dict[str, Any]], value: str, name: str, wanted: str
) -> dict[str, Any]:
    try:
        with warnings.catch_warnings(action="error"):
            return parse(value)
    except (ValueError, KeyError, UserWarning, ImproperlyConfigured):
        raise _unfit(name, wanted) from None


def _priced(name: str, text: str, step: str) -> tuple[datetime, Decimal]:
    day, _colon, price = step.strip().rpartition(":")
    try:
        start, value = datetime.strptime(day or EVER, "%Y-%m-%d"), Decimal(price)
    except (InvalidOperation, ValueError):
        raise _wrong(name, text, PRICES) from None
    if not (value.is_finite() and 0 <= value < MOST_PRICE):
        raise _wrong(name, text, PRICES)
    return start, value


def _wrong(name: str, value: str, wanted: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is “{value[:60]}”, but must be {wanted}.")


def _unfit(name: str, wanted: str) -> ImproperlyConfigured:
    """Like `_wrong` for values that may hold a password: it is not repeated."""
    return ImproperlyConfigured(f"{name} must be {wanted}.")
