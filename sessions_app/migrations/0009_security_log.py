"""The security log, which only grows, and erasures, for which the growing tables let go of words.

An erasure is open within its own transaction only. While it is, the words of the journal, of the
lines of the PV and of the ledger may be replaced, and nothing else of their rows.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

POSTGRESQL = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE words text[] := ARRAY['data', 'text', 'reason'];
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM sessions_app_purgedsession
        WHERE session_ref = OLD.session_id AND day < current_date - 30
    ) THEN RETURN OLD; END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - words = to_jsonb(OLD) - words AND EXISTS (
        SELECT FROM sessions_app_erasure WHERE session_id = OLD.session_id AND bridges IS NULL
    ) THEN RETURN NEW; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' AND EXISTS (
        SELECT FROM sessions_app_erasure WHERE bridges IS NULL
    ) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'the ledger of granted time is additive';
END $$;
CREATE FUNCTION refuse_erasure_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.bridges IS NULL AND NEW.bridges IS NOT NULL
        AND to_jsonb(NEW) - 'bridges' = to_jsonb(OLD) - 'bridges'
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'sessions_app_erasure is append-only';
END $$;
CREATE TRIGGER erasure_no_update BEFORE UPDATE ON sessions_app_erasure
FOR EACH ROW EXECUTE FUNCTION refuse_erasure_change();
CREATE TRIGGER erasure_no_delete BEFORE DELETE ON sessions_app_erasure
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_security_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '30 days' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'sessions_app_securityevent is append-only';
END $$;
CREATE TRIGGER securityevent_append_only BEFORE UPDATE OR DELETE ON sessions_app_securityevent
FOR EACH ROW EXECUTE FUNCTION refuse_security_change();
"""
POSTGRESQL_BACK = """
DROP TRIGGER securityevent_append_only ON sessions_app_securityevent;
DROP TRIGGER erasure_no_delete ON sessions_app_erasure;
DROP TRIGGER erasure_no_update ON sessions_app_erasure;
DROP FUNCTION refuse_security_change();
DROP FUNCTION refuse_erasure_change();
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger of granted time is additive'; END $$;
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM sessions_app_purgedsession
        WHERE session_ref = OLD.session_id AND day < current_date - 30
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
"""
# SQLite names every column that stays: the words are those that are not named.
EVENT = ["id", "session_id", "version", "type", "candidate_id", "actor", "user_id", "at"]
LINE = ["id", "session_id", "candidate_id", "category", "question", "occurred_at", "noted_at", "author_id", "alert_id"]
LINE += ["corrects_id", "withdrawn"]
GRANT = ["id", "candidate_id", "seconds", "author_id", "granted_at", "undone_at", "undone_by_id"]
FORMER = ["id", "rank", "report_ref", "signed_name", "signed_role", "signed_at", "sealed_version"]
FORMER += ["journal_digest", "pdf", "pdf_sha256", "reopened_at", "reopened_by_id", "session_id", "signed_by_id"]
CASE = ["id", "session_id", "candidate_id", "user_id", "ground", "at"]
OPEN = "EXISTS (SELECT 1 FROM sessions_app_erasure WHERE session_id = OLD.session_id AND bridges IS NULL)"
ANY_OPEN = "EXISTS (SELECT 1 FROM sessions_app_erasure WHERE bridges IS NULL)"
ADDITIVE = "the ledger of granted time is additive"
OVERWRITTEN = """(OLD.seconds <> NEW.seconds OR OLD.candidate_id <> NEW.candidate_id
     OR OLD.reason <> NEW.reason OR OLD.author_id <> NEW.author_id
     OR OLD.granted_at <> NEW.granted_at OR OLD.undone_at IS NOT NULL)"""


def same(columns):
    return " AND ".join(f"NEW.{column} IS OLD.{column}" for column in columns)


def refusal(name, verb, table, sentence, when=""):
    when = f"WHEN {when}" if when else ""
    body = f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
    return f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {when} {body}"


def only_grows(table):
    return f"{table} is append-only"


