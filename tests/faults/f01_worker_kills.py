"""Workers are killed (SIGKILL) at any moment while supervisors work: nothing told is untrue."""

import asyncio
from random import Random

from . import people, rooms
from .cluster import Cluster
from .load import Load
from .report import Result
from .worker import Worker, all_ready

COMMANDS, KILLS = 20_000, 200
ROOMS = 8
SPARES = 2


async def kill_by_turns(load: Load, workers: list[Worker], kills: int, every: int) -> None:
    """One worker, then the other, each `every` commands, at a moment that nobody chose."""
    chance = Random(1)
    for number in range(kills):
        await load.until(round((number + chance.random()) * every))
        await asyncio.sleep(chance.uniform(0, 0.02))
        worker = workers[number % len(workers)]
        worker.restart()
        await worker.wait_ready()


async def attack(load: Load, workers: list[Worker], total: int, kills: int) -> int:
    """Returns how many commands had to be settled afterwards by their key."""
    await all_ready(workers)
    async with load.running(total):
        await kill_by_turns(load, workers, kills, every=total // kills)
    return await people.settle(load.browsers)


def run(scale: float, cluster: Cluster) -> Result:
    total, kills = round(COMMANDS * scale), round(KILLS * scale)
    made = rooms.rooms(ROOMS, running=4, waiting=4)
    history = rooms.history_of(made)
    with cluster.workers(2, spares=SPARES) as workers, asyncio.Runner() as loop:
        load = Load(made, workers, history)
        settled = loop.run(attack(load, workers, total, kills))
    findings = history.check()
    cut = len(history.ever_unknown())
    return Result(
        injected=kills,
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=findings.wrong,
        value=findings.lost + findings.doubled + findings.wrong,
        goal="0 of all commands",
        # Kills that interrupt nobody prove nothing.
        ok=cut > 0 and not (findings.lost or findings.doubled or findings.wrong),
        notes={
            "commands": len(history.intentions),
            "acknowledged": findings.acknowledged,
            "refused": findings.refused,
            "interrupted": cut,
            "settled_by_key": settled,
            "why": "; ".join(findings.what[:5]),
        },
    )
