"""Supervisors at work: each on candidates of their own, one command after the other."""

import asyncio
import contextlib
from collections.abc import Iterator
from itertools import cycle
from time import monotonic

from candidates.models import Candidate

from . import rooms
from .history import ACKNOWLEDGED, REFUSED, History
from .people import SupervisorBrowser
from .progress import Progress
from .worker import Worker

CONFLICT = 409
MOST_GRANTS = 20  # minutes added to one candidate before they are undone, one after the other


class Load:
    """`rooms` with their supervisors, who together send commands until told to stop.

    `sent` and `acknowledged` count; `answered_at` is the instant of the last success.
    """

    def __init__(self, made: list[rooms.Room], workers: list[Worker], history: History, **options):
        self.supervisors = [
            (browser, list(_tasks(room, number)))
            for room in made
            for number, browser in enumerate(room.browsers(workers, history, **options))
        ]
        self.sent = self.acknowledged = 0
        self.answered_at = 0.0
        self._more: asyncio.Event | None = None

    @property
    def browsers(self) -> list[SupervisorBrowser]:
        return [browser for browser, _ in self.supervisors]

    @contextlib.asynccontextmanager
    async def running(self, total: int):
        """Runs during the block, and until `total` are acknowledged."""
        self._more = asyncio.Event()
        progress = Progress()
        tasks = [asyncio.create_task(self._work(*each)) for each in self.supervisors]
        try:
            yield
            while self.acknowledged < total:
                await asyncio.sleep(0.05)
                progress(self.acknowledged, total)
                if failed := [task for task in tasks if task.done()]:
                    failed[0].result()
        finally:
            self._more.set()
            await asyncio.gather(*tasks)

    async def until(self, sent: int) -> None:
        """Waits until so many have been sent."""
        while self.sent < sent:
            await asyncio.sleep(0.002)

    async def first_success_after(self, instant: float, seconds: float) -> float:
        """Seconds from `instant` (`monotonic`) to the next success; infinity when none comes."""
        while self.answered_at <= instant:
            if monotonic() > instant + seconds:
                return float("inf")
            await asyncio.sleep(0.005)
        return self.answered_at - instant

    async def _work(self, browser: SupervisorBrowser, tasks: list[Iterator]) -> None:
        for task in cycle(tasks):
            if self._more.is_set():
                return
            candidate, action, fields = next(task)
            self.sent += 1
            intention = await browser.act(candidate, action, **fields)
            if intention.outcome == REFUSED and intention.status != CONFLICT:
                raise AssertionError(f"{intention.path} is answered {intention.status}")
            if intention.outcome == ACKNOWLEDGED:
                self.acknowledged += 1
                self.answered_at = monotonic()


def _tasks(room: rooms.Room, number: int) -> Iterator[Iterator]:
    """What one supervisor does again and again, on every second candidate of the room."""
    count = len(room.supervisors)
    for candidate in room.running[number::count]:
        yield _time_up_and_down(candidate)
    for candidate in room.waiting[number::count]:
        yield _let_start_or_not(candidate)


def _time_up_and_down(candidate: Candidate) -> Iterator:
    while True:
        for _ in range(MOST_GRANTS):
            yield candidate.pk, "add-time", {"minutes": 1, "reason": "key"}
        for _ in range(MOST_GRANTS):
            yield candidate.pk, "undo-time", {}


def _let_start_or_not(candidate: Candidate) -> Iterator:
    while True:
        yield candidate.pk, "authorize-start", {}
        yield candidate.pk, "withdraw-start", {}
