"""Messages that people flag."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import messages_app.archive.columns


class Migration(migrations.Migration):
    dependencies = [
        ("messages_app", "0013_audit"),
        ("messages_app", "0015_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.BigIntegerField()),
                ("type", models.CharField(max_length=10)),
                ("message_id", models.BigIntegerField()),
                ("date", messages_app.archive.columns.WallTimeColumn()),
                ("note", models.CharField(max_length=500)),
                ("flagged_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("done_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("flagged_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-flagged_at", "-pk"],
                "indexes": [
                    models.Index(fields=["key"], name="flag_key"),
                    models.Index(fields=["done_at", "flagged_at"], name="flag_done"),
                ],
            },
        ),
    ]
