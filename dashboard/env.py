"""Reads the settings from the environment and `.env`; a wrong value stops the start with a sentence.

Knows names and shapes of settings, nothing of what they are for.
"""

import os
import secrets
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from babel.numbers import is_currency
from django.core.exceptions import ImproperlyConfigured


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine."""
    if host in ("localhost", ".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Env:
    """The environment over `.env`, with checked values. Every refusal names its setting."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._env = environ.Env()
        if (root / ".env").is_file():
            environ.Env.read_env(root / ".env")

    def text(self, name: str, default: str = "") -> str:
        value: str = self._env.str(name, default=default)
        return value.strip()

    def listed(self, name: str, default: str = "") -> list[str]:
        return [piece.strip() for piece in self.text(name, default).split(",") if piece.strip()]

    def flag(self, name: str, *, default: bool = False) -> bool:
        text = self.text(name).lower()
        if not text:
            return default
        if text in ("1", "true", "yes", "on"):
            return True
        if text in ("0", "false", "no", "off"):
            return False
        raise _wrong(name, text, "true or false")

    def number(self, name: str, default: float, *, least: float) -> float:
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            raise _wrong(name, text, "a number") from None
        if not least <= value < float("inf"):
            raise _wrong(name, text, f"a number of at least {least:g}")
        return value

    def whole(self, name: str, default: int, *, least: int) -> int:
        value = self.number(name, default, least=least)
        if value != int(value):
            raise _wrong(name, self.text(name), "a whole number")
        return int(value)

    def price(self, name: str) -> Decimal | None:
        """An amount of money, exact; None where there is none."""
        text = self.text(name)
        try:
            value = Decimal(text) if text else None
        except InvalidOperation:
            raise _wrong(name, text, "a price such as 0.045") from None
        if value is not None and not (value.is_finite() and value >= 0):
            raise _wrong(name, text, "a price such as 0.045")
        return value

    def currency(self, name: str, default: str) -> str:
        value = self.text(name, default).upper()
        if not is_currency(value):
            raise _wrong(name, value, "a currency code such as EUR")
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

    def url(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        plain_ok = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or plain_ok):
            raise _wrong(name, value, "an https address (plain http only to this machine)")
        return value

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's entry for an address of SQLite (WAL, immediate transactions) or PostgreSQL."""
        found: dict[str, Any] = environ.Env.db_url_config(self.text(name, default))
        if "sqlite" in found["ENGINE"]:
            # A deferred transaction that wants to write after reading fails at once when another
            # one writes, whatever the timeout; an immediate one waits for its turn.
            found["OPTIONS"] = {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            }
        elif "postgresql" in found["ENGINE"]:
            found.setdefault("CONN_MAX_AGE", 60)
            found["CONN_HEALTH_CHECKS"] = True
            found["TEST"] = {"TEMPLATE": "template0", "CHARSET": "UTF8"}
        else:
            raise _wrong(name, found["ENGINE"], "an address of SQLite or PostgreSQL")
        return found

    def email(self, name: str, default: str) -> dict[str, Any]:
        """Django's mail settings for an address such as smtp+tls://user:password@host:587."""
        found: dict[str, Any] = environ.Env.email_url_config(self.text(name) or default)
        return {key: value for key, value in found.items() if key != "OPTIONS"}

    def kept_key(self, name: str, *, generate: bool) -> str:
        """A secret of the environment; on this machine alone, one made once and kept in `.state/`."""
        value = self.text(name)
        if value or not generate:
            return value
        path = self.root / ".state" / name.lower()
        if not path.is_file():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()


def _write_once(path: Path, value: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return  # another process that starts beside this one was first
    with os.fdopen(handle, "w") as file:
        file.write(value)


def _wrong(name: str, value: str, wanted: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is “{value}”, but must be {wanted}.")
