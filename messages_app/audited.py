"""The audit trail as it is stored: lines that triggers keep from being changed, and the chain's two ends.

What the lines mean and how they are chained is `audit`'s; the triggers are migration 0013's.
"""

from typing import ClassVar

from django.db import models

from messages_app.archive.columns import InstantColumn, KeyField


class AuditLine(models.Model):
    """Who did what, when, from where, and what was asked. Never a number: `numbers` are keyed digests.

    Names stand beside numbers of accounts and of links, with no reference to them: a line outlives
    both. `hash` is keyed, over the line and the hash of the line before.
    """

    number = KeyField(primary_key=True, help_text="Counts from 1 without a gap.")
    at = InstantColumn()
    act = models.TextField()
    user = models.BigIntegerField(null=True, help_text="The account's number.")
    name = models.TextField(help_text="The account's name at that time.")
    link = models.BigIntegerField(null=True, help_text="The share link that a visitor came by.")
    address = models.TextField(help_text="Whence the request came.")
    question = models.TextField(help_text="Query string, with digests for personal values.")
    numbers = models.TextField(help_text="Digests, with a blank before and behind each.")
    about = models.TextField()
    note = models.TextField()
    hash = models.TextField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["user", "number"], name="audit_user"),
            models.Index(fields=["act", "number"], name="audit_act"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.act}"


class AuditHead(models.Model):
    """Both ends of the chain, one row under a seal of its own, so that neither end is cut off unseen.

    `number` and `hash` are the last line's; `purged`, `purged_hash` and `purged_until` the anchor: the
    last line that a purge took. As lines count from 1, `purged` is also how many went.
    """

    number = models.BigIntegerField(default=0)
    hash = models.TextField(default="")
    purged = models.BigIntegerField(default=0)
    purged_hash = models.TextField(default="")
    purged_until = InstantColumn(null=True)
    seal = models.TextField()

    def __str__(self) -> str:
        return f"{self.purged + 1} – {self.number}"
