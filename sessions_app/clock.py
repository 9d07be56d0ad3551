"""The database's clock, the only one that decides."""

from datetime import UTC, datetime

from django.db import connection

ON_POSTGRESQL = "SELECT clock_timestamp()"
ON_SQLITE = "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"


def now() -> datetime:
    """The instant of the database, aware, in UTC; read after a lock, it is after the wait."""
    with connection.cursor() as cursor:
        cursor.execute(ON_POSTGRESQL if connection.vendor == "postgresql" else ON_SQLITE)
        return told(cursor.fetchone()[0])


def told(value: datetime | str) -> datetime:
    """The instant that one of these statements has told, wherever it was asked."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.astimezone(UTC)
