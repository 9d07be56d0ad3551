"""Timekeepers that are stopped, and when each of them was up."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import psycopg

from .deadlines import here
from .worker import READY_SECONDS, Worker

KILL, TERM, FREEZE = "kill", "term", "freeze"
ENDS_WITHIN = 12.0  # seconds, for a process without sockets that is asked to stop
# A frozen process holds its row lock until PostgreSQL ends its transaction (settings.py).
HOLDS_LOCK = timedelta(seconds=3)


@dataclass
class Span:
    """From `began` to `ended` (None: still)."""

    began: datetime
    ended: datetime | None = None


class Keeper:
    """One process that keeps time, as nobody but the database and the signals sees it.

    It is never asked for a page: time must be kept from the start of the server on.
    """

    def __init__(self, worker: Worker, database: str):
        self.worker, self.database = worker, database
        self.up: list[Span] = []
        self.held: list[Span] = []  # when it was frozen in the middle of a transaction
        self.slow_ends = 0

    @property
    def is_up(self) -> bool:
        return bool(self.up) and self.up[-1].ended is None

    async def comes_up(self) -> None:
        """Waits until it listens; only a connection, no request."""
        give_up = monotonic() + READY_SECONDS
        while monotonic() < give_up:
            try:
                if self.worker.process.poll() is not None:
                    raise RuntimeError(f"timekeeper {self.worker.port} ended by itself")
                _, writer = await asyncio.open_connection("127.0.0.1", self.worker.port)
                writer.close()
                self.up.append(Span(here()))
                return
            except OSError:
                await asyncio.sleep(0.02)
        raise RuntimeError(f"timekeeper {self.worker.port} does not come up")

    async def stop(self, manner: str, seconds: float) -> None:
        """Down for `seconds`, then its end awaited and another process in its place."""
        self.up[-1].ended = here()
        if manner == FREEZE:
            await self._freeze(seconds)
            return
        if manner == KILL:
            self.worker.kill()
        else:
            self.worker.term()
        asked = monotonic()
        await asyncio.sleep(seconds)
        while self.worker.process.poll() is None and monotonic() < asked + ENDS_WITHIN:
            await asyncio.sleep(0.02)
        self.slow_ends += self.worker.process.poll() is None
        self.worker.restart()
        await self.comes_up()

    async def _freeze(self, seconds: float) -> None:
        self.worker.freeze()
        frozen = here()
        await asyncio.sleep(seconds)
        idle = await asyncio.to_thread(self._idle_since_before, frozen)
        self.worker.thaw()
        if idle:
            self.held.append(Span(frozen, min(here(), frozen + HOLDS_LOCK)))
        self.up.append(Span(here()))

    def _idle_since_before(self, instant: datetime) -> int:
        """How many transactions stand open that began before, or were ended for that."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND xact_start <= %s",
                [instant],
            ).fetchone()
        return row[0]


def late(due: datetime, happened: datetime, keepers: list[Keeper], limit: timedelta) -> float:
    """Seconds from when somebody could have done it, who then stayed up for the `limit`.

    0 when nobody had so much time before it happened.
    """
    stalls = [span for keeper in keepers for span in keeper.held]
    chances = []
    for span in (span for keeper in keepers for span in keeper.up):
        could = max(due, span.began)
        for stall in stalls:
            if stall.began <= could < stall.ended:
                could = stall.ended
        if span.ended is None or span.ended >= could + limit:
            chances.append(could)
    return max(0.0, (happened - min(chances)).total_seconds()) if chances else 0.0


def nobody_up(instant: datetime, keepers: list[Keeper]) -> bool:
    return not any(
        span.began <= instant and (span.ended is None or span.ended > instant)
        for keeper in keepers
        for span in keeper.up
    )
