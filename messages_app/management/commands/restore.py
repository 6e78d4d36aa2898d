"""`manage.py restore FILE`: bring a backup back, without what was erased since it was made.

Stop dashboards and workers first. Accounts, roles, saved views and share links are as they were then: links
that were ended since are open again. Everybody has to log in anew.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from messages_app import clock
from messages_app.backups.restoring import restore
from messages_app.management.refusals import told_backup


class Command(BaseCommand):
    """Restore a backup."""

    # A backup is made and brought back whatever else is wrong with the settings.
    requires_system_checks = ()
    help = "Bring back a backup; stop dashboards and workers first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file, and the word without which nothing that is there goes."""
        parser.add_argument("file", type=Path, help="a backup, with its manifest beside it")
        parser.add_argument(
            "--replace", action="store_true", help="let it take the place of a database in use"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Restore; raises CommandError where nothing was."""
        with told_backup():
            found = restore(options["file"], clock.real_now(), replace=options["replace"])
        for table, count in found.rows.items():
            if count:
                self.stdout.write(f"{count} {table}")
        self.stdout.write(
            f"{found.erased} numbers are erased: {found.again.rows} messages lost theirs again. "
            f"{found.old.rows} messages were too old to keep number and text."
        )
        self.stdout.write(
            "Share links that were ended since then are open again: look through them at /shares/."
        )
