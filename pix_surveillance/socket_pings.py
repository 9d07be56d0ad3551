"""The pings of all sockets of a process, by turns: who leaves several unanswered is gone.

uvicorn gives each socket two timers and a ping of its own making; with thousands of them that is
most of what an idle process does (`make bench`, row B6). Here all share a timer and a frame.
"""

import asyncio
from itertools import cycle
from math import inf
from typing import Protocol
from weakref import WeakKeyDictionary

TURNS = 50  # within one interval: thousands of frames at one instant would hold everybody up


class Pinged(Protocol):
    unanswered: int  # pings since the last answer

    def ping(self) -> None: ...

    def keepalive_timeout(self) -> None: ...


Turn = set[Pinged]


class Pings:
    """Pings each socket once in `interval` seconds; it is cut when one stays without an answer
    for `timeout` seconds, None for ever."""

    def __init__(self, interval: float, timeout: float | None) -> None:
        self._seconds = interval / TURNS
        self._patience = timeout / interval if timeout else inf  # in pings
        self._turns: list[Turn] = [set() for _ in range(TURNS)]
        self._for_newest, self._to_ping = cycle(self._turns), cycle(self._turns)
        self._timer: asyncio.TimerHandle | None = None

    def add(self, socket: Pinged) -> Turn:
        """The turn that it is in: whoever leaves is taken out of it."""
        turn = next(self._for_newest)
        turn.add(socket)
        if not self.are_running:
            self._wait()
        return turn

    @property
    def are_running(self) -> bool:
        return self._timer is not None

    def take_turn(self) -> None:
        for socket in list(next(self._to_ping)):
            if socket.unanswered >= self._patience:
                socket.keepalive_timeout()
            else:
                socket.unanswered += 1
                socket.ping()

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