EVENTS, LINES = "sessions_app_sessionevent", "incidents_incident"
FORMERS = "sessions_app_formerreport"
ERASURES, LOG = "sessions_app_erasure", "sessions_app_securityevent"
PURGED = """NOT EXISTS (
    SELECT 1 FROM sessions_app_purgedsession
    WHERE session_ref = OLD.session_id AND day < date('now', '-30 days'))"""
SQLITE = [
    "DROP TRIGGER sessionevent_no_update",
    refusal(
        "sessionevent_no_update", "UPDATE", EVENTS, only_grows(EVENTS),
        f"NOT ({same(EVENT)} AND {OPEN})",
    ),
    "DROP TRIGGER incident_no_update",
    refusal(
        "incident_no_update", "UPDATE", LINES, only_grows(LINES),
        f"NOT ({same(LINE)} AND {OPEN})",
    ),
    "DROP TRIGGER formerreport_no_update",
    refusal(
        "formerreport_no_update", "UPDATE", FORMERS, only_grows(FORMERS),
        f"NOT ({same(FORMER)} AND {OPEN})",
    ),
    "DROP TRIGGER timegrant_no_overwrite",
    refusal(
        "timegrant_no_overwrite", "UPDATE", "candidates_timegrant", ADDITIVE,
        f"{OVERWRITTEN} AND NOT ({same(GRANT)} AND {ANY_OPEN})",
    ),
    refusal(
        "erasure_no_update", "UPDATE", ERASURES, only_grows(ERASURES),
        f"NOT ({same(CASE)} AND OLD.bridges IS NULL AND NEW.bridges IS NOT NULL)",
    ),
    refusal("erasure_no_delete", "DELETE", ERASURES, only_grows(ERASURES), PURGED),
    refusal("securityevent_no_update", "UPDATE", LOG, only_grows(LOG)),
    refusal(
        "securityevent_no_delete", "DELETE", LOG, only_grows(LOG),
        "NOT (OLD.at < datetime('now', '-30 days'))",
    ),
]
SQLITE_BACK = [
    *(
        f"DROP TRIGGER {name}"
        for name in (
            "securityevent_no_delete", "securityevent_no_update", "erasure_no_delete",
            "erasure_no_update", "timegrant_no_overwrite", "formerreport_no_update",
            "incident_no_update", "sessionevent_no_update",
        )
    ),
    refusal("sessionevent_no_update", "UPDATE", EVENTS, only_grows(EVENTS)),
    refusal("incident_no_update", "UPDATE", LINES, only_grows(LINES)),
    refusal("formerreport_no_update", "UPDATE", FORMERS, only_grows(FORMERS)),
    refusal("timegrant_no_overwrite", "UPDATE", "candidates_timegrant", ADDITIVE, OVERWRITTEN),
]


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
        ('candidates', '0006_retention'),
        ('incidents', '0003_retention'),
        ('sessions_app', '0008_roles_and_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ground', models.CharField(choices=[('person', 'Demande de la personne'), ('parents', 'Demande de ses parents ou représentants'), ('officer', 'Décision du délégué à la protection des données'), ('mistake', 'Inscription faite par erreur')], max_length=10)),
                ('at', models.DateTimeField()),
                ('bridges', models.JSONField(null=True)),
                ('candidate', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='candidates.candidate')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='erasures', to='sessions_app.session')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SecurityEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='le')),
                ('kind', models.CharField(max_length=40, verbose_name='événement')),
                ('user_ref', models.PositiveBigIntegerField(null=True, verbose_name='compte')),
                ('session_number', models.CharField(blank=True, max_length=6, verbose_name='session')),
                ('origin', models.CharField(blank=True, max_length=16, verbose_name='provenance')),
                ('data', models.JSONField(default=dict, verbose_name='détails')),
            ],
            options={
                'verbose_name': 'événement de sécurité',
                'verbose_name_plural': 'événements de sécurité',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['-at'], name='security_by_time'), models.Index(fields=['user_ref', 'kind', 'at'], name='security_by_account')],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
