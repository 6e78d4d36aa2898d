"""`manage.py rebuild_rollups`: counts the archive's rows anew, day by day.

Needed after a release that adds a kind of rollup; harmless at any time, also beside workers.
"""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messages_app.archive.columns import wall_seconds, wall_time
from messages_app.archive.rollups import rebuild_all
from messages_app.archive.starting import check_schema
from messages_app.audit import Act, record
from messages_app.management.refusals import told


class Command(BaseCommand):
    """See the module."""

    help = "Count the archive's rows by hour, day and month anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=_day, help="first day, YYYY-MM-DD")
        parser.add_argument("--to", dest="last", type=_day, help="last day, included")

    def handle(self, *_args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if first is not None and last is not None and last < first:
            raise CommandError("--to lies before --from")
        days, month = 0, ""
        with told():
            check_schema()
            record(Act.SYNC_STARTED, note="manage.py rebuild_rollups")
            for day in rebuild_all(first, last):
                days += 1
                if month != (month := f"{wall_time(day):%Y-%m}"):
                    self.stdout.write(f"{month} …")
        self.stdout.write(f"{days} days counted anew")


def _day(text: str) -> int:
    return wall_seconds(datetime.strptime(text, "%Y-%m-%d"))
