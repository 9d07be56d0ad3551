"""Every socket of a process is dropped at once: a graceful restart, then a SIGKILL.

Pages come back by the product's own rule while people go on acting, answering and loading pages.
The database's log tells how many statements the return of one socket costs: those of the time of
the restart, minus those of a time without one in which people do the same.
"""

import asyncio
import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic

from candidates.models import Candidate
from candidates.stages import stage_of

from . import rooms, statements
from .browser import Unreachable
from .cluster import Cluster
from .full_rooms import seated
from .history import ACKNOWLEDGED, History
from .people import BUSY, WAITS, CandidateBrowser, SupervisorBrowser
from .product_lines import Board, Seat
from .report import Result
from .screens import Shown
from .worker import Worker, all_ready

ROOMS, RUNNING, WAITING, SUPERVISORS = 20, 36, 4, 2
EXACT_WITHIN, QUERIES_PER_SOCKET = 10, 3
GIVE_UP = 45  # seconds
ARRIVE_TOGETHER = 40  # sockets opened at once at the beginning
ACTING_FOR = 2.0  # seconds from the restart on in which people begin something


@dataclass
class Restart:
    """One window: how long until all were exact, and what the database was asked in it."""

    how: str
    exact_after: float = 0.0
    queued: float = 0.0  # of it, waiting for a processor that others had
    busy: float = 0.0  # computed by the new server in it
    count: statements.Count | None = None
    what: list[str] = field(default_factory=list)


class People:
    """All who look at the rooms, and what some of them do meanwhile."""

    def __init__(self, made: list[rooms.Room], worker: Worker, history: History):
        self.worker, self.history = worker, history
        self.chance = Random(11)
        addresses = [worker.address]
        self.acting = [each.browsers([worker], history, pace=1.0) for each in made]
        watching = [browser for browsers in self.acting for browser in browsers]
        self.boards = [Board(browser.twin(at=0), seed=n) for n, browser in enumerate(watching)]
        people = [person for each in made for person in each.running + each.waiting]
        self.seats = [Seat(seated(addresses, each), seed=n) for n, each in enumerate(people)]
        self.answering = [seated(addresses, each.running[-1]) for each in made]
        self.acted_on = [each.running[0].pk for each in made]
        self.question = 0
        self.failed: list[str] = []
        self.requests = self.resent = 0

    async def arrive(self, stack: contextlib.AsyncExitStack) -> None:
        for board in self.boards:
            await board.load()
        lines = [*self.boards, *self.seats]
        for first in range(0, len(lines), ARRIVE_TOGETHER):
            arriving = lines[first : first + ARRIVE_TOGETHER]
            for line in arriving:
                await stack.enter_async_context(line)
            while not all(line.frames["board"] or line.frames["seat"] for line in arriving):
                await asyncio.sleep(0.01)

    async def are_busy(self) -> None:
        """In each room one acts, one loads the board, and a candidate answers."""
        self.question += 1
        doing = []
        for (one, other), candidate, answering in zip(
            self.acting, self.acted_on, self.answering, strict=True
        ):
            doing += [
                self._act(one, candidate),
                self._load(other),
                self._answer(answering),
            ]
        await asyncio.gather(*doing)

    async def _act(self, browser: SupervisorBrowser, candidate: int) -> None:
        await self._begin()
        done = await browser.act(candidate, "add-time", minutes=1, reason="key")
        self.resent += len(done.attempts) - 1
        if done.outcome != ACKNOWLEDGED:
            self.failed.append(f"add-time ends with {done.status}")

    async def _load(self, browser: SupervisorBrowser) -> None:
        await self._insist(lambda: browser.get(browser.board_path), 200)

    async def _answer(self, browser: CandidateBrowser) -> None:
        await self._insist(lambda: browser.reply(self.question), 303)

    async def _insist(self, ask, expected: int) -> None:
        """As a person with the product's own rule: again after no reply or a busy service."""
        await self._begin()
        status = None
        for wait in (*WAITS, None):
            with contextlib.suppress(Unreachable):
                status = (await ask()).status
                if status not in BUSY:
                    break
            if wait is not None:
                self.resent += 1
                await asyncio.sleep(wait)
        if status != expected:
            self.failed.append(f"{expected} expected, ends with {status}")

    async def _begin(self) -> None:
        self.requests += 1
        await asyncio.sleep(self.chance.random() * ACTING_FOR)


async def restart(people: People, how: str, cluster: Cluster) -> Restart:
    """The window from the signal to the moment when nobody is missing and nothing is due."""
    window = Restart(how)
    lines = [*people.boards, *people.seats]
    for line in lines:
        line.watch()
    began, queued = monotonic(), _scheduled(os.getpid())[1]
    with statements.counted(cluster.database) as window.count:
        busy = asyncio.create_task(people.are_busy())
        computed, waited = await _replace(people.worker, how)
        give_up = began + GIVE_UP
        while any(line.back_at is None for line in lines) and monotonic() < give_up:
            await asyncio.sleep(0.05)
        await busy
    then = _scheduled(people.worker.pid)
    window.busy = then[0] - computed
    window.queued = max(then[1] - waited, _scheduled(os.getpid())[1] - queued)
    window.what = await _inexact(people)
    window.exact_after = max(line.settled_at or give_up for line in lines) - began
    return window


