"""What the review tells: ranges to be read again, times of calls, and opt-outs found at once."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import messages_app.archive.columns


class AddIndexMeanwhile(AddIndexConcurrently):
    """An index over the messages that nobody waits for: SQLite makes any at once, and knows no other."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(
                self, app_label, schema_editor, from_state, to_state
            )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(
                self, app_label, schema_editor, from_state, to_state
            )


class Migration(migrations.Migration):
    atomic = False  # PostgreSQL makes no index beside others' writes within a transaction
    dependencies = [
        ("messages_app", "0017_flags"),
    ]
    operations = [
        migrations.CreateModel(
            name="Reread",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", messages_app.archive.columns.WallTimeColumn()),
                ("end", messages_app.archive.columns.WallTimeColumn()),
                ("asked_at", messages_app.archive.columns.InstantColumn()),
                ("asked_by", models.TextField()),
                ("ended_at", messages_app.archive.columns.InstantColumn(null=True)),
                ("outcome", models.TextField(default="")),
                ("calls", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
            ],
            options={"indexes": [models.Index(fields=["ended_at"], name="reread_ended")]},
        ),
        migrations.CreateModel(
            name="CallTime",
            fields=[
                ("pk", models.CompositePrimaryKey("hour", "bin", blank=True, editable=False, primary_key=True, serialize=False)),
                ("hour", messages_app.archive.columns.InstantColumn()),
                ("bin", models.SmallIntegerField()),
                ("calls", models.BigIntegerField()),
                ("took", models.BigIntegerField()),
            ],
        ),
        AddIndexMeanwhile(
            model_name="message",
            index=models.Index(
                fields=["sender", "date"],
                name="message_opt_out",
                condition=models.Q(("is_opt_out", True)),
            ),
        ),
    ]
