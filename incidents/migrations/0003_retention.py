"""The lines of a PV leave with their session. On PostgreSQL they share the journal's rule."""

from django.db import migrations

REFUSE = "BEGIN SELECT RAISE(ABORT, 'incidents_incident is append-only'); END"
NO_DELETE = "CREATE TRIGGER incident_no_delete BEFORE DELETE ON incidents_incident"
SQLITE = [
    "DROP TRIGGER incident_no_delete",
    f"""
    {NO_DELETE} WHEN NOT EXISTS (
        SELECT 1 FROM sessions_app_purgedsession
        WHERE session_ref = OLD.session_id AND day < date('now', '-30 days')
    ) {REFUSE}
    """,  # noqa: S608 (literals of this file)
]
SQLITE_BACK = ["DROP TRIGGER incident_no_delete", f"{NO_DELETE} {REFUSE}"]


def guard(apps, editor):
    if editor.connection.vendor == "sqlite":
        for sql in SQLITE:
            editor.execute(sql, params=None)


def unguard(apps, editor):
    if editor.connection.vendor == "sqlite":
        for sql in SQLITE_BACK:
            editor.execute(sql, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0002_pv_and_signature"),
        ("sessions_app", "0007_retention"),
    ]
    operations = [migrations.RunPython(guard, unguard)]
