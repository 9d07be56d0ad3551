"""Supervisors who act all the time while pages follow: what each action and each page took.

A row injects its fault while this goes on. What was asked in calm, in the same run on the same
busy machine, says what is usual.
"""

import asyncio
import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from time import monotonic

from sessions_app.models import SessionEvent

from .history import ACKNOWLEDGED, REFUSED, Intention
from .people import SupervisorBrowser
from .rooms import Room
from .screens import LiveScreen, Screen
from .worker import Worker

SLOWER = 0.3  # seconds over the worst of the calm
NEVER = float("inf")  # when a page has not shown a change in the end
TICK = 0.05  # seconds between two looks at how long the machine keeps everybody waiting


@dataclass
class Deed:
    """One action of a supervisor; `version` is the session's after it, once `number`ed."""

    intention: Intention
    version: int = 0

    @property
    def began(self) -> float:
        return self.intention.attempts[0].began

    @property
    def answered(self) -> float:
        return self.intention.attempts[-1].ended

    @property
    def seconds(self) -> float:
        return self.answered - self.began

    def is_in(self, times: list[tuple[float, float]]) -> bool:
        return any(began <= self.answered and self.began <= ended for began, ended in times)


class Follower:
    """Notes when a page first showed each version. A candidate's is told of its own only."""

    def __init__(self, screen: LiveScreen, candidate_id: int | None = None):
        self.screen, self.candidate_id = screen, candidate_id
        self.session_id = screen.browser.session.pk
        self.versions: list[int] = []
        self.instants: list[float] = []
        screen.on_frame = self._note

    def _note(self, frame: dict) -> None:
        if isinstance(self.screen, Screen):
            version = self.screen.shown.version
        else:
            version = frame["v"] if frame["type"] == "seat" else -1
        if version > (self.versions[-1] if self.versions else -1):
            self.versions.append(version)
            self.instants.append(monotonic())

    def concerns(self, deed: Deed) -> bool:
        whom = self.candidate_id in {None, deed.intention.candidate_id}
        return whom and self.session_id == deed.intention.session_id

    def saw(self, version: int) -> float:
        """When it first showed that version or a later one; `NEVER` for not yet."""
        place = bisect_left(self.versions, version)
        return self.instants[place] if place < len(self.instants) else NEVER

    def lateness(self, deed: Deed) -> float:
        """Seconds between the answer that the supervisor got and its sight here."""
        return self.saw(deed.version) - deed.answered


