"""A supervisor is lost, in each way that there is, and comes back by number and code.

Rooms hold candidates in every state. Nothing of the session may change by it, except what a
command that was cut on its way does; that one is settled by its key. The screen that the person
gets back equals a fresh load.
"""

import asyncio
import contextlib
from collections import Counter
from random import Random
from statistics import median

from . import rooms, session_rows
from .cluster import Cluster
from .full_rooms import full_room
from .losses import KINDS, Lost
from .progress import Progress
from .proxy import Proxy
from .report import Result
from .worker import all_ready

LOSSES = 1_000
ROOMS, FEWEST_ROOMS = 16, 4
PING_PATIENCE = 22  # the server gives up a silent socket after 5 + 15 s


async def lose_all(lost: list[Lost], cluster: Cluster, ports: list[int], total: int) -> None:
    """`total` losses, shared out among the rooms, every kind as often."""
    kinds = Random(5).sample([KINDS[n % len(KINDS)] for n in range(total)], total)
    progress, done = Progress(), 0

    async def one_room(each: Lost) -> None:
        nonlocal done
        while kinds:
            await each.lose(kinds.pop())
            done += 1
            progress(done, total)

    async with contextlib.AsyncExitStack() as stack:
        for number, each in enumerate(lost):
            proxies = []
            for port in ports[2 * number : 2 * number + 2]:
                proxy = Proxy("127.0.0.1", int(each.addresses[number % 2].rpartition(":")[2]))
                proxy.port = port
                proxies.append(await stack.enter_async_context(proxy))
            database = await stack.enter_async_context(
                await session_rows.connected(cluster.database.url)
            )
            await stack.enter_async_context(each.stays)
            await stack.enter_async_context(each.seat)
            await each.seat.reaches("paused" if each.full.is_paused else "question", 20)
            await each.begin(database, proxies)
        await asyncio.gather(*map(one_room, lost))
        patience = PING_PATIENCE if total == LOSSES else 0
        await asyncio.gather(*(each.end(patience) for each in lost))


def run(scale: float, cluster: Cluster) -> Result:
    total = round(LOSSES * scale)
    full = [full_room(paused=n % 4 == 3) for n in range(max(FEWEST_ROOMS, round(ROOMS * scale)))]
    history = rooms.history_of([each.room for each in full])
    ports = [cluster.port() for _ in range(2 * len(full))]
    proxies = tuple(f"http://127.0.0.1:{port}" for port in ports)
    with cluster.workers(2, more_addresses=proxies) as workers:
        lost = [Lost(n, each, workers, history) for n, each in enumerate(full)]
        with asyncio.Runner() as loop:
            loop.run(all_ready(workers))
            loop.run(lose_all(lost, cluster, ports, total))
    findings = history.check()
    what = [sentence for each in lost for sentence in each.findings.what] + findings.what
    wrong = sum(each.findings.wrong for each in lost)
    seconds = sorted(second for each in lost for second in each.seconds)
    happened = sum((each.happened for each in lost), Counter())
    injected = sum(happened[kind] for kind in KINDS)
    changed = wrong + findings.wrong + findings.lost + findings.doubled
    return Result(
        injected=injected,
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=wrong + findings.wrong,
        value=f"{changed} rows or screens wrong",
        goal="0 rows changed, every screen as a fresh load",
        ok=changed == 0 and injected >= 0.98 * total,
        notes=dict(happened)
        | {"back, median s": round(median(seconds), 2), "at most s": round(seconds[-1], 2)}
        | {"why": "; ".join(what[:5])},
    )
