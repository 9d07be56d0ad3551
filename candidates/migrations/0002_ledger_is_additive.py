"""A grant is undone by a date: never erased, its seconds never overwritten."""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger of granted time is additive'; END $$;
CREATE TRIGGER timegrant_no_delete BEFORE DELETE ON candidates_timegrant
FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER timegrant_no_overwrite BEFORE UPDATE ON candidates_timegrant FOR EACH ROW
WHEN (OLD.seconds <> NEW.seconds OR OLD.candidate_id <> NEW.candidate_id
      OR OLD.reason <> NEW.reason OR OLD.author_id <> NEW.author_id
      OR OLD.granted_at <> NEW.granted_at OR OLD.undone_at IS NOT NULL)
EXECUTE FUNCTION refuse_ledger_change();
"""
POSTGRESQL_BACK = """
DROP TRIGGER timegrant_no_overwrite ON candidates_timegrant;
DROP TRIGGER timegrant_no_delete ON candidates_timegrant;
DROP FUNCTION refuse_ledger_change();
"""
REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger of granted time is additive'); END"
SQLITE = [
    f"CREATE TRIGGER timegrant_no_delete BEFORE DELETE ON candidates_timegrant {REFUSE}",
    f"""
    CREATE TRIGGER timegrant_no_overwrite BEFORE UPDATE ON candidates_timegrant
    WHEN OLD.seconds <> NEW.seconds OR OLD.candidate_id <> NEW.candidate_id
         OR OLD.reason <> NEW.reason OR OLD.author_id <> NEW.author_id
         OR OLD.granted_at <> NEW.granted_at OR OLD.undone_at IS NOT NULL
    {REFUSE}
    """,
]
SQLITE_BACK = ["DROP TRIGGER timegrant_no_overwrite", "DROP TRIGGER timegrant_no_delete"]


def guard(apps, editor):
    statements = [POSTGRESQL] if editor.connection.vendor == "postgresql" else SQLITE
    for sql in statements:
        editor.execute(sql, params=None)


def unguard(apps, editor):
    statements = [POSTGRESQL_BACK] if editor.connection.vendor == "postgresql" else SQLITE_BACK
    for sql in statements:
        editor.execute(sql, params=None)


class Migration(migrations.Migration):
    dependencies = [("candidates", "0001_candidates")]
    operations = [migrations.RunPython(guard, unguard)]
