"""The database's clock, the only one that decides."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """The instant of the database, aware, in UTC; read after a lock, it is after the wait."""
    sql = (
        "SELECT clock_timestamp()"
        if connection.vendor == "postgresql"
        else "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (value,) = cursor.fetchone()
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.astimezone(UTC)
