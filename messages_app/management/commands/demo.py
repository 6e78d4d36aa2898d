"""`manage.py demo`: everything on this machine, with two logins, until interrupted.

Puts the parts of `messages_app.demo` together; it must not know how they work.
"""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from messages_app.demo.family import ChildEnded, Family, Stopped
from messages_app.demo.logins import Login, prepare
from messages_app.demo.servers import (
    HOST,
    NotReady,
    listen,
    start_dashboard,
    start_sandbox,
    start_worker,
    wait_until_ready,
)  # fmt: skip
from messages_app.sources import SANDBOX_TOKEN

NOT_LOCAL = (
    "The demo serves this machine alone, but ALLOWED_HOSTS names others; "
    "run it with ALLOWED_HOSTS=localhost."
)


class Command(BaseCommand):
    """Run the demo."""

    help = "Sandbox (unless a token is set), dashboard and worker here, with two demo logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8000, help="wanted port; 0: any free one")
        parser.add_argument(
            "--rows", type=int, default=200_000, help="sandbox messages in 6 months"
        )
        parser.add_argument(
            "--state", type=Path, default=settings.BASE_DIR / ".state",
            help="folder that keeps the passwords of the demo logins",
        )  # fmt: skip

    def handle(self, *_: Any, **options: Any) -> None:
        """Serve until interrupted; raises CommandError with a sentence when that cannot go on."""
        if not (settings.LOCAL_ONLY and settings.ALLOWED_HOSTS):
            raise CommandError(NOT_LOCAL)
        logins = self._logins(options["state"] / "demo_logins")
        if settings.USES_MANIFEST:
            # Files collected some time ago would be served in place of those that lie here now.
            call_command("collectstatic", interactive=False, verbosity=0)
        try:
            with Family() as family:
                self._serve(family, logins, options)
        except Stopped:
            self._say("Stopped.")
        except (ChildEnded, NotReady) as reason:
            raise CommandError(f"{reason} The demo is stopped.") from None

    def _logins(self, kept: Path) -> list[Login]:
        try:
            call_command("migrate", interactive=False, verbosity=0)
            return prepare(kept)
        except DatabaseError as error:
            raise CommandError(f"The database of DATABASE_URL does not serve: {error}") from None
        except OSError as error:
            raise CommandError(f"The demo's passwords cannot be kept: {error}") from None

    def _serve(self, family: Family, logins: list[Login], options: dict[str, Any]) -> None:
        environment, shown = self._account(family, options)
        with listen(options["port"]) as listener:
            port = listener.getsockname()[1]
            start_dashboard(family, environment, listener)
        start_worker(family, environment)
        wait_until_ready(family, port)
        if options["port"] not in (0, port):
            self._say(f"Port {options['port']} is taken; this is on {port}.")
        self._announce(f"http://{HOST}:{port}/", shown, logins)
        family.wait()

    def _account(self, family: Family, options: dict[str, Any]) -> tuple[dict[str, str], str]:
        """The dashboard's environment, and the sentence which account it shows."""
        # The logins should stay in sight: of each request only troubles are told.
        environment = {"LOG_LEVEL": "warning", **os.environ}
        if settings.SMSFACTOR_API_TOKEN.reveal():
            return environment, f"the account at {settings.SMSFACTOR_API_URL}, by the token set."
        token = f"{SANDBOX_TOKEN}{options['rows']}-{secrets.token_urlsafe(32)}"
        rows = ["--rows", str(options["rows"])]
        url = start_sandbox(family, environment, token, rows)
        account = {"SMSFACTOR_API_URL": url, "SMSFACTOR_API_TOKEN": token}
        # The sandbox is ours, and has no limit to be gentle with.
        quick = {"SMSFACTOR_MAX_REQUESTS_PER_SECOND": "100", **environment}
        return quick | account, "a sandbox with invented traffic, no real account."

    def _announce(self, address: str, shown: str, logins: list[Login]) -> None:
        self._say(f"\nThe dashboard is at  {address}\nIt shows {shown}\n")
        for login in logins:
            lost = f"not known here; set one: manage.py changepassword {login.name}"
            self._say(f"  user {login.name:<8} password {login.password or lost}")
        self._say("\nStop with Ctrl-C.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
