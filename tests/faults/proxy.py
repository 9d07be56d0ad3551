"""A TCP proxy on 127.0.0.1 that behaves as badly as a network can.

    async with Proxy("127.0.0.1", 5432) as proxy:
        proxy.port                   where clients connect instead
        proxy.delay = 0.2            each piece of data waits that long, both ways
        proxy.bytes_per_second = 2_000
        proxy.hold(); proxy.release()    a black hole: accepts and says nothing; then goes on
        proxy.cut()                  every connection ends politely (FIN)
        proxy.reset()                every connection ends with RST
        await proxy.refuse(); await proxy.listen()    nobody at that port; again somebody

`announcements`, a `DropAnnouncements`, takes NOTIFY's messages out of PostgreSQL's answers.
"""

import asyncio
import contextlib
import socket
import struct
from random import Random

PIECE = 65_536
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close throws away what is unsent, with RST


class Proxy:
    def __init__(self, host: str, port: int, announcements: "DropAnnouncements | None" = None):
        self.target = host, port
        self.announcements = announcements
        self.delay = 0.0
        self.bytes_per_second: int | None = None
        self.port = 0
        self.accepted = 0
        self._server: asyncio.Server | None = None
        self._passes = asyncio.Event()
        self._passes.set()
        self._links: set[_Link] = set()

    async def __aenter__(self) -> "Proxy":
        await self.listen()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.refuse()
        await asyncio.gather(*(link.end() for link in list(self._links)))

    async def listen(self) -> None:
        """Somebody is at the port, the same one after a `refuse`."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """New connections are refused; those that exist go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def hold(self) -> None:
        """Nothing passes any more, either way; nothing is closed, and new ones are held too."""
        self._passes.clear()

    def release(self) -> None:
        self._passes.set()

    def cut(self) -> int:
        """Ends every connection with FIN to both sides; returns how many."""
        return self._end_all(reset=False)

    def reset(self) -> int:
        """Ends every connection with RST to both sides; returns how many."""
        return self._end_all(reset=True)

    @property
    def open(self) -> int:
        return len(self._links)

    def _end_all(self, *, reset: bool) -> int:
        links = list(self._links)
        for link in links:
            link.close(reset=reset)
        return len(links)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = _Link(self, reader, writer)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        while data:
            await self._passes.wait()
            speed = self.bytes_per_second
            piece = data[: max(1, speed // 10)] if speed else data
            data = data[len(piece) :]
            writer.write(piece)
            await writer.drain()
            if speed:
                await asyncio.sleep(len(piece) / speed)


class _Link:
    """One client's connection and the one made to the server for it."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.proxy = proxy
        self.reader = reader
        self.writers = [writer]
        self.task = asyncio.current_task()

    async def run(self) -> None:
        try:
            await self.proxy._passes.wait()
            reader, writer = await asyncio.open_connection(*self.proxy.target)
            self.writers.append(writer)
            dropping = self.proxy.announcements
            ways = [
                asyncio.create_task(self._pump(self.reader, writer, None)),
                asyncio.create_task(
                    self._pump(reader, self.writers[0], dropping and dropping.connection())
                ),
            ]
            try:
                # As soon as one side is gone, the other is told.
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # the server is not there, or we were told to end this
        finally:
            self.close(reset=False)

    async def _pump(self, reader, writer, kept) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(PIECE):
                await self.proxy._pass(kept(data) if kept else data, writer)

    def close(self, *, reset: bool) -> None:
        for writer in self.writers:
            connection = writer.get_extra_info("socket")
            if reset and connection is not None and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                writer.transport.abort()
            else:
                writer.close()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class DropAnnouncements:
    """Loses NOTIFY's messages on their way to the listener, each with `probability` (0 to 1)."""

    def __init__(self, chance: Random, probability: float = 0.0):
        self.chance, self.probability = chance, probability
        self.seen = self.dropped = 0

    def connection(self):
        """A filter for what the server sends on one connection."""
        return _Messages(self)

    def keeps(self, kind: int) -> bool:
        if kind != ord("A"):
            return True
        self.seen += 1
        lost = self.chance.random() < self.probability
        self.dropped += lost
        return not lost


class _Messages:
    """Cuts a PostgreSQL server's bytes into messages: a type byte, then a length (int32)."""

    def __init__(self, dropping: DropAnnouncements):
        self.dropping = dropping
        self.rest = b""
        self.has_begun = False

    def __call__(self, data: bytes) -> bytes:
        self.rest += data
        kept = b""
        # Before the first message, one bare byte answers each request for encryption: no.
        while not self.has_begun and self.rest:
            if self.rest[:1] in {b"N", b"G"}:
                kept, self.rest = kept + self.rest[:1], self.rest[1:]
            else:
                self.has_begun = True
        while len(self.rest) >= 5:
            (length,) = struct.unpack_from("!I", self.rest, 1)
            if len(self.rest) < 1 + length:
                break
            message, self.rest = self.rest[: 1 + length], self.rest[1 + length :]
            if self.dropping.keeps(message[0]):
                kept += message
        return kept
