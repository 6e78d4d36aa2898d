"""What the archive keeps about its own work: ranges that are to be read again, and times of calls."""

from typing import ClassVar

from django.db import models

from messages_app.archive.columns import InstantColumn, WallTimeColumn


class Reread(models.Model):
    """A range that somebody wants to be read again, whatever is held of it, and how far that is.

    It is done where every second of it was read after `asked_at`; `outcome` is done, stopped, or
    partial where the rest cannot be read.
    """

    start = WallTimeColumn()
    end = WallTimeColumn()
    asked_at = InstantColumn()
    asked_by = models.TextField()
    ended_at = InstantColumn(null=True)
    outcome = models.TextField(default="")
    calls = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ended_at"], name="reread_ended")]

    def __str__(self) -> str:
        return f"{self.start} – {self.end} {self.outcome}"


class CallTime(models.Model):
    """How many of an hour's calls the provider answered within one of `timing.EDGES`, and how long
    they took together, in microseconds."""

    pk = models.CompositePrimaryKey("hour", "bin")
    hour = InstantColumn()
    bin = models.SmallIntegerField()
    calls = models.BigIntegerField()
    took = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.hour} {self.bin} {self.calls}"
