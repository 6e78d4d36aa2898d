"""An index that finds opt-outs at once, made beside the work."""

from django.db import migrations, models

from messages_app.migrating import IndexBesideWork


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("messages_app", "0018_forgotten"),
    ]
    operations = [
        IndexBesideWork(
            model_name="message",
            index=models.Index(
                fields=["sender", "date"],
                name="message_opt_out",
                condition=models.Q(("is_opt_out", True)),
            ),
        ),
    ]
