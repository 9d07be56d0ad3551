"""The sockets of the load generator, and how they come back.

Each comes back at once when it is cut, again and again while the port refuses. It is `exact`
from its first whole state on: a candidate's `seat`; a supervisor's `board`, or what brings it up
to the latest version that the server has named.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from urllib.parse import urlsplit

from . import wire
from .alarm import Alarm
from .tally import Tally

RETRY_SECONDS = 0.05
HEAD = 40  # bytes: the type is the first thing that a frame tells


class Crowd:
    """What all sockets share: where they connect to, and what they count."""

    def __init__(self, url: str, tally: Tally, payloads: list[bytes]) -> None:
        """`payloads[question - 1]`: the message that answers it."""
        self.url, self.tally, self.payloads = url, tally, payloads
        self.address = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self.net, self.alarm = wire.Net(), Alarm()
        self.inexact = 0  # sockets that wait for their first whole state
        self.exact_at = 0.0  # the instant at which the last one had it
        self.lost_at = 0.0  # the instant at which the first of them was cut
        self.on_answer: Callable = lambda candidate: None
        self._door: asyncio.Task | None = None
        self._at_the_door: list[Socket] = []

    def come(self, socket: "Socket") -> None:
        """As soon as the port takes connections: one tries it for all who wait."""
        self._at_the_door.append(socket)
        if self._door is None or self._door.done():
            self._door = asyncio.get_running_loop().create_task(self._open_the_door())

    async def _open_the_door(self) -> None:
        while not await self._is_open():
            await asyncio.sleep(RETRY_SECONDS)
        waiting, self._at_the_door = self._at_the_door, []
        for socket in waiting:
            socket.connect()

    async def _is_open(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(*self.address)
        except OSError:
            return False
        writer.transport.abort()
        return True


class Socket:
    """`place`: which one of its kind it is in its room, from 0."""

    def __init__(self, crowd: Crowd, place: int, path: str, cookie: str) -> None:
        self.crowd, self.tally, self.place = crowd, crowd.tally, place
        self.request = wire.request(*crowd.address, path, crowd.url, cookie)
        self.wire: wire.Wire | None = None
        self.is_exact = True

    def come(self) -> None:
        if self.is_exact:
            self.is_exact = False
            self.crowd.inexact += 1
        self.crowd.come(self)

    def connect(self) -> None:
        self.wire = wire.Wire(self.crowd.net, self.crowd.address, self.request)
        self.wire.heard, self.wire.lost = self.heard, self._lost

    def heard(self, payload: bytes) -> None:
        raise NotImplementedError

    def _lost(self) -> None:
        if self.is_exact:
            self.crowd.lost_at = self.crowd.lost_at or perf_counter()
            self.tally.closed += 1
            self.come()
        else:  # refused, or lost before it was told anything
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self.come)

    def _be_exact(self) -> None:
        if not self.is_exact:
            self.is_exact = True
            self.crowd.inexact -= 1
            self.crowd.exact_at = perf_counter()
