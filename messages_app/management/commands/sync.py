"""`manage.py sync --from D --to D`: bring a range of the archive up to the provider's truth, now.

Reads the whole range again, whatever is there. Ends with 0 only if nothing of it is missing.
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messages_app import clock
from messages_app.archive.plan import gaps, judged
from messages_app.archive.store import spans_in
from messages_app.archive.sync import Result, Syncer, stride_for
from messages_app.archive.traits import memory, memory_start
from messages_app.archive.windows import Window
from messages_app.archive.worker import new_owner
from messages_app.audit import Act, record
from messages_app.management.progress import Progress
from messages_app.management.ranges import add_range, add_same_account, range_of
from messages_app.management.refusals import told
from messages_app.sources import Account, account

BUSY_SECONDS = 1.0
SHOWN = 10


class Command(BaseCommand):
    """Sync a range."""

    help = "Read a range from the provider into the archive; exit status 0: nothing is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        add_range(parser)
        parser.add_argument(
            "--missing", action="store_true", help="read only what the archive does not hold yet"
        )
        add_same_account(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Read; raises CommandError where something stays missing, saying what."""
        window = range_of(options)
        with told(), account(same_account=options["same_account"]) as opened:
            record(Act.SYNC_STARTED, about=_words(window), note="manage.py sync")
            self._sync(opened, window, only_missing=options["missing"])

    def _sync(self, opened: Account, window: Window, *, only_missing: bool) -> None:
        now = clock.real_now
        known = memory(opened.reader, window.end)
        edge = memory_start(known, now())
        parts = gaps(window, spans_in(window), now()) if only_missing else [window]
        bar = Progress(self.stdout, sum(one.seconds for p in parts for one in judged(p, now())))
        syncer = Syncer(
            opened.reader, opened.api_url, new_owner(), now, edge,
            at_once=opened.at_once, on_kept=bar.show,
            stride=stride_for(known.rows_a_day(window.end) if known else 0), memory=known,
        )  # fmt: skip
        rows = calls = 0
        with bar:
            while True:
                left = iter(parts)
                result = syncer.run("sync", left, whole=window)
                rows, calls = rows + result.counts.rows, calls + result.counts.calls
                # Another process holds days, and gives them back or its lease runs out; or windows were
                # read in vain, and are now asked in another way.
                parts = [*result.busy, *result.again, *left]
                if not parts or result.error:
                    break
                sleep(BUSY_SECONDS)
        self.stdout.write(f"{rows} rows in {calls} calls.")
        self._judge(window, syncer.kept_from, result)

    def _judge(self, window: Window, edge: datetime, result: Result) -> None:
        """Say what is missing, and fail where anything is."""
        if result.error:
            raise CommandError(str(result.error))
        for one in result.unproven[:SHOWN]:
            self.stderr.write(f"{_words(one.window)}: {one.reason}")
        if window.start < edge:
            self.stdout.write(
                f"Before {edge:%Y-%m-%d %H:%M:%S} the provider shows nothing any more; "
                "the archive keeps what it had."
            )
        asked = Window(max(window.start, edge), max(window.end, edge))
        missing = gaps(asked, spans_in(asked), clock.real_now()) if window.end >= edge else []
        if missing:
            self._fail(missing)

    def _fail(self, missing: Sequence[Window]) -> None:
        shown = "; ".join(_words(gap) for gap in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise CommandError(f"Missing: {shown}{more}.")


def _words(window: Window) -> str:
    return f"{window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S}"
