"""What people make and the app keeps for them: saved views, and which one is whose start page.

Questions stand here as their address has them, personal values sealed: a dump of the database shows none.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

LONGEST_NAME = 60


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
