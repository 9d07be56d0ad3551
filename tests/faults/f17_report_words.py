"""Computers die, and the server, while two supervisors of each room type their words on the PV.

Of whoever's computer died, at most 5 s are lost; of the other one, and under a server killed,
nothing. The pages are real ones, in Chromium.
"""

import asyncio

from playwright.async_api import Browser, async_playwright

from tests import chromium

from . import pace, rooms
from .by_orm import by_orm
from .cluster import Cluster
from .pace import Pace
from .people import session_cookie
from .progress import Progress
from .report import Result
from .worker import Worker
from .writers import Writer

CRASHES = 100
ROOMS = 4
TYPING = 6.5  # seconds before each crash
LOST_SECONDS = 5.0
SETTLED = 1.0  # seconds, for what had left before the crash
SERVER_TURN = 5  # in each fifth turn, it is the server that dies


class Row:
    def __init__(self, pairs: list[list[Writer]], worker: Worker):
        self.pairs, self.worker = pairs, worker
        self.everybody = [writer for pair in pairs for writer in pair]
        self.crashes = self.kills = self.turns = self.lost = 0
        self.unkept: list[float] = []
        self.wrong: list[str] = []
        self.progress = Progress()

    async def run(self, count: int) -> None:
        async with async_playwright() as playwright, pace.measured() as slowness:
            browser = await playwright.chromium.launch(**chromium.options())
            await asyncio.gather(*(each.open(browser) for each in self.everybody))
            while self.injected < count:
                self.turns += 1
                if self.turns % SERVER_TURN == 0:
                    await self._kill_the_server()
                else:
                    victims = [pair[self.turns % 2] for pair in self.pairs]
                    await self._crash(victims[: count - self.injected], browser, slowness)
                self.progress(self.injected, count)
            await self._rest()
            await browser.close()

    @property
    def injected(self) -> int:
        return self.crashes + self.kills

    async def _crash(self, victims: list[Writer], browser: Browser, slowness: Pace) -> None:
        await asyncio.gather(*(each.write(TYPING) for each in self.everybody))
        died_at = await asyncio.gather(*(each.crash() for each in victims))
        others = [each for each in self.everybody if each not in victims]
        await asyncio.gather(asyncio.sleep(SETTLED), *(each.write(SETTLED) for each in others))
        for victim, at in zip(victims, died_at, strict=True):
            self.crashes += 1
            await self._judge(victim, at, slowness)
            if await victim.open(browser) != victim.kept:
                self.wrong.append("the page shows other words than those that are kept")

    async def _judge(self, victim: Writer, at: float, slowness: Pace) -> None:
        before = victim.kept
        await by_orm(victim.look)
        unkept = victim.unkept_since(at)
        self.unkept.append(unkept)
        self.lost += unkept > LOST_SECONDS * slowness.between(at - LOST_SECONDS, at)
        if not (victim.typed.startswith(victim.kept) and victim.kept.startswith(before)):
            self.wrong.append("what is kept is not what was typed")

    async def _kill_the_server(self) -> None:
        writing = [asyncio.create_task(each.write(TYPING)) for each in self.everybody]
        await asyncio.sleep(TYPING / 3)
        self.worker.restart()
        self.kills += 1
        await self.worker.wait_ready()
        await asyncio.gather(*writing)

    async def _rest(self) -> None:
        """Nobody types any more: in the end, every word of everybody is kept."""
        for _ in range(30):
            await asyncio.sleep(1)
            for each in self.everybody:
                await by_orm(each.look)
            if all(each.kept == each.typed for each in self.everybody):
                break
        for each in self.everybody:
            self.lost += each.kept != each.typed
            self.wrong += each.errors

    def result(self) -> Result:
        worst = max(self.unkept)
        return Result(
            injected=self.injected,
            lost=self.lost,
            doubled=0,
            wrong=len(self.wrong),
            value=f"{worst:.1f} s of one’s own words lost at worst, none of others",
            goal=f"at most {LOST_SECONDS:.0f} s, none of others",
            ok=worst <= LOST_SECONDS and not (self.lost or self.wrong),
            notes={
                "computers": self.crashes,
                "servers": self.kills,
                "words": sum(each.words for each in self.everybody),
                "median s lost": round(sorted(self.unkept)[len(self.unkept) // 2], 1),
                "why": "; ".join(self.wrong[:4]),
            },
        )


def run(scale: float, cluster: Cluster) -> Result:
    made = rooms.rooms(ROOMS)
    with cluster.workers(1, spares=1) as (worker,), asyncio.Runner() as loop:
        loop.run(worker.wait_ready())
        pairs = [
            [
                Writer(worker.address, room.session, user, session_cookie(user))
                for user in room.supervisors
            ]
            for room in made
        ]
        row = Row(pairs, worker)
        loop.run(row.run(max(6, round(CRASHES * scale))))
        return row.result()
