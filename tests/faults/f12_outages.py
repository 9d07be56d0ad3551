"""The database is read-only, has no connection left, has a full disk, is stopped for a while.

Meanwhile supervisors act, candidates answer and join, pages are loaded, people log in and out.
Nothing that was told done is missing, every failure is one plain sentence with a 503, and all
goes on by itself afterwards: actions, sockets, screens.
"""

import asyncio
import contextlib
from collections import Counter
from time import monotonic

from django.db import connection

from tests import factories

from . import rooms
from .browser import Unreachable
from .cluster import Cluster
from .full_rooms import seated
from .history import ACKNOWLEDGED, History
from .outages import POOL_SIZE, SPARE_HOLDERS, DiskFull, Outage, PoolExhausted, ReadOnly, Stopped
from .people import settle
from .product_lines import Board, Seat
from .progress import Progress
from .report import Result
from .screens import all_exact
from .sufferers import (
    WatchedCandidate,
    WatchedSupervisor,
    Witness,
    Work,
    acting,
    answering,
    coming_and_going,
    joining,
    looking,
)
from .worker import Worker, all_ready

TIMES_EACH = 10
ROOMS = 2
CALM_BEFORE = 0.3  # seconds
RECOVERS_WITHIN = 10
KINDS = 4


class Scene:
    """Rooms with people, two workers, and a third room whose lock exhausts the pools."""

    def __init__(self, workers: list[Worker], made: list[rooms.Room], history: History):
        self.addresses = [worker.address for worker in workers]
        self.made, self.history, self.witness = made, history, Witness()
        self.people = made[:ROOMS]
        self.supervisors = [
            self._supervisor(room, user, at)
            for room in self.people
            for at, user in enumerate(room.supervisors)
        ]
        self.visitors = [self._supervisor(room, room.preparer, 0) for room in self.people]
        self.boards = [
            Board(each.twin(at=each.at), seed=n) for n, each in enumerate(self.supervisors)
        ]
        self.seats = [
            Seat(seated(self.addresses, each, at=n), seed=n)
            for room in self.people
            for n, each in enumerate(room.running)
        ]
        locked = made[ROOMS]
        (first, *_) = (self._supervisor(locked, user, 0) for user in locked.supervisors)
        count = (POOL_SIZE + SPARE_HOLDERS) * len(workers)
        self.holders = [first.twin(at=n) for n in range(count)]
        self.firsts: list[dict[str, float]] = []
        self.bitten: Counter[str] = Counter()
        self.what: list[str] = []

    def _supervisor(self, room: rooms.Room, user, at: int) -> WatchedSupervisor:
        browser = WatchedSupervisor(self.addresses, room.session, user, self.history, at=at)
        browser.witness = self.witness
        return browser

    def works(self) -> list[Work]:
        """What everybody does in one outage; new candidates each time. Outside the loop."""
        works = []
        for at, room in enumerate(self.people):
            supervisors = [each for each in self.supervisors if each.session == room.session]
            works += [
                acting(each, candidate.pk)
                for each, candidate in zip(supervisors, room.running, strict=True)
            ]
            works.append(
                answering(self._candidate(factories.running(room.session, room.preparer), at))
            )
            works.append(joining(self._candidate(factories.candidate(room.session), at)))
            board = supervisors[0].board_path
            sheet = f"{board}candidats/{room.running[0].pk}/"
            looker = self._supervisor(room, room.preparer, 1 - at)
            works.append(looking(looker, [board, "/candidat/", "/surveillance/", sheet, "/"]))
            works.append(coming_and_going(self.visitors[at]))
        return works

    def _candidate(self, candidate, at: int) -> WatchedCandidate:
        browser = WatchedCandidate(self.addresses, candidate, at=at)
        browser.cookies |= seated(self.addresses, candidate).cookies
        browser.witness = self.witness
        return browser

    async def suffer(self, outage: Outage, works: list[Work]) -> None:
        """One outage, from the calm before it to the moment when all is as it should be."""
        stop = asyncio.Event()
        told = self.witness.told[503]
        working = [asyncio.create_task(work(stop)) for work in works]
        await asyncio.sleep(CALM_BEFORE)
        await outage.begin()
        await asyncio.sleep(outage.seconds)
        await outage.end()
        ended = monotonic()
        kinds = {"act", "answer", "join", "look", "enter"}
        while monotonic() < ended + 2 * RECOVERS_WITHIN:
            if kinds <= self.witness.first_good(ended).keys():
                break
            await asyncio.sleep(0.02)
        first = self.witness.first_good(ended)
        self.firsts.append(first)
        self.what += [f"{outage.name}: no {what} afterwards" for what in kinds - first.keys()]
        stop.set()
        await asyncio.gather(*working)
        await settle([*self.supervisors, self.holders[0]])
        self.bitten[outage.name] += self.witness.told[503] > told
        await self._all_is_well(outage.name)

    async def _all_is_well(self, name: str) -> None:
        give_up = monotonic() + RECOVERS_WITHIN
        differences = ["no page"]
        while differences and monotonic() < give_up:
            for board in self.boards:
                board.browser.close()  # what was kept open did not survive
            with contextlib.suppress(Unreachable, ValueError):
                _, differences = await all_exact(self.boards, RECOVERS_WITHIN)
        self.what += [f"{name}: {each}" for each in differences]
        lines = [*self.boards, *self.seats]
        give_up = monotonic() + RECOVERS_WITHIN
        while not all(line.is_live for line in lines) and monotonic() < give_up:
            await asyncio.sleep(0.02)
        missing = sum(not line.is_live for line in lines)
        self.what += [f"{name}: {missing} sockets did not come back"] * bool(missing)


