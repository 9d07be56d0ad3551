import django.db.models.deletion
from django.db import migrations, models


def without_index(name, table, column):
    """On SQLite, `AlterField` would make the table anew, without its triggers."""
    return migrations.RunSQL(
        f"DROP INDEX IF EXISTS {name}",
        f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("candidates", "0008_index_who_is_away"),
        ("sessions_app", "0009_security_log"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                without_index(
                    "candidates_answer_candidate_id_445acc3b", "candidates_answer", "candidate_id"
                ),
                without_index(
                    "candidates_candidate_session_id_1c41f5ee", "candidates_candidate", "session_id"
                ),
            ],
            [
                migrations.AlterField(
                    model_name="answer",
                    name="candidate",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="candidates.candidate",
                    ),
                ),
                migrations.AlterField(
                    model_name="candidate",
                    name="session",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="candidates",
                        to="sessions_app.session",
                        verbose_name="session",
                    ),
                ),
            ],
        )
    ]
