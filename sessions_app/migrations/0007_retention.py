"""The journal lets go of sessions whose purge is written down, 30 days after their day.

The rule looks at `PurgedSession` only: SQLite rebuilds a table that is altered, and refuses when
a trigger of another one names it.
"""

from django.db import migrations, models


POSTGRESQL = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM sessions_app_purgedsession
        WHERE session_ref = OLD.session_id AND day < current_date - 30
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""
POSTGRESQL_BACK = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
REFUSE = "BEGIN SELECT RAISE(ABORT, 'sessions_app_sessionevent is append-only'); END"
NO_DELETE = "CREATE TRIGGER sessionevent_no_delete BEFORE DELETE ON sessions_app_sessionevent"
SQLITE = [
    "DROP TRIGGER sessionevent_no_delete",
    f"""
    {NO_DELETE} WHEN NOT EXISTS (
        SELECT 1 FROM sessions_app_purgedsession
        WHERE session_ref = OLD.session_id AND day < date('now', '-30 days')
    ) {REFUSE}
    """,  # noqa: S608 (literals of this file)
]
SQLITE_BACK = ["DROP TRIGGER sessionevent_no_delete", f"{NO_DELETE} {REFUSE}"]


def guard(apps, editor):
    statements = [POSTGRESQL] if editor.connection.vendor == "postgresql" else SQLITE
    for sql in statements:
        editor.execute(sql, params=None)


def unguard(apps, editor):
    statements = [POSTGRESQL_BACK] if editor.connection.vendor == "postgresql" else SQLITE_BACK
    for sql in statements:
        editor.execute(sql, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0006_guesses'),
    ]

    operations = [
        migrations.CreateModel(
            name='PurgedSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_ref', models.PositiveBigIntegerField(unique=True)),
                ('number', models.CharField(max_length=6)),
                ('day', models.DateField()),
                ('candidate_refs', models.JSONField(default=list)),
                ('live_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PurgeRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('seen_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(guard, unguard),
    ]
