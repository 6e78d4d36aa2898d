"""What the app keeps in its database. Permissions hang on `Access`, which has no table."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from messages_app import audited, made  # noqa: F401 - Django looks for its models here
from messages_app.archive import tables  # noqa: F401 - and for these
from messages_app.archive.columns import (
    BytewiseText,
    CreditsColumn,
    InstantColumn,
    KeyField,
    WallTimeColumn,
)

SORTED_LETTERS = 32
"""Letters of a text that its order goes by: an index holds no endless ones."""


class Access(models.Model):
    """Holds the permissions of the dashboard; never stored."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions: ClassVar = [
            ("see_messages", _("See messages")),
            ("see_personal", _("See full numbers and texts")),
            ("see_figures", _("See figures and charts")),
            ("review", _("Review")),
            ("export", _("Export")),
            ("share", _("Share with people without a login")),
            ("reveal", _("Reveal a masked number or text")),
            ("flag", _("Flag messages for review")),
        ]


class ProviderTrait(models.Model):
    """A remembered fact about a provider address, such as whether its bounds are inclusive."""

    api_url = models.CharField(max_length=500)
    name = models.CharField(max_length=50)
    value = models.CharField(max_length=200)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api_url", "name"], name="one_value_of_a_trait")
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class Message(models.Model):
    """One row of the provider's log as last read, with what is derived from it.

    The fields up to `extra` bear the API's names; `date` and `dlr_date` are naive wall times of the
    provider's zone, `cost` is credits, `status` stands as it came. What is derived is stored at
    ingest, so that figures outlive an anonymised number or text.
    """

    key = KeyField(primary_key=True)
    message_id = models.BigIntegerField()
    type = BytewiseText()
    date = WallTimeColumn()
    status = BytewiseText()
    status_details = BytewiseText(default="")
    destination = BytewiseText(default="")
    sender = BytewiseText(default="")
    message = BytewiseText(default="")
    message_length = models.BigIntegerField(null=True)
    cost = CreditsColumn(null=True)
    country = BytewiseText(default="")
    campaign_id = models.BigIntegerField(null=True)
    client_id = models.BigIntegerField(null=True)
    client_message_id = BytewiseText(default="")
    contact_list_id = BytewiseText(default="")
    dlr_date = WallTimeColumn(null=True)
    extra = BytewiseText(default="", help_text="Fields unknown or not understood, as JSON.")

    state = BytewiseText(help_text="The status in lower case, or withdrawn.")
    parts = models.IntegerField()
    is_unicode = models.BooleanField()
    is_named = models.BooleanField(help_text="The sender is a name, not a number.")
    is_opt_out = models.BooleanField()
    delay_bin = models.SmallIntegerField(null=True, help_text="Index in delays.EDGES.")
    folded = BytewiseText(default="", help_text="The text case-folded, for searching.")

    since = InstantColumn(help_text="The reading that first saw the row as it is now.")
    read_at = InstantColumn(help_text="The latest reading that saw the row or missed it.")
    gone_at = InstantColumn(null=True, help_text="The reading that first missed the row.")

    class Meta:
        indexes: ClassVar = [
            # Each order of the list: its column, then the time, then the key.
            models.Index(fields=["date", "key"], name="message_date"),
            *(
                models.Index(fields=[name, "date", "key"], name=f"message_{name}")
                for name in ("destination", "sender", "status", "country", "cost", "parts")
            ),
            # Filters alone: a rare reason or account is found without passing over all others.
            models.Index(fields=["state", "date", "key"], name="message_state"),
            models.Index(fields=["status_details", "date", "key"], name="message_details"),
            models.Index(fields=["client_id", "date", "key"], name="message_client"),
            models.Index(Left("message", SORTED_LETTERS), "date", "key", name="message_text"),
            models.Index(
                fields=["campaign_id", "date", "key"],
                name="message_campaign",
                condition=models.Q(campaign_id__isnull=False),
            ),
            models.Index(
                fields=["client_message_id"],
                name="message_reference",
                condition=~models.Q(client_message_id=""),
            ),
            models.Index(
                fields=["sender", "date"],
                name="message_opt_out",
                condition=models.Q(is_opt_out=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}:{self.message_id}"


class Observation(models.Model):
    """How a row looked in earlier readings: one line for each state that has since changed.

    `since` and `until` are the first and the last reading that saw it so. The state as it is now
    stands in `Message`; both together are the row's life line.
    """

    key = models.BigIntegerField()
    date = WallTimeColumn()
    status = BytewiseText()
    status_details = BytewiseText()
    dlr_date = WallTimeColumn(null=True)
    since = InstantColumn()
    until = InstantColumn()
    gone_at = InstantColumn(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "since"], name="observation_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"


class Span(models.Model):
    """A range of wall-clock seconds, both included, whose rows are all in the archive.

    Spans never overlap. `fetched_at` is the reading that proved it; `settled` says that nothing in
    it is expected to change any more.
    """

    start = WallTimeColumn(unique=True)
    end = WallTimeColumn()
    fetched_at = InstantColumn()
    settled = models.BooleanField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["end"], name="span_end")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(start__lte=models.F("end")), name="span_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.start} – {self.end}"


class Claim(models.Model):
    """Who may write a day of the archive: a lease with a fencing number.

    `until` is database time. `fence` grows each time the day changes hands; a writer whose number
    is not the current one is refused.
    """

    day = WallTimeColumn(primary_key=True)
    owner = models.TextField()
    fence = models.BigIntegerField()
    until = InstantColumn()

    def __str__(self) -> str:
        return f"{self.day} {self.owner}"


class Rollup(models.Model):
    """Counts of the rows in one bucket of time, by type, country and state.

    `grain` says which bucket and which further dimension `value` is of (`rollups.GRAINS`).
    """

    pk = models.CompositePrimaryKey("grain", "value", "bucket", "type", "country", "state")
    grain = models.SmallIntegerField()
    value = BytewiseText()
    bucket = WallTimeColumn()
    type = BytewiseText()
    country = BytewiseText()
    state = BytewiseText()
    rows = models.BigIntegerField()
    cost = CreditsColumn(null=True, help_text="Null where no row has one.")
    unpriced = models.BigIntegerField(help_text="Rows without a cost.")
    parts = models.BigIntegerField()
    opt_outs = models.BigIntegerField()
    delays = models.TextField(help_text="Rows by index in delays.EDGES, as a JSON object.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["bucket"], name="rollup_bucket")]

    def __str__(self) -> str:
        return f"{self.grain} {self.bucket} {self.type} {self.country} {self.state}"


class SyncRun(models.Model):
    """One piece of work of the archive and its one outcome; open while `ended_at` is null."""

    kind = models.TextField()
    owner = models.TextField()
    start = WallTimeColumn()
    end = WallTimeColumn()
    began_at = InstantColumn()
    ended_at = InstantColumn(null=True)
    outcome = models.TextField(default="", help_text="ok, partial or failed.")
    reason = models.TextField(default="")
    rows = models.BigIntegerField(default=0)
    windows = models.IntegerField(default=0)
    calls = models.IntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["began_at"], name="run_began"),
            models.Index(fields=["ended_at"], name="run_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"


class Quarantine(models.Model):
    """A window or row that could not be stored, why, and how often it was tried."""

    start = WallTimeColumn()
    end = WallTimeColumn()
    message_id = models.TextField(default="")
    reason = models.TextField()
    tries = models.IntegerField(default=1)
    seen_at = InstantColumn()

    def __str__(self) -> str:
        return f"{self.start} {self.reason}"


class Look(models.Model):
    """A range that somebody looks at, and how far its filling got."""

    start = WallTimeColumn()
    end = WallTimeColumn()
    began_at = InstantColumn()
    seen_at = InstantColumn()
    stopped_at = InstantColumn(null=True)
    calls = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["start", "end"], name="one_look_at_a_range")
        ]

    def __str__(self) -> str:
        return f"{self.start} – {self.end}"


