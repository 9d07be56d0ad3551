"""Floods of messages, of openings, and browsers that do not read, beside people who do their work.

Each kind has its time, with so many browsers at once, each with a seat or a login of its own. The
others look at their test, over their sockets and by pages, all the time; how long they wait is
told for each kind, beside the calm before. Who floods must be told so (4429).
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from django.core import signing
from websockets.exceptions import ConnectionClosed

from candidates import access
from tests import factories

from .browser import PAGE, Browser
from .cluster import Cluster
from .flooders import LOST, line
from .people import session_cookie
from .report import Result
from .worker import Worker, all_ready

HONEST, FLOODERS = 10, 20
SECONDS, LEAST_SECONDS = 20.0, 4.0
EVERY = 0.25  # seconds from one look of somebody honest to the next
TOLD, P95_MS = 4429, 500
KINDS = ("messages", "openings", "silence")


class Flooders:
    """`told`: what a process of `flooders.py` reads. Counts what all of them have done."""

    def __init__(self, told: dict):
        self._told = json.dumps(told) + "\n"
        self.codes: Counter[int] = Counter()
        self.sent = 0

    @contextmanager
    def flooding(self, kind: str) -> Iterator[None]:
        command = [sys.executable, "-m", "tests.faults.flooders", kind]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, **pipes) as process:
            process.stdin.write(self._told)
            process.stdin.flush()
            try:
                yield
            finally:
                done = json.loads(process.communicate()[0])
        self.sent += done["sent"]
        self.codes.update({int(code): count for code, count in done["codes"].items()})


class Honest:
    """Somebody who looks at their test, over a socket and by its page."""

    def __init__(self, address: str, seat: str):
        self.address, self.seat = address, seat
        self.browser = Browser([address])
        self.browser.cookies[access.COOKIE] = seat.partition("=")[2]
        self.took: list[float] = []
        self.closed: list[int] = []

    async def look_on(self) -> None:
        async with line(self.address, "/ws/candidat/", self.seat) as socket:
            try:
                while True:
                    await self._timed(self._ask(socket))
                    await self._timed(self.browser.get("/candidat/test/", PAGE))
                    await asyncio.sleep(EVERY)
            except ConnectionClosed as closed:
                self.closed.append(closed.rcvd.code if closed.rcvd else LOST)

    async def _ask(self, socket) -> None:
        await socket.send('{"type": "look"}')
        while json.loads(await socket.recv())["type"] != "seat":
            pass

    async def _timed(self, doing) -> None:
        began = monotonic()
        await doing
        self.took.append(monotonic() - began)


def _seat(room) -> str:
    seat = factories.seat_of(factories.waiting(room))
    value = signing.dumps([seat.candidate_id, seat.token], salt=access.SALT)
    return f"{access.COOKIE}={value}"


def run(scale: float, cluster: Cluster) -> Result:
    with cluster.workers(1) as (worker,), asyncio.Runner() as loop:
        quiet, loud = factories.session(), factories.session()
        people = [Honest(worker.address, _seat(quiet)) for _ in range(HONEST)]
        flooders = Flooders({
            "address": worker.address,
            "seats": [_seat(loud) for _ in range(FLOODERS)],
            "board": f"/ws/surveillance/{loud.number}/",
            "login": f"sessionid={session_cookie(factories.supervisor(loud))}",
        })  # fmt: skip
        seconds = max(LEAST_SECONDS, SECONDS * scale)
        p95 = loop.run(everything(worker, flooders, people, seconds))
    return _result(flooders, people, p95)


async def everything(
    worker: Worker, flooders: Flooders, people: list[Honest], seconds: float
) -> dict:
    await all_ready([worker])
    looking = [asyncio.create_task(each.look_on()) for each in people]
    await asyncio.sleep(1)
    p95 = {"calm": await _during(people, seconds / 2)}
    for kind in KINDS:
        with flooders.flooding(kind):
            p95[kind] = await _during(people, seconds)
    for each in looking:
        each.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    return p95


async def _during(people: list[Honest], seconds: float) -> float:
    """The p95 of all that was waited for meanwhile, in ms."""
    for each in people:
        each.took.clear()
    await asyncio.sleep(seconds)
    took = sorted(second for each in people for second in each.took)
    return round(1000 * took[int(len(took) * 0.95)]) if took else float("inf")


def _result(flooders: Flooders, people: list[Honest], p95: dict[str, float]) -> Result:
    closed = [code for each in people for code in each.closed]
    worst = max(p95.values())
    unanswered = sum(value == float("inf") for value in p95.values())
    return Result(
        injected=flooders.sent,
        lost=0,
        doubled=0,
        wrong=len(closed) + (not flooders.codes[TOLD]) + unanswered,
        value=worst,
        goal=f"p95 of the others ≤ {P95_MS} ms",
        ok=worst <= P95_MS and not closed and bool(flooders.codes[TOLD]),
        notes={f"p95_ms_{kind}": value for kind, value in p95.items()}
        | {f"closed_{code}": count for code, count in sorted(flooders.codes.items())}
        | {"honest_closed": len(closed)},
    )
