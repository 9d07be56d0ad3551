"""“+10 min” clicked twice, on both workers at once, and again through their kills: one time."""

import asyncio
import copy
from datetime import timedelta
from itertools import cycle
from random import Random

from candidates.models import Candidate

from . import rooms
from .cluster import Cluster
from .history import ACKNOWLEDGED, Findings, History, Intention
from .people import SupervisorBrowser
from .progress import Progress
from .report import Result
from .worker import Worker, all_ready

CLICKS, KILLS = 10_000, 40
ROOMS, RUNNING = 8, 6
SPARES = 2
MINUTES = 10
GAPS = (0.0, 0.0, 0.002, 0.03)  # seconds between the two clicks


class Clicks:
    """`count` counts the double clicks that were sent."""

    def __init__(self, made: list[rooms.Room], workers: list[Worker], history: History):
        self.history = history
        self.people = []
        for room in made:
            for number, tab in enumerate(room.browsers(workers, history)):
                candidates = [each.pk for each in room.running[number :: len(room.supervisors)]]
                self.people.append((tab, tab.twin(at=tab.at + 1), candidates))
        self.chance = Random(9)
        self.count = 0
        self.differing = 0

    async def click(self, total: int) -> None:
        await asyncio.gather(*(self._work(total, *each) for each in self.people))

    async def _work(
        self, total: int, tab: SupervisorBrowser, twin: SupervisorBrowser, candidates: list[int]
    ) -> None:
        progress = Progress()
        for candidate in cycle(candidates):
            if self.count >= total:
                return
            self.count += 1
            progress(self.count, total)
            first = tab.intend(candidate, "add-time", minutes=MINUTES, reason="key")
            second = _again(first)
            await asyncio.gather(tab.send(first), self._later(twin, second))
            await asyncio.gather(tab.settle(first), twin.settle(second))
            self.differing += (first.status, first.answer) != (second.status, second.answer)

    async def _later(self, twin: SupervisorBrowser, second: Intention) -> None:
        await asyncio.sleep(self.chance.choice(GAPS))
        await twin.send(second)


def _again(first: Intention) -> Intention:
    """The same intention, as the second click sends it."""
    second = copy.copy(first)
    second.attempts = []
    return second


async def attack(clicks: Clicks, workers: list[Worker], total: int, kills: int) -> None:
    await all_ready(workers)
    killing = asyncio.create_task(_kill(clicks, workers, total, kills))
    await clicks.click(total)
    await killing


async def _kill(clicks: Clicks, workers: list[Worker], total: int, kills: int) -> None:
    chance = Random(10)
    for number in range(kills):
        while clicks.count < (number + chance.random() * 0.8) * total / kills:
            await asyncio.sleep(0.002)
        worker = workers[number % len(workers)]
        worker.restart()
        await worker.wait_ready()


def seconds_off(before: dict[int, Candidate], history: History) -> float:
    """How far the ends are, in all, from their old ones and 10 minutes for each success."""
    clicks = dict.fromkeys(before, 0)
    for intention in history.intentions:
        clicks[intention.candidate_id] += intention.outcome == ACKNOWLEDGED
    after = Candidate.objects.with_facts().in_bulk(list(before))
    moved = {pk: after[pk].ends_at - before[pk].ends_at for pk in before}
    off = (moved[pk] - timedelta(minutes=MINUTES * count) for pk, count in clicks.items())
    return sum(abs(each.total_seconds()) for each in off)


def run(scale: float, cluster: Cluster) -> Result:
    total, kills = round(CLICKS * scale), round(KILLS * scale)
    made = rooms.rooms(ROOMS, running=RUNNING)
    before = {each.pk: each for room in made for each in room.running}
    history = rooms.history_of(made)
    with cluster.workers(2, spares=SPARES) as workers, asyncio.Runner() as loop:
        clicks = Clicks(made, workers, history)
        loop.run(attack(clicks, workers, total, kills))
    findings: Findings = history.check()
    findings.note("wrong", clicks.differing, "the two clicks were answered differently")
    off = seconds_off(before, history)
    cut = len(history.ever_unknown())
    return Result(
        injected=total,
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=findings.wrong,
        value=off,
        goal="0 s off, one line each",
        ok=cut > 0 and not (off or findings.lost or findings.doubled or findings.wrong),
        notes={
            "kills": kills,
            "acknowledged": findings.acknowledged,
            "refused": findings.refused,
            "interrupted": cut,
            "why": "; ".join(findings.what[:5]),
        },
    )
