from django.db import migrations, models

import messages_app.archive.columns


class Migration(migrations.Migration):

    dependencies = [
        ('messages_app', '0016_review'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pulse',
            fields=[
                ('owner', models.TextField(primary_key=True, serialize=False)),
                ('since', messages_app.archive.columns.InstantColumn()),
                ('felt_at', messages_app.archive.columns.InstantColumn()),
            ],
        ),
    ]
