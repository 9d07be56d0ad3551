"""Lines of the PV that only grow, each supervisor's own words, and the signed report."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

POSTGRESQL = """
CREATE TRIGGER incident_append_only BEFORE UPDATE OR DELETE ON incidents_incident
FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
SQLITE = [
    f"""
    CREATE TRIGGER incident_no_{verb.lower()} BEFORE {verb} ON incidents_incident
    BEGIN SELECT RAISE(ABORT, 'incidents_incident is append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL_BACK = "DROP TRIGGER incident_append_only ON incidents_incident;"
SQLITE_BACK = [f"DROP TRIGGER incident_no_{verb}" for verb in ("update", "delete")]


def guard(apps, editor):
    statements = [POSTGRESQL] if editor.connection.vendor == "postgresql" else SQLITE
    for sql in statements:
        editor.execute(sql, params=None)


def unguard(apps, editor):
    statements = [POSTGRESQL_BACK] if editor.connection.vendor == "postgresql" else SQLITE_BACK
    for sql in statements:
        editor.execute(sql, params=None)


def keep_words(apps, editor):
    """What stood on the report of a session becomes the words of who wrote there last."""
    Remark = apps.get_model("incidents", "Remark")
    reports = apps.get_model("incidents", "IncidentReport").objects.exclude(remarks="")
    for report in reports.filter(changed_by__isnull=False):
        Remark.objects.create(
            session_id=report.session_id,
            author_id=report.changed_by_id,
            text=report.remarks,
            version=1,
            changed_at=report.changed_at,
        )


def noted_when_it_occurred(apps, editor):
    incidents = apps.get_model("incidents", "Incident").objects
    incidents.update(noted_at=models.F("occurred_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0003_journal_is_append_only"),
        ("candidates", "0001_candidates"),
        ("incidents", "0001_alerts_and_incidents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(blank=True, max_length=10000, verbose_name="observations")),
                ("version", models.PositiveIntegerField(default=0)),
                ("changed_at", models.DateTimeField(verbose_name="modifié à")),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="écrit par")),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="pv_remarks", to="sessions_app.session", verbose_name="session")),
            ],
            options={
                "verbose_name": "observations d’un surveillant",
                "verbose_name_plural": "observations des surveillants",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("session", "author"), name="one_block_per_supervisor")],
            },
        ),
        migrations.RunPython(keep_words, migrations.RunPython.noop),
        migrations.DeleteModel(name="IncidentReport"),
        migrations.CreateModel(
            name="IncidentReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("signed_name", models.CharField(max_length=120, verbose_name="signé par")),
                ("signed_role", models.CharField(max_length=120, verbose_name="en qualité de")),
                ("signed_at", models.DateTimeField(verbose_name="signé à")),
                ("journal_digest", models.CharField(blank=True, max_length=64, verbose_name="empreinte du journal")),
                ("pdf", models.BinaryField(default=bytes, editable=False)),
                ("pdf_sha256", models.CharField(blank=True, max_length=64, verbose_name="empreinte du PDF")),
                ("session", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="incident_report", to="sessions_app.session")),
                ("signed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "PV d’incident", "verbose_name_plural": "PV d’incident"},
        ),
        migrations.AlterField(
            model_name="alert",
            name="subject",
            field=models.CharField(choices=[("image", "Une image ne s’affiche pas"), ("embed", "Un simulateur ne fonctionne pas"), ("file", "Un fichier ne s’ouvre pas"), ("focus", "La page dit que je l’ai quittée"), ("page", "La page ne s’affiche pas correctement"), ("other", "Autre problème")], max_length=10, verbose_name="objet"),
        ),
        migrations.AddField(
            model_name="incident",
            name="corrects",
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="correction", to="incidents.incident"),
        ),
        migrations.AddField(
            model_name="incident",
            name="withdrawn",
            field=models.BooleanField(default=False, verbose_name="noté par erreur"),
        ),
        migrations.AddField(
            model_name="incident",
            name="noted_at",
            field=models.DateTimeField(null=True, verbose_name="noté à"),
        ),
        migrations.RunPython(noted_when_it_occurred, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="incident",
            name="noted_at",
            field=models.DateTimeField(verbose_name="noté à"),
        ),
        migrations.RunPython(guard, unguard),
    ]