def _scheduled(pid: int) -> tuple[float, float]:
    """Seconds that a process has computed, and that its main thread waited for a processor."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        _, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    except (OSError, ValueError):
        return 0.0, 0.0
    ticks = int(fields[11]) + int(fields[12])  # user and system
    return ticks / os.sysconf("SC_CLK_TCK"), int(waited) / 1e9


async def _replace(worker: Worker, how: str) -> tuple[float, float]:
    """Another process at the same address as soon as the first has left it; as `_scheduled`
    of it when it begins to serve."""
    if how == "SIGTERM":
        worker.term()
        await asyncio.to_thread(worker.process.wait)
        worker.process.stdin.close()
        worker.start()
    else:
        worker.restart()
    return _scheduled(worker.pid)


async def quiet(people: People, seconds: float, cluster: Cluster) -> statements.Count:
    """The same people do the same in `seconds` without a restart."""
    with statements.counted(cluster.database) as count:
        began = monotonic()
        await people.are_busy()
        await asyncio.sleep(max(0, began + seconds - monotonic()))
    return count


async def _inexact(people: People) -> list[str]:
    """The boards that are not as a fresh load; one that is still on its way gets a moment."""
    what = []
    for board in people.boards:
        fresh = await _fresh(board)
        await board.reaches(fresh.version, 3)
        if told := board.shown.difference(fresh):
            what.append(f"{board.browser.session.number}: {told}")
    return what


async def _fresh(board: Board) -> Shown:
    """A reload, pressed again while the service is busy."""
    give_up = monotonic() + GIVE_UP
    while True:
        board.browser.close()  # what it kept open was to the process that is gone
        try:
            return await board.fresh()
        except (Unreachable, ValueError):
            if monotonic() > give_up:
                raise
        await asyncio.sleep(0.5)


def wrong_seats(people: People) -> list[str]:
    """The candidates whose page does not show what the database holds. Outside the loop."""
    ids = [each.browser.candidate.pk for each in people.seats]
    now = Candidate.objects.with_facts().select_related("session").in_bulk(ids)
    what = []
    for seat in people.seats:
        candidate = now[seat.browser.candidate.pk]
        ends_at = candidate.ends_at.isoformat() if candidate.ends_at else None
        expected = (str(stage_of(candidate, candidate.seat)), ends_at, None)
        if seat.content() != expected:
            what.append(f"candidate {candidate.pk}: {seat.content()} and not {expected}")
    return what


def run(scale: float, cluster: Cluster) -> Result:
    count = round(ROOMS * scale)
    made = rooms.rooms(count, supervisors=SUPERVISORS, running=RUNNING, waiting=WAITING)
    history = rooms.history_of(made)
    restarts, what = [], []
    with cluster.workers(1, spares=2) as workers, asyncio.Runner() as loop:
        (worker,) = workers
        people = People(made, worker, history)
        stack = contextlib.AsyncExitStack()
        loop.run(all_ready(workers))
        loop.run(people.arrive(stack))
        worker.standby.count = 0  # the spares are loaded by now: nothing else starts
        statements.log_all(cluster.database, on=True)
        for how in ("SIGTERM", "SIGKILL"):
            restarts.append(loop.run(restart(people, how, cluster)))
            what += restarts[-1].what + wrong_seats(people)
        shortest = min(each.count.seconds for each in restarts)
        usual = loop.run(quiet(people, shortest, cluster))
        statements.log_all(cluster.database, on=False)
        loop.run(stack.aclose())
    return _result(people, restarts, usual, what)


def _result(
    people: People, restarts: list[Restart], usual: statements.Count, what: list[str]
) -> Result:
    sockets = len(people.boards) + len(people.seats)
    findings = people.history.check()
    queries = [(each.count.statements - usual.statements) / sockets for each in restarts]
    slowest = max(each.exact_after for each in restarts)
    own = max(each.exact_after - each.queued for each in restarts)
    wrong = len(what) + findings.wrong + len(people.failed)
    notes = {
        each.how: f"exact after {each.exact_after:.1f} s ({each.queued:.1f} s without a processor, "
        f"server computed {each.busy:.1f} s), {per_socket:.2f} queries a socket "
        f"and {each.count.frames / sockets:.2f} BEGIN, COMMIT, SET"
        for each, per_socket in zip(restarts, queries, strict=True)
    }
    return Result(
        injected=sockets * len(restarts),
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=wrong,
        value=f"{slowest:.1f} s, {max(queries):.2f} queries a socket, {len(people.failed)} 5xx",
        goal="exact within 10 s, at most 3 queries a socket, 0 5xx seen",
        ok=own <= EXACT_WITHIN
        and max(queries) <= QUERIES_PER_SOCKET
        and not (wrong or findings.lost or findings.doubled),
        notes=notes
        | {"without a restart": f"{usual.statements} queries in {usual.seconds:.1f} s"}
        | {"server": "one uvicorn, its replacement loaded beforehand"}
        | {"requests": people.requests, "sent again": people.resent}
        | {"why": "; ".join((what + people.failed + findings.what)[:5])},
    )