async def arrive(scene: Scene, stack: contextlib.AsyncExitStack) -> None:
    for board in scene.boards:
        await board.load()
    for line in [*scene.boards, *scene.seats]:
        await stack.enter_async_context(line)


def run(scale: float, cluster: Cluster) -> Result:
    times = max(1, round(TIMES_EACH * scale))
    made = rooms.rooms(ROOMS + 1, supervisors=2, running=2)
    history = rooms.history_of(made)
    progress = Progress()
    with cluster.workers(2) as workers, asyncio.Runner() as loop:
        scene = Scene(workers, made, history)
        full = DiskFull(cluster.database)
        full.prepare(factories.session())
        exhausted = PoolExhausted(cluster.database, scene.holders, made[ROOMS].running[0].pk)
        kinds = [ReadOnly(cluster.database), exhausted, full, Stopped(cluster.database)]
        stack = contextlib.AsyncExitStack()
        loop.run(all_ready(workers))
        loop.run(arrive(scene, stack))
        for done in range(times * len(kinds)):
            connection.close()  # ours did not outlive the last outage either
            works = scene.works()
            loop.run(scene.suffer(kinds[done % len(kinds)], works))
            progress(done, times * len(kinds))
        connection.close()
        closes = sum(len(line.closes) for line in [*scene.boards, *scene.seats])
        loop.run(stack.aclose())
    return _result(scene, times, closes)


def _result(scene: Scene, times: int, closes: int) -> Result:
    witness, findings = scene.witness, scene.history.check()
    lies = witness.lies()
    odd = [f"{count} × {sentence}" for sentence, count in witness.odd.most_common()]
    slowest = max((max(first.values(), default=99) for first in scene.firsts), default=99)
    injected = sum(scene.bitten.values())
    wrong = findings.wrong + sum(witness.odd.values()) + len(scene.what)
    lost = findings.lost + len(lies)
    acknowledged = sum(each.outcome == ACKNOWLEDGED for each in scene.history.intentions)
    return Result(
        injected=injected,
        lost=lost,
        doubled=findings.doubled,
        wrong=wrong,
        value=f"{lost} false successes, good again after {slowest:.1f} s",
        goal="0 false successes, a plain 503, good again within 10 s",
        ok=not (lost or findings.doubled or wrong)
        and slowest <= RECOVERS_WITHIN
        and injected == times * KINDS,
        notes={f"{name}": f"{count} of {times} bit" for name, count in scene.bitten.items()}
        | {"disk": "files limited by RLIMIT_FSIZE on PostgreSQL's processes"}
        | {"answers": dict(witness.told), "acknowledged actions": acknowledged}
        | {"answers saved": len(witness.answers), "joins": len(witness.joined)}
        | {"log-outs": len(witness.logged_out), "sockets closed": closes}
        | {"why": "; ".join((lies + odd + scene.what + findings.what)[:6])},
    )