class Steady:
    """Everybody in the rooms. Inside `async with`, the pages follow and the supervisors act.

    `pause`: seconds between two actions of one supervisor. Each has candidates of their own, so
    that nobody is refused by a colleague.
    """

    def __init__(
        self,
        rooms: list[Room],
        actors: list[SupervisorBrowser],
        followers: list[Follower],
        workers: list[Worker],
        pause: float,
    ):
        self.actors, self.followers, self.pause = actors, followers, pause
        self.processes = [os.getpid(), *(worker.pid for worker in workers)]
        self.rooms = {room.session.pk: room for room in rooms}
        self.deeds: list[Deed] = []
        self.injections: list[tuple[float, float]] = []
        self.aside: list[tuple[float, float]] = []
        self.stalls: list[tuple[float, float]] = []
        self._is_over = False
        self._tasks: list[asyncio.Task] = []
        self._pages = AsyncExitStack()

    async def __aenter__(self) -> "Steady":
        for follower in self.followers:
            if isinstance(follower.screen, Screen):
                await follower.screen.load()
            await self._pages.enter_async_context(follower.screen)
        self._meter = asyncio.create_task(self._measure())
        while not all(follower.screen.is_live for follower in self.followers):
            await asyncio.sleep(0.05)
        self.begin()
        return self

    def begin(self) -> None:
        self._is_over = False
        for tab in self.actors:
            tab.close()  # a kept connection that the server has given up meanwhile
        actors = enumerate(self.actors)
        self._tasks = [asyncio.create_task(self._act(tab, number)) for number, tab in actors]

    async def rest(self) -> None:
        """Nobody acts any more; what was sent is answered."""
        self._is_over = True
        await asyncio.gather(*self._tasks)

    async def __aexit__(self, *error: object) -> None:
        self._is_over = True
        for task in (*self._tasks, self._meter):
            task.cancel()
        await asyncio.gather(*self._tasks, self._meter, return_exceptions=True)
        await self._pages.aclose()

    async def _act(self, tab: SupervisorBrowser, number: int) -> None:
        chance = Random(number)
        for candidate_id, action, fields in cycle(self._agenda(tab)):
            await asyncio.sleep(self.pause * chance.uniform(0.5, 1.5))
            if self._is_over:
                return
            intention = tab.intend(candidate_id, action, **fields)
            self.deeds.append(Deed(intention))
            await tab.send(intention)

    def _agenda(self, tab: SupervisorBrowser) -> list[tuple[int, str, dict]]:
        """What one supervisor does over and over; it ends where it begins."""
        room = self.rooms[tab.session.pk]
        place, count = room.supervisors.index(tab.user), len(room.supervisors)
        grant = {"minutes": 1, "reason": "key"}
        agenda = []
        for person in room.running[place::count]:
            agenda += [(person.pk, "add-time", grant), (person.pk, "undo-time", {})]
            agenda += [(person.pk, "add-time", grant)]
        for person in room.waiting[place::count]:
            agenda += [(person.pk, "authorize-start", {}), (person.pk, "withdraw-start", {})]
        return agenda

    @contextmanager
    def injecting(self) -> Iterator[None]:
        """What is asked in here is asked under the fault."""
        began = monotonic()
        try:
            yield
        finally:
            self.injections.append((began, monotonic()))

    def set_aside(self, began: float, ended: float) -> None:
        """What is asked between these instants is neither calm nor under the fault."""
        self.aside.append((began, ended))

    def calm_and_not(self) -> tuple[list[Deed], list[Deed]]:
        counted = [deed for deed in self.deeds if not deed.is_in(self.aside)]
        under = [deed for deed in counted if deed.is_in(self.injections)]
        return [deed for deed in counted if deed not in under], under

    async def _measure(self) -> None:
        """Notes how long our processes were ready and not given a processor: the doing of the
        machine and of what else it runs, not of the product."""
        before = _waited(self.processes)
        while True:
            began = monotonic()
            await asyncio.sleep(TICK)
            now = _waited(self.processes)
            # An action is in one thread at a time: the one that waited longest says the most.
            waited = max(now[thread] - before.get(thread, 0) for thread in now)
            self.stalls.append((began, waited / 1e9))
            before = now

    def seconds(self, deeds: list[Deed]) -> list[float]:
        """How long they took, the shortest first, less what our processes waited for a turn."""
        return sorted(max(0.0, deed.seconds - self._stalled(deed)) for deed in deeds)

    def _stalled(self, deed: Deed) -> float:
        first = max(0, bisect_left(self.stalls, (deed.began,)) - 1)
        last = bisect_left(self.stalls, (deed.answered,))
        return sum(stall for _, stall in self.stalls[first:last])

    def number(self) -> int:
        """Finds the version of each deed in the journal; returns how many have none. By ORM.

        A supervisor does one thing after the other, so that their events come in that order.
        """
        told = defaultdict(list)
        for deed in self.deeds:
            if deed.intention.outcome == ACKNOWLEDGED:
                told[deed.intention.session_id, deed.intention.user_id].append(deed)
        missing = 0
        for (session_id, user_id), deeds in told.items():
            since = self.actors[0].history.since[session_id]
            mine = SessionEvent.objects.filter(session=session_id, user=user_id)
            mine = mine.filter(version__gt=since).order_by("version")
            versions = list(mine.values_list("version", flat=True))
            missing += abs(len(versions) - len(deeds))
            for deed, version in zip(deeds, versions, strict=False):
                deed.version = version
        return missing

    def refused(self) -> int:
        return sum(deed.intention.outcome == REFUSED for deed in self.deeds)


def _waited(processes: list[int]) -> dict[Path, int]:
    """Nanoseconds that each of their threads has waited for a processor, since it began."""
    waited = {}
    for pid in processes:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):  # a thread that has ended meanwhile
                waited[path] = int(path.read_text().split()[1])
    return waited


def share(ordered: list[float], part: float) -> float:
    """The value below which that part of them lies; 0 of none."""
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


def lateness(deeds: list[Deed], followers: list[Follower]) -> list[float]:
    """Of each deed on each page that it concerns, the shortest first."""
    pairs = [(deed, each) for deed in deeds if deed.version for each in followers]
    return sorted(each.lateness(deed) for deed, each in pairs if each.concerns(deed))


def raw(deeds: list[Deed]) -> list[float]:
    """How long they took, the shortest first, whoever kept them waiting."""
    return sorted(deed.seconds for deed in deeds)


def ms(*seconds: float) -> str:
    return "/".join(f"{each * 1000:.0f}" for each in seconds)
