"""The loop that takes many connections at each turn is uvloop in everything else."""

import asyncio
import socket

import pytest
import uvloop

from pix_surveillance.event_loop import AT_A_TIME, Loop

MANY = 200


class Door(asyncio.Protocol):
    """Counts who comes, and at which turn of the loop."""

    def __init__(self, came: list[int], turn: list[int]):
        self._came, self._turn = came, turn

    def connection_made(self, transport):
        self._came.append(self._turn[0])
        transport.close()


async def served(loop, came: list[int]):
    """A server that hears nothing for as long as nobody waits, and the turns of its loop."""
    turn = [0]

    def count():
        turn[0] += 1
        loop.call_soon(count)

    server = await loop.create_server(lambda: Door(came, turn), "127.0.0.1", 0, backlog=MANY)
    count()
    return server, server.sockets[0].getsockname()


def run(make, scenario):
    with asyncio.Runner(loop_factory=make) as runner:
        return runner.run(scenario())


def connected(address) -> list[socket.socket]:
    """So many who wait at the door at one instant."""
    return [socket.create_connection(address) for _ in range(MANY)]


@pytest.mark.parametrize(("make", "least", "most"), [(uvloop.Loop, 1, 2), (Loop, 4, AT_A_TIME)])
def test_so_many_are_taken_at_each_turn(make, least, most):
    """uvloop's own is told as well: the day it takes more, ours has nothing left to do."""
    came: list[int] = []

    async def scenario():
        server, address = await served(asyncio.get_running_loop(), came)
        waiting = connected(address)
        while len(came) < MANY:
            await asyncio.sleep(0)
        server.close()
        await server.wait_closed()
        for each in waiting:
            each.close()

    run(make, scenario)
    assert least <= MANY / len(set(came)) <= most


def test_a_closed_server_is_closed_for_good():
    """Every door of it: a process that stops sends nobody in."""

    async def scenario():
        server, address = await served(asyncio.get_running_loop(), [])
        server.close()
        await server.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)
        with socket.create_server(address):  # and the port is free for the next process
            pass

    run(Loop, scenario)


def test_a_socket_that_was_opened_before_is_served_as_well():
    """As `--fd` and `--uds` hand it over; its options come with it."""
    came: list[int] = []

    async def scenario():
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = await loop.create_server(lambda: Door(came, [0]), sock=listening, backlog=8)
            assert [each.getsockname() for each in server.sockets] == [listening.getsockname()]
            socket.create_connection(listening.getsockname()).close()
            while not came:
                await asyncio.sleep(0)
            server.close()
            await server.wait_closed()

    run(Loop, scenario)
    assert len(came) == 1
