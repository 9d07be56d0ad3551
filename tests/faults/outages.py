"""What can be wrong with a database that is not gone: four outages that begin and end.

outage = ReadOnly(database)
await outage.begin(); …; await outage.end()
"""

import asyncio
import contextlib
import resource
import subprocess

import psycopg

from sessions_app.models import Session, SessionEvent

from .database import Database
from .people import SupervisorBrowser

# The longest a file may get while the disk is “full”: that of a segment of the write-ahead log,
# which a full disk has already, and shorter than the table that every action appends to.
FULL_AT = 16 * 2**20
FILLER_ROWS, FILLER_WORDS = 10_000, 55  # four rows of 55 × 32 bytes a page: 20 MB
POOL_SIZE, SPARE_HOLDERS = 12, 2  # as in the product's settings; holders more than connections


class Outage:
    """`seconds`: how long it lasts at least, so that it bites."""

    name = ""
    seconds = 1.0

    def __init__(self, database: Database):
        self.database = database

    async def begin(self) -> None:
        await asyncio.to_thread(self._begin)

    async def end(self) -> None:
        await asyncio.to_thread(self._end)

    def _begin(self) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _administrator(self) -> psycopg.Connection:
        url, options = self.database.url, "-c default_transaction_read_only=off"
        return psycopg.connect(url, autocommit=True, options=options)


class ReadOnly(Outage):
    name = "read-only"

    def _begin(self) -> None:
        self._set("on")

    def _end(self) -> None:
        self._set("off")

    def _set(self, value: str) -> None:
        with self._administrator() as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
            connection.execute("SELECT pg_reload_conf()")


class Stopped(Outage):
    name = "stopped"

    def _begin(self) -> None:
        self.database.stop_at_once()

    def _end(self) -> None:
        self.database.start()


class DiskFull(Outage):
    """No file gets longer than `FULL_AT`: to extend a table fails, as on a disk without room.

    `prepare()` once, outside the loop: the journal's table gets longer than that, and has no
    room left in it for more than a few rows.
    """

    name = "disk full"

    def prepare(self, filler: Session) -> None:
        table = SessionEvent._meta.db_table
        rows = (
            f"INSERT INTO {table} (session_id, version, type, actor, at, data) "  # noqa: S608
            "SELECT %s, n, 'filler', 'system', now(), "
            "jsonb_build_object('text', repeat(md5(n::text), %s)) FROM generate_series(1, %s) n"
        )
        with self._administrator() as connection:
            connection.execute(rows, [filler.pk, FILLER_WORDS, FILLER_ROWS])
            connection.execute(f"ALTER TABLE {table} SET (fillfactor = 10)")

    def _begin(self) -> None:
        self._limit(FULL_AT)

    def _end(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        """Of those who serve clients, and of the one that starts new ones."""
        query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        with self._administrator() as connection:
            pids = [pid for (pid,) in connection.execute(query)]
        for pid in (self.database.postmaster, *pids):
            with contextlib.suppress(ProcessLookupError):
                self._limit_one(pid, size)

    def _limit_one(self, pid: int, size: int) -> None:
        try:
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
        except PermissionError:  # root without its powers: the account itself may
            value = "unlimited" if size == resource.RLIM_INFINITY else str(size)
            command = ["prlimit", f"--pid={pid}", f"--fsize={value}:"]
            subprocess.run(command, check=True, capture_output=True, **self.database.account)


class PoolExhausted(Outage):
    """So many actions wait for the lock of one session that no connection is left.

    `holders`: browsers of that session, more on each worker than its pool has connections; what
    they ask is done in the end.
    """

    name = "pool exhausted"
    seconds = 6.0  # others wait five seconds for a connection before they are told

    def __init__(self, database: Database, holders: list[SupervisorBrowser], candidate: int):
        super().__init__(database)
        self.holders, self.candidate = holders, candidate
        self._waiting: asyncio.Future | None = None

    async def begin(self) -> None:
        self._lock = await psycopg.AsyncConnection.connect(self.database.url)
        query = f"SELECT 1 FROM {Session._meta.db_table} WHERE id = %s FOR UPDATE"  # noqa: S608
        await self._lock.execute(query, [self.holders[0].session.pk])
        acts = [
            each.act(self.candidate, "add-time", minutes=1, reason="key") for each in self.holders
        ]
        self._waiting = asyncio.gather(*acts)

    async def end(self) -> None:
        await self._lock.close()
        await self._waiting
