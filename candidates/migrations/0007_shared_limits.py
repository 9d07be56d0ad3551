"""The table of the cache, where the limits of the account pages are shared between processes."""

from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE IF EXISTS shared_limits")


class Migration(migrations.Migration):

    dependencies = [
        ("candidates", "0006_retention"),
    ]

    operations = [
        migrations.RunPython(create, drop),
    ]
