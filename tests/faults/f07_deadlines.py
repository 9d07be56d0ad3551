"""Stops around deadlines, with three timekeepers at once: each effect once, none early.

Two workers under uvicorn and one under daphne are killed, asked to stop or frozen around the end
hours of tests, the marks before them, and the last instants of authorisations; often all three.
"""

import asyncio
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from time import monotonic

from . import deadlines
from .cluster import Cluster
from .deadlines import Deadline, here
from .keepers import FREEZE, KILL, TERM, Keeper, late, nobody_up
from .pace import Pace, measured
from .progress import Progress
from .report import Result

STOPS = 60
GAP = 2.4  # seconds between deadlines: the stops around them overlap
AROUND = 2.0  # seconds before or after its deadline that a stop happens at most
DOWN = (0.6, 3.0)  # seconds that a stop lasts, without the start of the next process
CALM = 2.0  # seconds of deadlines before the first stop, for the baseline
SCATTER = (0.0, 0.0, 0.25, 0.5)  # seconds that some deadlines come after the others
# A second of sleep, and one for the work, which takes longer on a machine that is busy.
SLEEP, WORK = timedelta(seconds=1), timedelta(seconds=1)
LATE = SLEEP + WORK


class Stops:
    def __init__(self, keepers: list[Keeper], count: int):
        self.keepers, self.count = keepers, count
        self.chance = Random(7)
        self.done = self.all_down = 0
        self.victims = {KILL: 0, TERM: 0, FREEZE: 0}
        self.manners = cycle(self.victims)

    async def run(self, first: datetime) -> None:
        """The stops, each around its own deadline; returns when everybody is up again."""
        await asyncio.gather(*(self._around(number, first) for number in range(self.count)))

    async def _around(self, number: int, first: datetime) -> None:
        due = first + timedelta(seconds=GAP * number)
        offset = self.chance.uniform(-AROUND, AROUND)
        wanted = (1, 3, 2)[number % 3]
        await _until(due + timedelta(seconds=offset))
        while not any(keeper.is_up for keeper in self.keepers):
            await asyncio.sleep(0.05)
        up = [keeper for keeper in self.keepers if keeper.is_up]
        victims = self.chance.sample(up, min(wanted, len(up)))
        self.done += self._is_near_a_deadline(first)
        await asyncio.gather(*(self._stop(keeper, next(self.manners)) for keeper in victims))

    def _is_near_a_deadline(self, first: datetime) -> bool:
        """When nobody was left to be stopped, a stop comes later, around another deadline."""
        passed = (here() - first).total_seconds() / GAP
        nearest = min(max(round(passed), 0), self.count - 1)
        return abs(passed - nearest) * GAP <= AROUND

    async def _stop(self, keeper: Keeper, manner: str) -> None:
        self.victims[manner] += 1
        await keeper.stop(manner, self.chance.uniform(*DOWN))


async def _until(instant: datetime) -> None:
    await asyncio.sleep(max(0.0, (instant - here()).total_seconds()))


def schedule(groups: list[list[Deadline]], calm: list[Deadline]) -> datetime:
    """Sets every deadline; returns that of the first stop."""
    chance = Random(77)
    begin = here() + timedelta(seconds=1)
    for number, each in enumerate(calm):
        each.set(begin + timedelta(seconds=CALM * number / len(calm)))
    first = begin + timedelta(seconds=CALM + LATE.total_seconds())
    for number, group in enumerate(groups):
        for each in group:
            seconds = GAP * number + chance.choice(SCATTER)
            each.set(first + timedelta(seconds=seconds))
    return first


async def _all(keepers: list[Keeper]) -> None:
    await asyncio.gather(*(keeper.comes_up() for keeper in keepers))


async def _stops(stops: Stops, first: datetime) -> Pace:
    progress = Progress()
    async with measured() as pace:
        running = asyncio.create_task(stops.run(first))
        while not running.done():
            progress(stops.done, stops.count)
            await asyncio.sleep(0.5)
        await running
        await _until(here() + LATE + timedelta(seconds=0.5))
    return pace


def run(scale: float, cluster: Cluster) -> Result:
    count = round(STOPS * scale)
    with (
        cluster.workers(2, spares=2) as two,
        cluster.workers(1, kind="daphne", spares=1) as third,
    ):
        groups = [deadlines.of_a_room_pair(each=1) for _ in range(count)]
        calm = deadlines.of_a_room_pair(each=2)
        keepers = [Keeper(worker, cluster.database.url) for worker in (*two, *third)]
        stops = Stops(keepers, count)
        with asyncio.Runner() as loop:
            loop.run(_all(keepers))
            since = here()
            first = schedule(groups, calm)
            pace = loop.run(_stops(stops, first))
    return _result(stops, groups, calm, since, pace)


def _result(
    stops: Stops, groups: list, calm: list[Deadline], since: datetime, pace: Pace
) -> Result:
    every = [each for group in groups for each in group]
    findings = deadlines.judge(every + calm, since)
    worst, too_late = _lateness(every, stops.keepers, pace)
    for sentence in too_late:
        findings.note("wrong", 1, sentence)
    for keeper in stops.keepers:
        kind = keeper.worker.standby.kind
        findings.note("wrong", keeper.slow_ends, f"{kind} asked to stop did not")
    resting = [(each.happened - each.due).total_seconds() for each in calm if each.happened]
    return Result(
        injected=stops.done,
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=findings.wrong,
        value=f"worst {worst:.2f} s late",
        goal=f"each once, none early, at most {LATE.total_seconds():.0f} s late",
        ok=not (findings.lost or findings.doubled or findings.wrong) and stops.done == stops.count,
        notes={
            "deadlines": len(every) + len(calm),
            "calm_worst": round(max(resting, default=0.0), 2),
            "machine_slower": round(pace.mean, 1),
            "nobody_up_at": sum(nobody_up(each.due, stops.keepers) for each in every),
            "frozen_holding_the_lock": sum(len(keeper.held) for keeper in stops.keepers),
        }
        | stops.victims
        | {"why": "; ".join(findings.what[:5])},
    )


def _lateness(every: list[Deadline], keepers: list[Keeper], pace: Pace) -> tuple[float, list[str]]:
    """The worst one in seconds, and a sentence for each that is over the limit."""
    worst, too_late = 0.0, []
    to_monotonic = monotonic() - here().timestamp()
    for each in filter(lambda each: each.happened, every):
        seconds = late(each.due, each.happened, keepers, LATE)
        happened = each.happened.timestamp() + to_monotonic
        slower = pace.between(happened - seconds, happened)
        worst = max(worst, seconds)
        if seconds > (SLEEP + WORK * slower).total_seconds():
            told = f"{seconds:.2f} s late, machine {slower:.1f} times slower"
            too_late.append(f"{each.kind} of candidate {each.candidate.pk}: {told}")
    return worst, too_late
