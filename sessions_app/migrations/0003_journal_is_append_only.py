from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER sessionevent_append_only BEFORE UPDATE OR DELETE ON sessions_app_sessionevent
FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
POSTGRESQL_BACK = """
DROP TRIGGER sessionevent_append_only ON sessions_app_sessionevent;
DROP FUNCTION refuse_change();
"""
SQLITE = [
    f"""
    CREATE TRIGGER sessionevent_no_{verb.lower()} BEFORE {verb} ON sessions_app_sessionevent
    BEGIN SELECT RAISE(ABORT, 'sessions_app_sessionevent is append-only'); END
    """
    for verb in ("UPDATE", "DELETE")
]
SQLITE_BACK = [f"DROP TRIGGER sessionevent_no_{verb}" for verb in ("update", "delete")]


def guard(apps, editor):
    statements = [POSTGRESQL] if editor.connection.vendor == "postgresql" else SQLITE
    for sql in statements:
        editor.execute(sql, params=None)


def unguard(apps, editor):
    statements = [POSTGRESQL_BACK] if editor.connection.vendor == "postgresql" else SQLITE_BACK
    for sql in statements:
        editor.execute(sql, params=None)


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0002_journal")]
    operations = [migrations.RunPython(guard, unguard)]
