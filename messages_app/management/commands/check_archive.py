"""`manage.py check_archive --from D --to D`: the archive against the provider, row by row.

Changes nothing. Prints every difference by key, never what stands in a message; exit status 1 if
there is any.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messages_app import clock
from messages_app.archive.checking import Compared, Difference, compare
from messages_app.management.ranges import add_range, range_of
from messages_app.management.refusals import told
from messages_app.sources import account


class Command(BaseCommand):
    """Check a range."""

    help = "Compare a range of the archive with the provider; exit status 0: no difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        add_range(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        """Compare; raises CommandError where anything differs, or cannot be compared."""
        window, counts = range_of(options), Compared()
        with told(), account() as opened:
            found = compare(opened.reader, opened.api_url, window, clock.real_now(), counts)
            for difference in found:
                self.stdout.write(_words(difference))
        self.stdout.write(
            f"{counts.rows} rows in {counts.windows} windows compared; "
            f"{counts.gone} kept that the provider no longer shows, "
            f"{counts.forgotten} without number and text, which are erased or too old."
        )
        if counts.differences:
            parts = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.kinds.items()))
            raise CommandError(f"{counts.differences} differences: {parts}.")
        self.stdout.write("No difference.")


def _words(one: Difference) -> str:
    if one.kind == "unproven":
        return f"unproven {one.window.start} to {one.window.end}: {one.reason}"
    return " ".join(part for part in (one.kind, one.key, ", ".join(one.fields)) if part)
