import messages_app.archive.columns
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messages_app', '0017_pulse'),
    ]

    operations = [
        migrations.CreateModel(
            name='Forgotten',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('at', messages_app.archive.columns.InstantColumn()),
                ('mark', models.CharField(max_length=32)),
            ],
        ),
    ]
