"""What a reopened session keeps of its closing, never changed afterwards; roles in a centre."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "sessions_app_formerreport"
REFUSE = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
# The rule of the journal: what a purge that is written down deletes may go.
POSTGRESQL = f"""
CREATE TRIGGER formerreport_append_only BEFORE UPDATE OR DELETE ON {TABLE}
FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
POSTGRESQL_BACK = f"DROP TRIGGER formerreport_append_only ON {TABLE};"
SQLITE = [
    f"CREATE TRIGGER formerreport_no_update BEFORE UPDATE ON {TABLE} {REFUSE}",
    f"""
    CREATE TRIGGER formerreport_no_delete BEFORE DELETE ON {TABLE} WHEN NOT EXISTS (
        SELECT 1 FROM sessions_app_purgedsession
        WHERE session_ref = OLD.session_id AND day < date('now', '-30 days')
    ) {REFUSE}
    """,  # noqa: S608 (literals of this file)
]
SQLITE_BACK = [f"DROP TRIGGER formerreport_no_{verb}" for verb in ("update", "delete")]


def guard(apps, editor):
    statements = [POSTGRESQL] if editor.connection.vendor == "postgresql" else SQLITE
    for sql in statements:
        editor.execute(sql, params=None)


def unguard(apps, editor):
    statements = [POSTGRESQL_BACK] if editor.connection.vendor == "postgresql" else SQLITE_BACK
    for sql in statements:
        editor.execute(sql, params=None)


def give_roles(apps, editor):
    """A member who entered the administration administered the centre; the others supervise.
    Who entered it without a centre saw nothing there."""
    Membership = apps.get_model("sessions_app", "Membership")
    User = apps.get_model("sessions_app", "User")
    Membership.objects.filter(user__is_staff=True).update(role="administrator")
    of_a_center = Membership.objects.filter(role="administrator").values("user")
    idle = User.objects.filter(is_staff=True, is_superuser=False).exclude(pk__in=of_a_center)
    idle.update(is_staff=False)


ROLES = [("administrator", "administration du centre"), ("supervisor", "surveillance")]


class Migration(migrations.Migration):

    dependencies = [
        ("sessions_app", "0007_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField()),
                ("report_ref", models.PositiveBigIntegerField()),
                ("signed_name", models.CharField(max_length=120, verbose_name="signé par")),
                ("signed_role", models.CharField(max_length=120, verbose_name="en qualité de")),
                ("signed_at", models.DateTimeField(verbose_name="signé à")),
                ("sealed_version", models.PositiveBigIntegerField()),
                ("journal_digest", models.CharField(max_length=64, verbose_name="empreinte du journal")),
                ("pdf", models.BinaryField()),
                ("pdf_sha256", models.CharField(max_length=64, verbose_name="empreinte du PDF")),
                ("reopened_at", models.DateTimeField(verbose_name="rouverte à")),
                ("reason", models.CharField(max_length=300, verbose_name="motif")),
                ("reopened_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="former_reports", to="sessions_app.session")),
                ("signed_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "PV d’une session rouverte",
                "verbose_name_plural": "PV de sessions rouvertes",
                "ordering": ["session", "rank"],
                "constraints": [models.UniqueConstraint(fields=("session", "rank"), name="one_former_report_per_rank")],
            },
        ),
        migrations.RunPython(guard, unguard),
        # The table of members is what it was, with a role more.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("center", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="sessions_app.center", verbose_name="centre")),
                        ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL, verbose_name="compte")),
                    ],
                    options={
                        "verbose_name": "membre d’un centre",
                        "verbose_name_plural": "membres des centres",
                        "db_table": "sessions_app_center_members",
                        "ordering": ["center", "user"],
                        "unique_together": {("center", "user")},
                    },
                ),
                migrations.AlterField(
                    model_name="center",
                    name="members",
                    field=models.ManyToManyField(through="sessions_app.Membership", to=settings.AUTH_USER_MODEL, verbose_name="membres"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="membership",
            name="role",
            field=models.CharField(choices=ROLES, default="supervisor", max_length=13, verbose_name="rôle"),
        ),
        migrations.RunPython(give_roles, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse e-mail")),
                ("role", models.CharField(choices=ROLES, default="supervisor", max_length=13, verbose_name="rôle")),
                ("attempt", models.PositiveSmallIntegerField(default=1)),
                ("sent_at", models.DateTimeField(verbose_name="envoyée le")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="acceptée le")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="retirée le")),
                ("center", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="sessions_app.center", verbose_name="centre")),
                ("invited_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="par")),
            ],
            options={
                "verbose_name": "invitation",
                "ordering": ["-sent_at", "-pk"],
                "constraints": [models.UniqueConstraint(condition=models.Q(("accepted_at", None), ("withdrawn_at", None)), fields=("center", "email"), name="one_open_invitation")],
            },
        ),
    ]
