"""One person's live socket: stays open, answers pings, comes back when dropped."""

import asyncio
import json
from collections.abc import Callable
from time import monotonic

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .browser import Browser

# Nothing for that long, heartbeats included: the connection is dead without saying so.
SILENCE_SECONDS = 25
LONGEST_WAIT_SECONDS = 15
UNREACHABLE = (OSError, TimeoutError, InvalidHandshake, ConnectionClosed)


class LiveSocket:
    """`async with LiveSocket(…)`: `on_frame` gets each frame, as a dict, while it lives."""

    def __init__(self, browser: Browser, path: str, on_frame: Callable[[dict], None]):
        self.browser, self.on_frame = browser, on_frame
        self.address = "ws" + browser.url.removeprefix("http") + path
        self.is_open = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._stays_away_until = 0.0

    async def __aenter__(self) -> "LiveSocket":
        self._task = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def lose(self, seconds: float) -> None:
        """The cable is pulled out, without a word to the server, then put back."""
        await self.is_open.wait()
        self._stays_away_until = monotonic() + seconds
        self.is_open.clear()
        self._socket.transport.abort()
        await self.is_open.wait()

    async def send(self, message: dict) -> bool:
        """Whether there was an open socket to send by."""
        if not self.is_open.is_set():
            return False
        try:
            await self._socket.send(json.dumps(message))
        except UNREACHABLE:
            return False
        return True

    async def _live(self) -> None:
        attempts = 0
        while True:
            try:
                async with self._connect() as self._socket:
                    attempts = 0
                    await self._read(self._socket)
            except UNREACHABLE:
                pass
            self.is_open.clear()
            absence = self._stays_away_until - monotonic()
            if absence <= 0:
                self.browser.summary.count("dropped")
                attempts += 1
                longest = min(LONGEST_WAIT_SECONDS, 2**attempts)
                absence = self.browser.chance.uniform(1, longest)
            await asyncio.sleep(absence)

    def _connect(self) -> connect:
        return connect(
            self.address,
            origin=websockets.Origin(self.browser.url),
            additional_headers={"Cookie": self.browser.cookies},
            compression=None,
            ping_interval=None,
            close_timeout=2,
            proxy=None,
        )

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            # Not wait_for: in Python 3.11 it forgets a cancellation that meets a frame.
            async with asyncio.timeout(SILENCE_SECONDS):
                text = await socket.recv()
            self.on_frame(json.loads(text))
            # Open for whoever waits once the first frame has told where things stand.
            if monotonic() >= self._stays_away_until:
                self.is_open.set()
