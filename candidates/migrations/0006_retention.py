"""The ledger of granted time leaves with its candidates, once their session may go."""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION refuse_ledger_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM sessions_app_purgedsession
        WHERE candidate_refs @> to_jsonb(OLD.candidate_id) AND day < current_date - 30
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'the ledger of granted time is additive';
END $$;
DROP TRIGGER timegrant_no_delete ON candidates_timegrant;
CREATE TRIGGER timegrant_no_delete BEFORE DELETE ON candidates_timegrant
FOR EACH ROW EXECUTE FUNCTION refuse_ledger_delete();
"""
POSTGRESQL_BACK = """
DROP TRIGGER timegrant_no_delete ON candidates_timegrant;
DROP FUNCTION refuse_ledger_delete();
CREATE TRIGGER timegrant_no_delete BEFORE DELETE ON candidates_timegrant
FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
"""
REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger of granted time is additive'); END"
NO_DELETE = "CREATE TRIGGER timegrant_no_delete BEFORE DELETE ON candidates_timegrant"
SQLITE = [
    "DROP TRIGGER timegrant_no_delete",
    f"""
    {NO_DELETE} WHEN NOT EXISTS (
        SELECT 1 FROM sessions_app_purgedsession, json_each(candidate_refs) AS ref
        WHERE ref.value = OLD.candidate_id AND day < date('now', '-30 days')
    ) {REFUSE}
    """,  # noqa: S608 (literals of this file)
]
SQLITE_BACK = ["DROP TRIGGER timegrant_no_delete", f"{NO_DELETE} {REFUSE}"]


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
        ("candidates", "0005_claims_lapses_and_acknowledgements"),
        ("sessions_app", "0007_retention"),
    ]
    operations = [migrations.RunPython(guard, unguard)]
