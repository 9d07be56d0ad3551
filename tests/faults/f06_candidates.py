"""Candidates lose their connection and come back, some on a second computer.

Nobody goes on without authorisation after the grace, one computer of each may answer at any time,
and the time that remains is right to the second. Losses of a whole room are told as one.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

from candidates.models import Answer
from sessions_app.models import SessionEvent

from . import seats
from .absences import AFTER, BLIP, GRACE, WITHIN, Absences, cases
from .building import ALONE, HELD, KILLED, TOGETHER, Building
from .cluster import Cluster
from .history import Findings
from .proxy import Proxy
from .report import Result
from .sitters import EXACT, Sitter, Sums
from .worker import Worker, all_ready

LOSSES = 500
PAUSES = 2  # of a room; the whole seconds noted of each add up to one at most
ROUNDS = 5  # losses of each candidate, in a full run
HOLES = (12.5, 22.0, 38.0, 12.5, 22.0)  # seconds; from 15 on, the server has noticed
WAVES = (AFTER, BLIP, WITHIN, AFTER, AFTER)
# Before the others take a process for dead, about when they do, and more than the grace after it.
DEATHS = ((2.0, 9.0), (12.0, 14.0), (21.0, 24.0), (2.0, 9.0), (36.0, 40.0))


class Run:
    """What happens to each kind of room, all at the same time."""

    def __init__(self, building: Building, third: Worker, proxy: Proxy, rounds: int):
        self.building, self.third, self.proxy, self.rounds = building, third, proxy, rounds
        self.chance = Random(6)
        self.absences = Absences(building.sums, self.chance)

    async def everything(self) -> None:
        building = self.building
        async with self.proxy, building.sums.rows.watched(building.session_ids):
            try:
                await asyncio.gather(*(each.begin(0) for each in building.all_of()))
                await asyncio.gather(
                    *(self._alone(n, room) for n, room in enumerate(building.of(ALONE))),
                    *(self._together(room) for room in building.of(TOGETHER)),
                    self._held(building.all_of(HELD)),
                    self._killed(building.all_of(KILLED)),
                )
            finally:
                await asyncio.gather(*(each.close() for each in building.all_of()))

    async def _alone(self, number: int, sitters: list[Sitter]) -> None:
        for turn in range(self.rounds):
            if number % 3 == 0 and turn < PAUSES:
                await self._suspend(sitters[0])
            todo = cases(number * len(sitters) + turn, len(sitters), self.chance)
            await asyncio.gather(*map(self.absences.go_through, sitters, todo))

    async def _suspend(self, one: Sitter) -> None:
        """A short pause of the room, which moves every end hour by itself."""
        await one.supervisor.act(None, "pause-room")
        await asyncio.sleep(self.chance.uniform(0.3, 1.5))
        await one.supervisor.act(None, "resume-room")

    async def _together(self, sitters: list[Sitter]) -> None:
        for length in WAVES[: self.rounds]:
            await self._go_home(sitters)
            await self.absences.whole_room(sitters, length)

    async def _held(self, sitters: list[Sitter]) -> None:
        for seconds in HOLES[: self.rounds]:
            await self._go_home(sitters)
            await self.absences.black_hole(sitters, self.proxy, seconds)

    async def _killed(self, sitters: list[Sitter]) -> None:
        for length in DEATHS[: self.rounds]:
            await self.third.wait_ready()
            await self._go_home(sitters)
            await self.absences.worker_killed(sitters, self.third, length)

    async def _go_home(self, sitters: list[Sitter]) -> None:
        """To the first address of each, at once: no loss that anybody notices."""
        for sitter in sitters:
            if sitter.computer.browser.at != 0:
                await sitter.computer.lose("close")
                sitter.computer.browser.at = 0
                await sitter.computer.connect()


def run(scale: float, cluster: Cluster) -> Result:
    rounds = ROUNDS if scale > 0.5 else 1
    port = cluster.port()
    proxied = f"http://127.0.0.1:{port}"
    with cluster.workers(3, spares=1, more_addresses=(proxied,)) as workers:
        one, _, third = workers
        sums = Sums(seats.Rows())
        building = Building(
            round(LOSSES * scale / rounds), [each.address for each in workers], proxied, sums
        )
        proxy = Proxy("127.0.0.1", one.port)
        proxy.port = port
        with asyncio.Runner() as loop:
            loop.run(all_ready(workers))
            loop.run(Run(building, third, proxy, rounds).everything())
    return _result(building, rounds)


def _result(building: Building, rounds: int) -> Result:
    sums = building.sums
    findings, history = sums.findings, building.history.check()
    grace = timedelta(seconds=GRACE)
    trails = seats.trails(building.session_ids, grace, sums.rows, findings)
    _check_answers(building.session_ids, findings)
    waves = _check_waves(building, rounds, findings)
    absences = [seconds for trail in trails.values() for seconds in trail.absences]
    told = sum((trail.told for trail in trails.values()), Counter())
    lost = findings.lost + history.lost
    doubled = findings.doubled + history.doubled
    wrong = findings.wrong + history.wrong
    return Result(
        injected=sums.losses.total(),
        lost=lost,
        doubled=doubled,
        wrong=wrong,
        value=f"time right to {sums.worst_error:.2f} s",
        goal=f"0 resumed without authorisation, 0 seats doubled, time right to {EXACT:.0f} s",
        ok=not (lost or doubled or wrong),
        notes={
            "losses": _told(sums.losses),
            "returns": _told(sums.returns),
            "checks": sums.checks,
            "answers_refused": sums.refused,
            "away_told_late": sums.told_late,
            "shown_away": told["went_away"] + told["connections_lost"],
            "asked": told["resume_asked"],
            "authorized": told["resume_authorized"],
            "longest_without_asking": round(max(absences, default=0.0), 1),
            "waves_told": waves,
            "why": "; ".join((findings.what + history.what)[:8]),
        },
    )


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def _check_answers(session_ids: list[int], findings: Findings) -> None:
    """Each answer once, in the table and in the journal, those that were cut off as well."""
    events = SessionEvent.objects.filter(session__in=session_ids, type="answered")
    told = Counter((each.candidate_id, each.data["question"]) for each in events)
    kept = Answer.objects.filter(candidate__session__in=session_ids)
    rows = Counter(kept.values_list("candidate_id", "question"))
    findings.note("doubled", sum((told - rows).values()), "answers told, and not kept so often")
    findings.note("lost", sum((rows - told).values()), "answers kept, and not told")


def _check_waves(building: Building, rounds: int, findings: Findings) -> int:
    """A room at one worker that is lost at once for long is one event, with all of it."""
    long = sum(length == AFTER for length in WAVES[:rounds])
    seen = 0
    for room in building.of(TOGETHER):
        session_id = room[0].candidate.session_id
        waves = seats.waves(session_id)
        seen += len(waves)
        whole = sum(len(each.data["candidates"]) == len(room) for each in waves)
        is_told_once = long <= len(waves) <= rounds and whole >= long
        sizes = [len(each.data["candidates"]) for each in waves]
        findings.note("wrong", not is_told_once, f"waves of {sizes} for {long} losses of a room")
    return seen
