"""`manage.py purge`: take numbers and texts out of messages older than RETENTION_MONTHS, now.

Workers do the same every day. Figures stay.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from messages_app import clock, upkeep
from messages_app.archive.starting import check_schema
from messages_app.management.refusals import told


class Command(BaseCommand):
    """Blank what is too old."""

    help = "Take numbers and texts out of messages older than RETENTION_MONTHS."

    def handle(self, *_: Any, **_options: Any) -> None:
        """Purge; raises CommandError where messages are kept for ever."""
        if settings.RETENTION_MONTHS is None:
            raise CommandError("RETENTION_MONTHS is not set: messages are kept for ever.")
        with told():
            check_schema()
            found = upkeep.purge(clock.real_now())
            is_clean = upkeep.clean()
        self.stdout.write(f"{found.rows} messages lost number and text.")
        if not is_clean:
            self.stdout.write("The database is in use: a worker cleans its files later.")
