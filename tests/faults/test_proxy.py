"""The proxy itself: each misbehaviour is what it says, seen from both ends."""

import asyncio
import struct
from contextlib import asynccontextmanager
from random import Random
from time import monotonic

import pytest

from tests.faults.proxy import DropAnnouncements, Proxy

SOON = 5  # seconds; a test that waits longer hangs


@asynccontextmanager
async def an_echo(**options):
    """A server that sends back what it gets, behind a proxy; yields the proxy."""

    async def echo(reader, writer):
        try:
            while data := await reader.read(1000):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    try:
        async with Proxy(*server.sockets[0].getsockname(), **options) as proxy:
            yield proxy
    finally:
        server.close()


async def client(proxy):
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def said(streams, text: bytes) -> bytes:
    reader, writer = streams
    writer.write(text)
    return await asyncio.wait_for(reader.readexactly(len(text)), SOON)


async def test_it_passes_everything_both_ways():
    async with an_echo() as proxy:
        streams = await client(proxy)
        text = b"0123456789" * 5_000
        assert await said(streams, text) == text
        assert (proxy.accepted, proxy.open) == (1, 1)
        streams[1].close()


async def test_delay_is_paid_both_ways():
    async with an_echo() as proxy:
        streams = await client(proxy)
        proxy.delay = 0.05
        before = monotonic()
        await said(streams, b"a")
        assert monotonic() - before >= 0.1
        streams[1].close()


async def test_bandwidth_is_limited():
    async with an_echo() as proxy:
        streams = await client(proxy)
        proxy.bytes_per_second = 10_000
        before = monotonic()
        await said(streams, b"x" * 3_000)
        assert monotonic() - before >= 0.19
        streams[1].close()


async def test_a_cut_is_an_end_of_file():
    async with an_echo() as proxy:
        streams = await client(proxy)
        await said(streams, b"a")
        assert proxy.cut() == 1
        assert await asyncio.wait_for(streams[0].read(), SOON) == b""
        streams[1].close()


async def test_a_reset_is_an_error():
    async with an_echo() as proxy:
        streams = await client(proxy)
        await said(streams, b"a")
        assert proxy.reset() == 1
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(streams[0].read(), SOON)
        streams[1].close()


async def test_a_black_hole_closes_nothing_and_goes_on_afterwards():
    async with an_echo() as proxy:
        old = await client(proxy)
        await said(old, b"a")
        proxy.hold()
        new = await client(proxy)
        for reader, writer in (old, new):
            writer.write(b"bc")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.1)
        proxy.release()
        for reader, writer in (old, new):
            assert await asyncio.wait_for(reader.readexactly(2), SOON) == b"bc"
            writer.close()


async def test_refused_then_accepted_at_the_same_port():
    async with an_echo() as proxy:
        streams = await client(proxy)
        port = proxy.port
        await proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await client(proxy)
        assert await said(streams, b"a") == b"a"
        await proxy.listen()
        again = await client(proxy)
        assert (proxy.port, await said(again, b"b")) == (port, b"b")
        streams[1].close()
        again[1].close()


async def test_the_end_of_the_server_is_the_end_of_the_client():
    async with an_echo() as proxy:
        proxy.target = ("127.0.0.1", 1)  # nobody there
        reader, writer = await client(proxy)
        assert await asyncio.wait_for(reader.read(), SOON) == b""
        writer.close()


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", 4 + len(body)) + body


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_announcements_are_dropped_and_nothing_else(size):
    """However the bytes are cut into pieces, and after the refusals of encryption."""
    dropping = DropAnnouncements(Random(1), probability=1)
    keep = dropping.connection()
    begin = b"GN" + message(b"R", b"\0" * 4) + message(b"N", b"a notice")
    announcement, row = message(b"A", b"session_changed"), message(b"D", b"A" * 30)
    stream = begin + announcement + row + announcement + announcement + row
    kept = b"".join(keep(stream[at : at + size]) for at in range(0, len(stream), size))
    assert kept == begin + row + row
    assert (dropping.seen, dropping.dropped) == (3, 3)


def test_a_share_of_the_announcements_is_dropped():
    dropping = DropAnnouncements(Random(7), probability=0.3)
    keep = dropping.connection()
    announcement = message(b"A", b"1:2")
    kept = keep(message(b"R", b"\0" * 4) + announcement * 1000)
    assert 200 < dropping.dropped < 400
    assert kept.count(announcement) == 1000 - dropping.dropped