class Pace(models.Model):
    """The provider account's turns, one row: when the next call may start (database time).

    `held_until` ends the quiet time that the provider asked for.
    """

    next_at = InstantColumn()
    held_until = InstantColumn()

    def __str__(self) -> str:
        return f"{self.next_at}"


class PaceShare(models.Model):
    """How many calls at the same time one process holds and wants; void after `until`."""

    owner = models.TextField(primary_key=True)
    for_pages = models.BooleanField(help_text="People wait for its calls.")
    places = models.IntegerField()
    wants = models.IntegerField()
    until = InstantColumn()

    def __str__(self) -> str:
        return f"{self.owner} {self.places}"


class Preference(models.Model):
    """How a person likes the table; who likes it as everybody has it at first has no row."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    columns = models.TextField(help_text="Names in their order, with blanks between.")
    density = models.TextField()

    def __str__(self) -> str:
        return f"{self.pk} {self.density}"


class Export(models.Model):
    """A question's answer as a file: who asked for which, how far it is, what it holds.

    `question` are the sealed parameters, `start` and `end` the range that they meant then. `source`
    to `sha256` tell of the file that was made; `file` is its name in the storage, "" where it was only
    sent, or is gone. `lease` and `until` (database time) say which worker makes it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    format = models.TextField()
    question = models.TextField()
    start = WallTimeColumn()
    end = WallTimeColumn()
    columns = models.JSONField()
    language = models.TextField()
    site = models.TextField(
        help_text="Scheme and host of the dashboard, for the question's address."
    )
    numbers = models.TextField(help_text="How much is seen of numbers, as privacy.Mask.")
    texts = models.TextField()
    waits = models.BooleanField(default=False, help_text="Not made before the range is all there.")

    state = models.TextField(help_text="waiting, running, done or failed.")
    reason = models.TextField(default="", help_text="Why it failed.")
    total = models.BigIntegerField(null=True)
    rows = models.BigIntegerField(default=0)
    made_at = InstantColumn()
    ended_at = InstantColumn(null=True)
    expires_at = InstantColumn(null=True)
    lease = models.TextField(default="")
    until = InstantColumn(default=0)
    tries = models.IntegerField(default=0, help_text="How often the database failed under it.")

    source = models.TextField(default="")
    as_of = InstantColumn(null=True)
    missing = models.JSONField(default=list, help_text="Ranges that lack rows, as pairs of times.")
    reasons = models.JSONField(default=list, help_text="Why rows may be missing.")
    cut = models.BigIntegerField(default=0, help_text="Texts too long for a cell.")
    sha256 = models.TextField(default="")
    file = models.TextField(default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "made_at"], name="export_state"),
            models.Index(fields=["owner", "made_at"], name="export_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.state}"
