"""A candidate's computer: the browser with its seat, and the socket of its page."""

import asyncio
import socket
from collections import deque
from contextlib import suppress
from datetime import datetime
from time import monotonic

from django.core import signing

from candidates import access
from candidates.models import Candidate

from .browser import Unreachable
from .people import BUSY, CandidateBrowser
from .proxy import AT_ONCE
from .screens import SeatScreen

CLOSE, RESET, NOTHING = "close", "reset", "nothing"
PACE = 0.2  # of the waits before a reconnection
TRIES = 5  # of a page or an answer, one second apart: a busy site says so with 503
KEPT = 6  # instants, as in clock.js
PATIENCE = 15.0  # seconds for a connection to tell its first frame


class Computer:
    """In front of it sits `candidate`: `join`, then `connect`; `lose` and `connect` again.

    It counts the remaining time down as static/js/clock.js does.
    """

    def __init__(self, addresses: list[str], candidate: Candidate, *, at: int = 0):
        self.browser = CandidateBrowser(addresses, candidate, at=at)
        self.screen: SeatScreen | None = None
        self.left: list[SeatScreen] = []  # hung in a black hole, never closed by the browser
        self.ends_at: datetime | None = None
        self.offsets: deque[float] = deque(maxlen=KEPT)

    @property
    def is_live(self) -> bool:
        return self.screen is not None and self.screen.is_live

    @property
    def token(self) -> str:
        """Of the seat in the cookie; empty before the join."""
        value = self.browser.cookies.get(access.COOKIE)
        return signing.loads(value, salt=access.SALT)[1] if value else ""

    async def join(self) -> bool:
        """Through the form, from a page that knows nobody. Whether it was let in."""
        self.browser.close()
        return (await self.browser.join()).status == 302

    async def connect(self) -> None:
        """Opens the socket of the page and waits for its first seat frame."""
        self.offsets.clear()
        self.screen = SeatScreen(self.browser, pace=PACE)
        self.screen.on_frame = self._heard
        await self.screen.__aenter__()
        give_up = monotonic() + PATIENCE
        while not self.screen.seat and monotonic() < give_up:
            await asyncio.sleep(0.01)

    async def lose(self, how: str) -> None:
        """The page is gone: its socket closed politely, reset, or (`NOTHING`) lost already."""
        self.browser.close()
        if self.screen is None:
            return
        if how == RESET and self.screen.socket is not None:
            transport = self.screen.socket.transport
            raw = transport.get_extra_info("socket")
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            transport.abort()
        await _end(self.screen)
        self.screen = None

    def leave_hanging(self) -> None:
        """The network swallows everything: nobody learns that the socket is gone."""
        if self.screen is not None:
            self.left.append(self.screen)
            self.screen = None
        self.browser.close()

    async def answer(self, question: int) -> int | None:
        """The status, None when no answer came. An empty reply passes a question."""
        status = None
        for _ in range(TRIES):
            self.browser.close()  # a kept connection may be gone; browsers then take a new one
            with suppress(Unreachable):
                status = (await self.browser.reply(question)).status
            if status not in BUSY | {None}:
                break
            await asyncio.sleep(1)
        return status

    async def stage(self) -> str:
        """What a load of the page shows; empty when there is no page."""
        stage = ""
        for _ in range(TRIES):
            self.browser.close()
            with suppress(Unreachable):
                stage = await self.browser.stage()
            if stage:
                break
            await asyncio.sleep(1)
        return stage

    async def close(self) -> None:
        await self.lose(CLOSE)
        await self.clear_hanging()

    async def clear_hanging(self) -> None:
        while self.left:
            screen = self.left.pop()
            screen.drop()
            await _end(screen)

    def remaining(self, at: float) -> float:
        """Seconds that the page shows at `at`, an instant of `monotonic`."""
        if self.ends_at is None or not self.offsets:
            return float("inf")
        return self.ends_at.timestamp() - (max(self.offsets) + at)

    def _heard(self, frame: dict) -> None:
        # A frame can only be late, never early: the largest of the last offsets is the truest.
        self.offsets.append(datetime.fromisoformat(frame["now"]).timestamp() - monotonic())
        if frame["type"] == "seat" and frame["ends_at"]:
            self.ends_at = datetime.fromisoformat(frame["ends_at"])


async def _end(screen: SeatScreen) -> None:
    """Until it has ended: a frame that comes at that instant swallows the cancellation."""
    while not screen._task.done():
        screen._task.cancel()
        await asyncio.wait([screen._task], timeout=1)
