"""Runs a whole simulated room, within a bound of time, and counts."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from .browser import Browser
from .candidate import SimulatedCandidate
from .colleague import Account, Colleague, TurnedAway
from .people import Person
from .plans import Plan, dice, plan_room
from .summary import Summary

PROGRESS_SECONDS = 5
LATE_SECONDS = 30  # what resumes and alerts may add to the test, beside the grace


@dataclass(frozen=True)
class Options:
    """`minutes` are simulated, `patience` and `grace_seconds` real seconds.

    Patience: how long who still waits stays once the time of the test is over.
    """

    url: str
    number: str
    access_code: str
    minutes: float
    speed: float
    seed: int
    patience: float
    grace_seconds: int
    colleague: Account | None = None
    leaves_some: bool = False

    @property
    def seconds(self) -> float:
        return self.minutes * 60 / self.speed

    @property
    def closing_after(self) -> float:
        """Seconds from the beginning to the hour at which the colleague ends what still runs."""
        return self.seconds + self.grace_seconds + LATE_SECONDS

    @property
    def bound(self) -> float:
        """Seconds after which nobody stays."""
        return (self.closing_after if self.colleague else self.seconds) + self.patience


class Room:
    """`say` gets what a person should know; `tells_progress` adds a line every few seconds."""

    def __init__(
        self, options: Options, say: Callable[[str], None], *, tells_progress: bool = True
    ):
        self.options, self.say, self.tells_progress = options, say, tells_progress
        self.summary = Summary()
        self.clicks: dict[int, float] = {}
        self.over = asyncio.Event()

    async def run(self, persons: list[Person]) -> Summary:
        """Until the last candidate has ended, or the bound; whoever waits then leaves."""
        aside = [asyncio.create_task(self._stay_with_parent())]
        if self.tells_progress:
            aside.append(asyncio.create_task(self._tell()))
        live = self._with_colleague if self.options.colleague else self._candidates
        everyone = asyncio.create_task(live(persons))
        stop = asyncio.create_task(self.over.wait())
        first = asyncio.FIRST_COMPLETED
        await asyncio.wait([everyone, stop], timeout=self.options.bound, return_when=first)
        await _end([everyone, stop, *aside])
        if not everyone.cancelled() and everyone.exception():
            self._trouble(everyone.exception(), "La simulation s’arrête")
        return self.summary

    async def _with_colleague(self, persons: list[Person]) -> None:
        """The supervisor is there before the candidates; raises `TurnedAway` when refused."""
        options, chance = self.options, dice(self.options.seed, "colleague")
        async with Browser(options.url, self.summary, chance) as browser:
            colleague = Colleague(
                browser,
                options.number,
                clicks=self.clicks,
                speed=options.speed,
                chance=chance,
                leaves_some=options.leaves_some,
                ends_at=None if options.leaves_some else monotonic() + options.closing_after,
            )
            await colleague.enter(options.colleague)
            work = asyncio.create_task(self._work(colleague))
            try:
                await self._candidates(persons)
            finally:
                await _end([work])

    async def _work(self, colleague: Colleague) -> None:
        try:
            await colleague.work()
        except Exception as error:
            self._trouble(error, "Le collègue simulé s’arrête")

    async def _candidates(self, persons: list[Person]) -> None:
        options = self.options
        plans = plan_room(
            len(persons),
            seed=options.seed,
            seconds=options.seconds,
            grace_seconds=options.grace_seconds,
        )
        async with asyncio.TaskGroup() as group:
            for index, (person, plan) in enumerate(zip(persons, plans, strict=True)):
                group.create_task(self._candidate(index, person, plan))

    async def _candidate(self, index: int, person: Person, plan: Plan) -> None:
        chance = dice(self.options.seed, f"candidate {index}")
        async with Browser(self.options.url, self.summary, chance) as browser:
            candidate = SimulatedCandidate(browser, person, plan, self.clicks, chance)
            try:
                await candidate.live(self.options.number, self.options.access_code)
            except Exception as error:  # one candidate in trouble must not empty the room
                self._trouble(error, "Un candidat simulé s’arrête")

    def _trouble(self, error: BaseException, what: str) -> None:
        """Count it and say it, by its kind only: its text may hold what nobody should read."""
        self.summary.count("errors")
        why = str(error) if isinstance(error, TurnedAway) else type(error).__name__
        self.say(f"{what} : {why}.")

    async def _tell(self) -> None:
        counts = None
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            if counts != self.summary.counts:
                self.say(self.summary.line())
            counts = self.summary.counts.copy()

    async def _stay_with_parent(self) -> None:
        """Started by `demo`: when it is killed outright, nobody is left to end us."""
        parent = os.environ.get("SIMULATION_PARENT")
        while parent is not None:
            await asyncio.sleep(1)
            if str(os.getppid()) != parent:
                self.over.set()


async def _end(tasks: list[asyncio.Task]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def to_stderr(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)
