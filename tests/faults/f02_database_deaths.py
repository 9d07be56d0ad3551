"""PostgreSQL dies, at once or by SIGKILL, while supervisors work: what was acknowledged is there.

The same again on a server that acknowledges before it writes must lose something: otherwise this
test could not see a loss.
"""

import asyncio
from random import Random
from time import monotonic

from django.db import connection

from . import people, rooms
from .cluster import Cluster
from .database import FORGETFUL, Database
from .history import Findings
from .load import Load
from .report import Result
from .worker import Worker, all_ready

ACKNOWLEDGED, DEATHS = 20_000, 40  # half of them immediate stops, half SIGKILL
CONTROL = 1_000
ROOMS = 8
GOAL = 10  # seconds from its return to the first good action
AWAY = (0.0, 0.5, 2.0, 6.0)  # seconds that it stays dead; the longest ones make clients back off


async def die_by_turns(load: Load, database: Database, deaths: int, every: int) -> list[float]:
    """Returns the seconds from each return to the first good action."""
    chance = Random(2)
    delays = []
    for number in range(deaths):
        await load.until(load.sent + round(chance.uniform(0.7, 1.0) * every))
        how = database.kill if number % 2 else database.stop_at_once
        await asyncio.to_thread(how)
        await asyncio.sleep(AWAY[number // 2 % len(AWAY)])
        await asyncio.to_thread(database.start)
        delays.append(await load.first_success_after(monotonic(), 60))
    return delays


async def attack(load: Load, workers: list[Worker], database: Database, total: int, deaths: int):
    await all_ready(workers)
    async with load.running(total):
        delays = await die_by_turns(load, database, deaths, every=total // deaths)
    return delays, await people.settle(load.browsers)


async def forget(load: Load, database: Database, total: int) -> None:
    """One death of a server that has not written what it acknowledged."""
    async with load.running(total):
        await load.until(total)
        await asyncio.to_thread(database.kill)
        await asyncio.to_thread(database.start)
    await people.settle(load.browsers)


def control(made: list[rooms.Room], workers: list[Worker], loop, database: Database, total: int):
    """How many acknowledged commands the forgetful server loses."""
    history = rooms.history_of(made)
    load = Load(made, workers, history)  # logged in before, where nothing is forgotten
    connection.close()
    database.stop_at_once()
    database.start(*FORGETFUL)
    loop.run(forget(load, database, total))
    return history.check()


def run(scale: float, cluster: Cluster) -> Result:
    total, deaths = round(ACKNOWLEDGED * scale), round(DEATHS * scale)
    made = rooms.rooms(ROOMS, running=4, waiting=4)
    history = rooms.history_of(made)
    with cluster.workers(2) as workers, asyncio.Runner() as loop:
        load = Load(made, workers, history)
        connection.close()
        delays, settled = loop.run(attack(load, workers, cluster.database, total, deaths))
        findings: Findings = history.check()
        forgotten = control(made, workers, loop, cluster.database, round(CONTROL * scale))
    worst = max(delays)
    told_the_truth = not (findings.lost or findings.doubled or findings.wrong)
    return Result(
        injected=deaths,
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=findings.wrong,
        value=round(worst, 2),
        goal=f"0 lost; first good action within {GOAL} s",
        ok=told_the_truth and worst <= GOAL and forgotten.lost > 0,
        notes={
            "acknowledged": findings.acknowledged,
            "interrupted": len(history.ever_unknown()),
            "settled_by_key": settled,
            "median_seconds": round(sorted(delays)[len(delays) // 2], 2),
            "control_lost": forgotten.lost,
            "control_acknowledged": forgotten.acknowledged,
            "why": "; ".join(findings.what[:5]),
        },
    )
