"""What people make and the app keeps for them: saved views, start pages, share links, flags.

Questions stand here as their address has them, personal values sealed: a dump of the database shows none.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from messages_app.archive.columns import WallTimeColumn

LONGEST_NAME = 60
LONGEST_NOTE = 500


def keep_the_teams(collector: Any, field: Any, views: Any, using: str) -> None:
    """Where a person is deleted: the team's views stay, without an owner; the person's own go too."""
    models.SET_NULL(collector, field, views.filter(is_shared=True), using)
    models.CASCADE(collector, field, views.filter(is_shared=False), using)


class SavedView(models.Model):
    """A question with a name, one person's own or the whole team's.

    `page` is the name of the page's address, `question` its query string in canonical form: a relative
    period stands in it by its name. `place` orders the views of one shelf (a person's, or the team's).
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=keep_the_teams, related_name="+"
    )
    name = models.CharField(max_length=LONGEST_NAME)
    page = models.CharField(max_length=20)
    question = models.TextField()
    columns = models.JSONField(
        null=True, help_text="Names of the table's columns in order, if chosen."
    )
    is_shared = models.BooleanField()
    place = models.IntegerField()
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["is_shared", "place", "pk"]

    def __str__(self) -> str:
        return self.name


class StartPage(models.Model):
    """The view that a person begins with; gone with the view."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user_id}"


class ShareLink(models.Model):
    """One view for people without a login: a question, what is shown of it, and until when.

    Of the token only the hash is kept. `numbers` and `texts` are the loosest that the owner allows, by
    the names of `privacy.Mask`.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=LONGEST_NAME)
    token_hash = models.CharField(max_length=64, unique=True)
    question = models.TextField()
    shows_messages = models.BooleanField()
    shows_figures = models.BooleanField()
    numbers = models.CharField(max_length=10)
    texts = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.label


class Opening(models.Model):
    """One opening of a share link, with the hash of what its cookie holds."""

    link = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="openings")
    secret_hash = models.CharField(max_length=64, unique=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.link_id} {self.opened_at}"


class Flag(models.Model):
    """A message that somebody wants to be looked at, why, and whether that is done.

    `key` is the archive's; `type`, `message_id` and `date` find the message where the archive has not
    read it yet. The note is a person's words: it may hold personal values.
    """

    key = models.BigIntegerField()
    type = models.CharField(max_length=10)
    message_id = models.BigIntegerField()
    date = WallTimeColumn()
    note = models.CharField(max_length=LONGEST_NOTE)
    flagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    flagged_at = models.DateTimeField()
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-flagged_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["key"], name="flag_key"),
            models.Index(fields=["done_at", "flagged_at"], name="flag_done"),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.message_id}"
