"""Losses and returns of candidates: by themselves, a whole room, in a black hole, with a worker."""

import asyncio
from dataclasses import dataclass
from random import Random
from time import monotonic

from .candidates import CLOSE, NOTHING, RESET
from .proxy import Proxy
from .sitters import Sitter, Sums
from .worker import Worker

GRACE = 14  # seconds, of every session here
# Seconds of an absence: not shown; shown, and within the grace; after it.
BLIP, WITHIN, AFTER = (0.5, 7.0), (11.2, 12.6), (14.4, 15.6)
MIDDLE = "in the middle of an answer"
# How they come back: the same browser by its socket or by a page load; a second computer while
# the first is connected, while it is away, at the same instant as it; after an authorisation
# given meanwhile, the same browser or a second computer.
SAME, PAGE, CONNECTED, SECOND, BOTH = "same", "page", "connected", "second", "both"
LET_IN, SECOND_LET_IN = "let in", "second let in"
# Both computers are lost while the second one waits for the seat, and it is back first.
QUEUED = "queued"
MINUTES = (0, 0, 1, 3)  # given back
MIDST = (0.0, 0.004, 0.01, 0.03)  # seconds after an answer is sent
DEAD = 10  # seconds after its end, at the earliest, others take a process for dead
PINGED_OUT = 20.5  # seconds after which the server knows of a black hole


@dataclass(frozen=True)
class Case:
    how: str
    seconds: float
    back: str


KINDS = [(BLIP, back) for back in (SAME, PAGE, CONNECTED, SECOND, BOTH)] + [(AFTER, QUEUED)]
KINDS += [
    (length, back)
    for back in (SAME, PAGE, SECOND, BOTH, LET_IN, SECOND_LET_IN)
    for length in (WITHIN, AFTER)
]


def cases(first: int, count: int, chance: Random) -> list[Case]:
    """The `count` kinds from number `first` on, round and round."""
    numbers = range(first, first + count)
    kinds = [KINDS[number % len(KINDS)] for number in numbers]
    hows = [(CLOSE, RESET, MIDDLE)[chance.randrange(3)] for _ in numbers]
    return [
        Case(how, chance.uniform(*length), back)
        for how, (length, back) in zip(hows, kinds, strict=True)
    ]


class Absences:
    def __init__(self, sums: Sums, chance: Random):
        self.sums, self.chance = sums, chance

    async def go_through(self, sitter: Sitter, case: Case) -> None:
        """One loss and the return from it, checked; afterwards one computer goes on."""
        self.sums.losses[case.how if case.back != CONNECTED else "given up"] += 1
        self.sums.returns[case.back] += 1
        if case.back == CONNECTED:
            await self._second(sitter)
            await sitter.check(may_ask=False)
            await sitter.computer.lose(case.how if case.how != MIDDLE else RESET)
        else:
            if case.back == QUEUED:
                await self._second(sitter)
                await sitter.computers[1].lose(RESET)
            await self._lose(sitter, case.how)
            await self._stay_away(sitter, case)
            await self._come_back(sitter, case.back)
            await sitter.check()
        await sitter.settle(self.chance.choice(MINUTES))

    async def _lose(self, sitter: Sitter, how: str) -> None:
        if how == MIDDLE:
            await sitter.answer_lost(self.chance.choice(MIDST))
            how = RESET
        await sitter.computer.lose(how)

    async def _stay_away(self, sitter: Sitter, case: Case) -> None:
        ahead = 0.4 if case.back in {LET_IN, SECOND_LET_IN} else 0.0
        await asyncio.sleep(case.seconds - ahead)
        if ahead:
            # Refused while the board does not show the absence yet; then nothing was given.
            await sitter.authorize(self.chance.choice(MINUTES))

    async def _come_back(self, sitter: Sitter, back: str) -> None:
        if back in {SECOND, SECOND_LET_IN}:
            await self._second(sitter)
        elif back == BOTH:
            await asyncio.gather(sitter.computer.connect(), self._second(sitter))
        elif back == QUEUED:
            for computer in reversed(sitter.computers):
                await computer.connect()
        else:
            if back == PAGE:
                await sitter.computer.stage()
            await sitter.computer.connect()

    async def _second(self, sitter: Sitter) -> None:
        await sitter.another_computer(self.chance.choice(sitter.safe))

    async def whole_room(self, sitters: list[Sitter], length: tuple[float, float]) -> None:
        """The room's network is gone for all of them at once."""
        seconds = self.chance.uniform(*length)
        how = self.chance.choice((CLOSE, RESET))
        backs = [(SAME, PAGE, SECOND)[number % 3] for number in range(len(sitters))]
        await asyncio.gather(
            *(
                self.go_through(sitter, Case(how, seconds, back))
                for sitter, back in zip(sitters, backs, strict=True)
            )
        )

    async def black_hole(self, sitters: list[Sitter], proxy: Proxy, seconds: float) -> None:
        """Every other one comes back by another way before the end, the others with the network."""
        proxy.hold()
        self.sums.losses["black hole"] += len(sitters)
        other_way, waiting = sitters[::2], sitters[1::2]
        back = asyncio.gather(*(self._by_another_way(each, seconds) for each in other_way))
        await asyncio.sleep(seconds)
        proxy.release()
        await back
        self.sums.returns["with the network"] += len(waiting)
        await asyncio.sleep(2.0)  # a socket that the server has given up reconnects by itself
        await asyncio.gather(*(each.check() for each in waiting))
        for sitter in sitters:
            await sitter.settle(self.chance.choice(MINUTES))
            await sitter.computer.clear_hanging()

    async def _by_another_way(self, sitter: Sitter, seconds: float) -> None:
        computer = sitter.computer
        computer.leave_hanging()
        computer.browser.at = self.chance.choice(sitter.safe)
        is_told = seconds > PINGED_OUT + GRACE
        await asyncio.sleep(seconds - 1 if is_told else self.chance.uniform(0.3, 0.8) * seconds)
        self.sums.returns["by another way"] += 1
        await computer.connect()
        await sitter.check(may_ask=is_told)

    async def worker_killed(
        self, sitters: list[Sitter], worker: Worker, length: tuple[float, float]
    ) -> None:
        """Everybody's worker dies, in the middle of the answers of every other one."""
        requests = [
            asyncio.create_task(each.answer_lost(self.chance.choice(MIDST) + 0.1))
            for each in sitters[::2]
        ]
        await asyncio.sleep(0.02)
        worker.restart()
        killed = monotonic()
        await asyncio.gather(*(each.computer.lose(NOTHING) for each in sitters), *requests)
        await asyncio.gather(
            *(self._from_the_dead(each, killed, self.chance.uniform(*length)) for each in sitters)
        )

    async def _from_the_dead(self, sitter: Sitter, killed: float, seconds: float) -> None:
        self.sums.losses["worker killed"] += 1
        back = self.chance.choice((SAME, PAGE, SAME, SECOND))
        self.sums.returns[back] += 1
        sitter.computer.browser.at = self.chance.choice(sitter.safe)
        await asyncio.sleep(seconds)
        await self._come_back(sitter, back)
        # A second computer waits for the supervisor whenever the first one is away.
        patience = DEAD if back == SECOND else DEAD + GRACE
        await sitter.check(may_ask=monotonic() - killed > patience)
        await sitter.settle(self.chance.choice(MINUTES))
