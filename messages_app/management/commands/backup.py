"""`manage.py backup [FOLDER]`: one encrypted file of the whole database, beside whatever uses it.

Its manifest and the list of erased numbers stand beside it. Keep BACKUP_KEY and PRIVACY_KEY elsewhere:
without them no backup is of any use.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from messages_app import clock
from messages_app.backups.making import back_up
from messages_app.management.refusals import told_backup


class Command(BaseCommand):
    """Back up the database."""

    # A backup is made and brought back whatever else is wrong with the settings.
    requires_system_checks = ()
    help = "Write an encrypted backup of the database into a folder (default: BACKUP_DIR)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the folder."""
        parser.add_argument("folder", nargs="?", type=Path, help="where backups are kept")

    def handle(self, *_: Any, **options: Any) -> None:
        """Make it; raises CommandError where there is none afterwards."""
        folder = options["folder"] or settings.BACKUP_DIR
        if folder is None:
            raise CommandError("Name a folder, or set BACKUP_DIR.")
        with told_backup():
            path, manifest = back_up(folder, clock.real_now())
        rows = manifest.rows["messages_app_message"]
        self.stdout.write(f"{path}: {rows} messages, {manifest.bytes} bytes.")
