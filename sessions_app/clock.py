"""The database's clock, the only one that decides."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

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


class Measured:
    """The database's clock without asking it: this machine's, and by how much the two differ."""

    # So quick an answer tells the instant well enough.
    QUICK = timedelta(seconds=0.5)

    def __init__(self) -> None:
        self._ahead, self._unsure = timedelta(), timedelta.max

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def set(self, in_database: Callable[..., Awaitable]) -> None:
        """An answer that took long is wrong by up to half as much: what was known stays better."""
        before = datetime.now(UTC)
        instant = await in_database(now)
        took = datetime.now(UTC) - before
        if took <= max(self._unsure, self.QUICK):
            self._ahead, self._unsure = instant - (before + took / 2), took
