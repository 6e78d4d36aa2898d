"""`manage.py sandbox`: serve the local stand-in of the provider's API until interrupted.

Only passes options on; it must not know what the sandbox does with them.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sandbox.cli import add_options, run


class Command(BaseCommand):
    """Serve the sandbox."""

    help = "A local stand-in of the provider's API, with living traffic and faults on request."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own type

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the sandbox's own options."""
        add_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Serve until interrupted; raises CommandError for bad options."""
        try:
            run(options, self._say)
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
