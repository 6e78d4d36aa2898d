"""`manage.py forget`: erase a number everywhere, for good. Asks for it, or reads one line.

Never from the command line: others on the machine read that.
"""

import sys
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messages_app import clock, erasing, upkeep
from messages_app.archive.starting import check_schema
from messages_app.management.refusals import told


class Command(BaseCommand):
    """Erase one number."""

    help = "Erase a number everywhere: messages, views, links, files. Type it, or pipe it in."

    def handle(self, *_: Any, **_options: Any) -> None:
        """Erase; raises CommandError where nothing could be."""
        number = erasing.number_of(_typed())
        if not number:
            raise CommandError("That is no phone number.")
        with told():
            check_schema()
            found = erasing.forget(number, clock.real_now())
            is_clean = upkeep.clean()
        for name, count in found.items():
            self.stdout.write(f"{count} {name}")
        self.stdout.write("Erased; figures and the audit trail stay.")
        if not is_clean:
            self.stdout.write("The database is in use: a worker cleans its files later.")


def _typed() -> str:
    # Not shown on the screen: it would stay in the terminal's history.
    return getpass("Number: ") if sys.stdin.isatty() else sys.stdin.readline()
