"""The pings of all sockets of a process, by turns: who leaves several unanswered is gone.

uvicorn gives each socket two timers and a ping of its own making; with thousands of them that is
most of what an idle process does (`make bench`, row B6). Here all share a timer and a frame, and
every second ping of a socket that is sent heartbeats goes along with one, in one write.
"""

import asyncio
from math import inf
from typing import Protocol
from weakref import WeakKeyDictionary

TURNS = 50  # within one interval: thousands of frames at one instant would hold everybody up
# And a few more before all have had theirs: a heartbeat comes every two intervals, and whoever is
# pinged half-way must not be again just before it.
ROUND = TURNS + 2


class Pinged(Protocol):
    unanswered: int  # pings since the last answer
    turn: "Turn | None"  # that it is pinged in next

    def ping(self, after: bytes = b"") -> None:
        """`after`: a frame that is written before, in the same write."""

    def keepalive_timeout(self) -> None: ...


Turn = set[Pinged]


class Pings:
    """Pings each socket about once in `interval` seconds; it is cut when one stays without an
    answer for `timeout` seconds, None for ever."""

    def __init__(self, interval: float, timeout: float | None) -> None:
        self._seconds = interval / TURNS
        self._patience = timeout / interval if timeout else inf  # in pings
        self._turns: list[Turn] = [set() for _ in range(ROUND)]
        self._added, self._taken = 0, 0  # so many, since the beginning
        self._timer: asyncio.TimerHandle | None = None

    def add(self, socket: Pinged) -> None:
        self._added += 1
        self._put(socket, self._turns[self._added % ROUND])
        if not self.are_running:
            self._wait()

    def discard(self, socket: Pinged) -> None:
        if socket.turn is not None:
            socket.turn.discard(socket)
            socket.turn = None

    @property
    def are_running(self) -> bool:
        return self._timer is not None

    def take_turn(self) -> None:
        self._taken += 1
        for socket in list(self._turns[self._taken % ROUND]):
            self._ping(socket)

    def send_along(self, socket: Pinged, frame: bytes) -> None:
        """Write `frame` and a ping now; the next one is a whole round away."""
        self.discard(socket)
        self._put(socket, self._turns[self._taken % ROUND])
        self._ping(socket, frame)

    def _put(self, socket: Pinged, turn: Turn) -> None:
        turn.add(socket)
        socket.turn = turn

    def _ping(self, socket: Pinged, after: bytes = b"") -> None:
        if socket.unanswered >= self._patience:
            socket.keepalive_timeout()
        else:
            socket.unanswered += 1
            socket.ping(after)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._go_on)

    def _go_on(self) -> None:
        self._timer = None
        self.take_turn()
        if any(self._turns):
            self._wait()


_of: WeakKeyDictionary[asyncio.AbstractEventLoop, Pings] = WeakKeyDictionary()


def pings_of(loop: asyncio.AbstractEventLoop, interval: float, timeout: float | None) -> Pings:
    """One for all sockets of a loop; a server gives them all the same interval and timeout."""
    if loop not in _of:
        _of[loop] = Pings(interval, timeout)
    return _of[loop]
