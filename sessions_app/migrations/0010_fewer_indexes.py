import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "sessions_app_sessionevent"


def without_index(name, column):
    """On SQLite, `AlterField` would make the table anew, without its triggers."""
    return migrations.RunSQL(
        f"DROP INDEX IF EXISTS {name}",
        f"CREATE INDEX IF NOT EXISTS {name} ON {TABLE} ({column})",
    )


def leave_room(apps, schema_editor):
    """Rows that are updated at each answer find room beside them: no index is written for them."""
    if schema_editor.connection.vendor == "postgresql":
        for table in ("sessions_app_session", "candidates_candidate"):
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = 60)")


class Migration(migrations.Migration):
    dependencies = [
        ("candidates", "0009_fewer_indexes"),
        ("sessions_app", "0009_security_log"),
    ]

    operations = [
        migrations.RunPython(leave_room, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            [
                without_index("sessions_app_sessionevent_session_id_19649f05", "session_id"),
                without_index("sessions_app_sessionevent_user_id_f3f359bc", "user_id"),
            ],
            [
                migrations.AlterField(
                    model_name="sessionevent",
                    name="session",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="sessions_app.session",
                    ),
                ),
                migrations.AlterField(
                    model_name="sessionevent",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="sessionevent",
            index=models.Index(
                condition=models.Q(("user__isnull", False)),
                fields=["user"],
                name="events_of_somebody",
            ),
        ),
    ]
