"""Floods of messages, of openings, and browsers that do not read, beside people who do their work.

Each kind has its time, with so many browsers at once, each with a seat or a login of its own. The
others look at their test, over their sockets and by pages, all the time; how long they wait is
told for each kind, beside the calm before. Who floods must be told so (4429).
"""

import asyncio
import contextlib
import json
from collections import Counter
from time import monotonic

from django.core import signing
from websockets import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from candidates import access
from tests import factories

from .browser import PAGE, Browser
from .cluster import Cluster
from .people import session_cookie
from .report import Result
from .worker import Worker, all_ready

HONEST, FLOODERS = 10, 20
SECONDS, LEAST_SECONDS = 20.0, 4.0
EVERY = 0.25  # seconds from one look of somebody honest to the next
TOLD, P95_MS = 4429, 500


class Flood:
    """`seats`: cookies of those who flood, `board`: the path of a room and a login to it."""

    def __init__(self, address: str, seats: list[str], board: str, login: str):
        self.address, self.seats, self.board, self.login = address, seats, board, login
        self.codes: Counter[int] = Counter()
        self.sent = 0

    def line(self, path: str, cookie: str, **options):
        return connect(
            self.address.replace("http", "ws") + path,
            additional_headers={"Cookie": cookie, "Origin": self.address},
            compression=None,
            proxy=None,
            **options,
        )

    async def messages(self, seat: str) -> None:
        """As fast as they go; again as soon as the socket is closed."""
        while True:
            with contextlib.suppress(OSError, InvalidStatus):
                async with self.line("/ws/candidat/", seat) as socket:
                    await self._talk(socket)

    async def _talk(self, socket) -> None:
        try:
            while True:
                await socket.send('{"type": "look"}')
                self.sent += 1
                await asyncio.sleep(0.001)  # those who are measured live in this process, too
        except ConnectionClosed as closed:
            self.codes[closed.rcvd.code if closed.rcvd else 1006] += 1

    async def openings(self, _: str) -> None:
        """One login, in many loops at once."""
        while True:
            try:
                async with self.line(self.board, self.login) as socket:
                    self.sent += 1
                    await socket.recv()
                    await socket.recv()
            except ConnectionClosed as closed:
                self.codes[closed.rcvd.code if closed.rcvd else 1006] += 1
            except (OSError, InvalidStatus):
                self.codes[1006] += 1

    async def silence(self, seat: str) -> None:
        """Asks, and reads nothing of what comes."""
        async with self.line("/ws/candidat/", seat, max_queue=1) as socket:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await socket.send('{"type": "look"}')
                    self.sent += 1
                    await asyncio.sleep(0.15)


class Honest:
    """Somebody who looks at their test, over a socket and by its page."""

    def __init__(self, flood: Flood, address: str, seat: str):
        self.flood, self.seat = flood, seat
        self.browser = Browser([address])
        self.browser.cookies[access.COOKIE] = seat.partition("=")[2]
        self.took: list[float] = []
        self.closed: list[int] = []

    async def look_on(self) -> None:
        async with self.flood.line("/ws/candidat/", self.seat) as socket:
            try:
                while True:
                    await self._timed(self._ask(socket))
                    await self._timed(self.browser.get("/candidat/test/", PAGE))
                    await asyncio.sleep(EVERY)
            except ConnectionClosed as closed:
                self.closed.append(closed.rcvd.code if closed.rcvd else 1006)

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
        honest = [_seat(quiet) for _ in range(HONEST)]
        seats = [_seat(loud) for _ in range(FLOODERS)]
        login = f"sessionid={session_cookie(factories.supervisor(loud))}"
        flood = Flood(worker.address, seats, f"/ws/surveillance/{loud.number}/", login)
        people = [Honest(flood, worker.address, each) for each in honest]
        seconds = max(LEAST_SECONDS, SECONDS * scale)
        p95 = loop.run(everything(worker, flood, people, seconds))
    return _result(flood, people, p95)


async def everything(worker: Worker, flood: Flood, people: list[Honest], seconds: float) -> dict:
    await all_ready([worker])
    looking = [asyncio.create_task(each.look_on()) for each in people]
    await asyncio.sleep(1)
    p95 = {"calm": await _during(people, seconds / 2, [])}
    for kind in (flood.messages, flood.openings, flood.silence):
        flooding = [asyncio.create_task(kind(seat)) for seat in flood.seats]
        p95[kind.__name__] = await _during(people, seconds, flooding)
    for each in looking:
        each.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    return p95


async def _during(people: list[Honest], seconds: float, flooding: list[asyncio.Task]) -> float:
    """The p95 of all that was waited for meanwhile, in ms."""
    for each in people:
        each.took.clear()
    await asyncio.sleep(seconds)
    took = sorted(second for each in people for second in each.took)
    for task in flooding:
        task.cancel()
    await asyncio.gather(*flooding, return_exceptions=True)
    return round(1000 * took[int(len(took) * 0.95)]) if took else float("inf")


def _result(flood: Flood, people: list[Honest], p95: dict[str, float]) -> Result:
    closed = [code for each in people for code in each.closed]
    worst = max(p95.values())
    unanswered = sum(value == float("inf") for value in p95.values())
    return Result(
        injected=flood.sent,
        lost=0,
        doubled=0,
        wrong=len(closed) + (not flood.codes[TOLD]) + unanswered,
        value=worst,
        goal=f"p95 of the others ≤ {P95_MS} ms",
        ok=worst <= P95_MS and not closed and bool(flood.codes[TOLD]),
        notes={f"p95_ms_{kind}": value for kind, value in p95.items()}
        | {f"closed_{code}": count for code, count in sorted(flood.codes.items())}
        | {"honest_closed": len(closed)},
    )
