"""`manage.py check_audit`: the audit trail from end to end; exit status 1 where anything was tampered with.

What it prints last is worth keeping elsewhere: with `--known` it later finds even a trail that was
exchanged as a whole for an older copy of itself.
"""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messages_app.audit_chain import Known, findings
from messages_app.audited import AuditHead
from messages_app.management.refusals import told

SHOWN = 20


class Command(BaseCommand):
    """Check the trail."""

    help = "Check the audit trail; exit status 0: no line was changed, added, moved or taken out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument(
            "--known",
            type=_known,
            metavar="NUMBER:HASH",
            help="a line as an earlier check printed it",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Check; raises CommandError where anything is wrong."""
        with told():
            found = list(findings(options["known"]))
            head = AuditHead.objects.first()
        for sentence in found[:SHOWN]:
            self.stdout.write(sentence)
        if len(found) > SHOWN:
            self.stdout.write(f"And {len(found) - SHOWN} more.")
        if found:
            raise CommandError(
                f"{len(found)} findings: the trail was tampered with, or PRIVACY_KEY is another."
            )
        assert head
        self.stdout.write(f"Lines {head.purged + 1} to {head.number} are whole.")
        if head.number > head.purged:
            self.stdout.write(f"The last one: {head.number}:{head.hash}")


def _known(text: str) -> Known:
    number, _colon, digest = text.partition(":")
    if not (number.isascii() and number.isdecimal() and digest):
        raise ArgumentTypeError("write it as NUMBER:HASH")
    return Known(int(number), digest)
