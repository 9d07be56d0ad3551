"""uvloop, but for how many new connections it takes at each turn of the loop.

It takes one, and then hears everybody who is in already: those who are still to come back wait
behind all that the others say. When some are taken together, a building that was cut off is back a
fourth sooner, one whose process was killed two fifths (`make bench`, rows B4 and B5).
"""

import asyncio
import os
import socket

import uvloop

AT_A_TIME = 16


class Loop(uvloop.Loop):
    """For uvicorn's `--loop`."""

    async def create_server(self, protocol_factory, *args, **options):
        """As uvloop, listening several times at the same sockets: one is taken through each."""
        first = await super().create_server(protocol_factory, *args, **options)
        limits = {name: options[name] for name in ("ssl", "backlog") if name in options}
        again = [
            await super(Loop, self).create_server(protocol_factory, sock=_twin(each), **limits)
            for each in first.sockets
            for _ in range(AT_A_TIME - 1)
        ]
        return SeveralDoors([first, *again])


class SeveralDoors(asyncio.AbstractServer):
    """One server, as far as anybody who opens or closes it can tell."""

    def __init__(self, doors: list[asyncio.Server]) -> None:
        self._doors = doors

    @property
    def sockets(self):
        return self._doors[0].sockets

    def close(self) -> None:
        for each in self._doors:
            each.close()

    async def wait_closed(self) -> None:
        for each in self._doors:
            await each.wait_closed()


def _twin(listening: socket.socket) -> socket.socket:
    """The same socket by another name: each waits for the connections of both."""
    return socket.socket(fileno=os.dup(listening.fileno()))
