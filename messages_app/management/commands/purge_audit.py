"""`manage.py purge_audit`: let go of lines of the audit trail that are older than twelve months.

Workers do it every day. An anchor stays in their place, and a line of the trail says so.
"""

from typing import Any

from django.core.management.base import BaseCommand

from messages_app import clock
from messages_app.audit_chain import purge
from messages_app.management.refusals import told


class Command(BaseCommand):
    """Purge the trail."""

    help = "Delete lines of the audit trail that are older than twelve months; workers do it daily."

    def handle(self, *_: Any, **_options: Any) -> None:
        with told():
            count = purge(clock.real_now())
        self.stdout.write(f"{count} lines purged.")
