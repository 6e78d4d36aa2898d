"""What the review tells: ranges to be read again, and times of calls."""

from django.db import migrations, models

import messages_app.archive.columns


class Migration(migrations.Migration):
    dependencies = [
        ("messages_app", "0015_flags"),
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
    ]
