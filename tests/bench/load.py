"""The load generator: all the candidates and supervisors, in a process of its own.

    python -m tests.bench.load URL PEOPLE.json

Reads one command a line on stdin, `{"do": name, …}`, and answers each with one line of figures.
Latencies are counted from the instant at which a change was due, not from when it could be sent.
"""

import asyncio
import gc
import json
import os
import resource
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

import uvloop

from .answering import Candidate
from .phase import Phase
from .sockets import Crowd
from .tally import Tally
from .watching import RoomView, Supervisor

CONNECT_SECONDS = 120
LOOK_SECONDS = 0.01
LEAD_SECONDS = 1.0  # of load before sockets are cut


class Generator:
    """Every command is a method; its arguments are those of the line."""

    def __init__(self, url: str, people: dict) -> None:
        self.people = people
        payloads = [
            json.dumps({"type": "answer", "question": question, "answer": answer}).encode()
            for question, answer in enumerate(people["answers"], start=1)
        ]
        rooms = people["rooms"]
        count = sum(len(room["candidates"]) for room in rooms)
        self.tally = Tally(count, len(rooms[0]["supervisors"]))
        self.crowd = Crowd(url, self.tally, payloads)
        self.candidates: list[Candidate] = []
        self.supervisors: list[Supervisor] = []

    async def connect(self, rooms: int) -> dict:
        """Everybody of the first `rooms` rooms, at once; `seconds` until all are exact."""
        began = perf_counter()
        for room in self.people["rooms"][:rooms]:
            self._enter(room)
        for each in (*self.supervisors, *self.candidates):
            each.come()
        await self._until_exact()
        self._ticking = asyncio.get_running_loop().create_task(self._tick())
        gc.collect()
        gc.freeze()
        gc.disable()  # no pause of ours in what we measure
        sockets = len(self.supervisors) + len(self.candidates)
        return {"seconds": self.crowd.exact_at - began, "sockets": sockets}

    async def open(
        self, rate: float, seconds: float, warm: float = 1.0, seed: int = 0, settle: float = 20
    ) -> dict:
        """`rate` changes a second at random instants, whatever becomes of them.

        The first `warm` seconds are not counted; what is under way at the end is given `settle`
        seconds. A server may die meanwhile: `exact_seconds` is how long it was from the first
        cut socket until all were exact again.
        """
        phase = Phase(self.crowd, self.candidates, seed)
        await phase.open(rate, seconds)
        return await phase.close(phase.began + warm, phase.began + seconds, settle)

    async def closed(
        self, candidates: int, seconds: float, warm: float = 1.0, seed: int = 0, settle: float = 20
    ) -> dict:
        """So many candidates send their next answer as soon as the last is acknowledged."""
        phase = Phase(self.crowd, self.candidates, seed)
        await phase.closed(candidates, seconds)
        return await phase.close(phase.began + warm, phase.ended, settle)

    async def drop(
        self, candidates: int, supervisors: int, rate: float, seconds: float, seed: int = 0
    ) -> dict:
        """Of each room, so many sockets are cut at one instant, under the load of who stays.

        `exact_seconds` until all are exact again. `worst`: ms, of the changes of those who stay
        meanwhile, seen by the supervisors who stay; `worst_before`: of those just before.
        """
        gone = [each for each in self.candidates if each.place < candidates]
        stay = [each for each in self.candidates if each.place >= candidates]
        gone += [each for each in self.supervisors if each.place < supervisors]
        phase = Phase(self.crowd, stay, seed)
        loading = asyncio.create_task(phase.open(rate, seconds))
        await asyncio.sleep(LEAD_SECONDS)
        cut_at = perf_counter()
        for each in gone:
            each.wire.cut()
        while not self.crowd.lost_at:
            await asyncio.sleep(0)
        await self._until_exact()
        await loading
        figures = await phase.close(phase.began, phase.ended, CONNECT_SECONDS)
        tables = self.tally.seen[supervisors:]
        worst = partial(self.tally.worst, phase.cells, tables)
        figures["worst_before"] = worst(phase.began, cut_at)
        figures["worst"] = worst(cut_at, self.crowd.exact_at)
        return figures

    async def told(self) -> dict:
        """How many answers of each candidate were acknowledged so far, by primary key."""
        everyone = [pair[0] for room in self.people["rooms"] for pair in _pairs(room)]
        return {pk: each.question - 1 for pk, each in zip(everyone, self.candidates, strict=False)}

    def _enter(self, room: dict) -> None:
        begin = len(self.candidates)
        pairs = _pairs(room)
        view = RoomView(room["number"], {pk: begin + at for at, (pk, _) in enumerate(pairs)})
        self.candidates += (
            Candidate(self.crowd, at, begin + at, seat) for at, (_, seat) in enumerate(pairs)
        )
        self.supervisors += (
            Supervisor(self.crowd, at, view, each["login"])
            for at, each in enumerate(room["supervisors"])
        )

    async def _tick(self) -> None:
        """A page that is behind asks again, even when it hears nothing more."""
        while True:
            await asyncio.sleep(1)
            for each in self.supervisors:
                if each.has_board:
                    each.catch_up()

    async def _until_exact(self) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            while self.crowd.inexact:
                await asyncio.sleep(LOOK_SECONDS)


def _pairs(room: dict) -> list[tuple[str, str]]:
    """Primary key and seat of each candidate."""
    return [(str(each["pk"]), each["seat"]) for each in room["candidates"]]


async def obey(url: str, people: dict) -> None:
    """One command after the other until the input ends; an error ends the process."""
    generator, loop = Generator(url, people), asyncio.get_running_loop()
    loop.set_exception_handler(_fail)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        options = json.loads(line)
        figures = await getattr(generator, options.pop("do"))(**options)
        print(json.dumps(figures), flush=True)


def _fail(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    """Nothing measured after an error would mean anything."""
    loop.default_exception_handler(context)
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(obey(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())))
