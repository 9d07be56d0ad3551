"""Pages that come back as static/js/connection.js makes them, polling included.

`Board` and `Seat` are `screens.Screen` and `screens.SeatScreen` with that rule, and with the
instant since when what they show has been shown on a line that works.
"""

import asyncio
import contextlib
from time import monotonic

from . import screens
from .browser import DATA, Unreachable

LEAST, FIRST, LONGEST, CALLED_BACK = 1.0, 3.0, 15.0, 1.5  # seconds
REFUSALS_BEFORE_POLLING = 2
POLL, SOCKET_AGAIN = 2.0, 30.0
CALLS_BACK = {1012, 1013}


class _Line(screens.LiveScreen):
    """`watch()` begins anew: `back_at` is the first frame on a new line, `settled_at` the last
    frame that changed what is shown; None before."""

    back_at: float | None = None
    settled_at: float | None = None
    _closed_before = 0
    _content: object = None
    _has_tried_again = False

    def watch(self) -> None:
        self.back_at = self.settled_at = None
        self._closed_before = len(self.closes)
        self._content = self.content()
        self.on_frame = self._note

    def content(self) -> object:
        raise NotImplementedError

    def poll_path(self) -> str:
        raise NotImplementedError

    def _note(self, frame: dict) -> None:
        if frame["type"] in {"hello", "bye"} or len(self.closes) == self._closed_before:
            return
        if self.back_at is None:
            self.back_at = self.settled_at = monotonic()
        if self.content() != self._content:
            self._content, self.settled_at = self.content(), monotonic()

    async def _live(self) -> None:
        longest, refusals, self._has_tried_again = FIRST, 0, False
        while True:
            before = sum(self.frames.values())
            await self._one_socket()
            self.is_live = False
            if sum(self.frames.values()) > before:
                longest, refusals, self._has_tried_again = FIRST, 0, False
            else:
                refusals += 1
            if refusals >= REFUSALS_BEFORE_POLLING:
                longest, refusals = await self._poll(longest)
            elif self.closes[-1][1] in CALLS_BACK:
                await asyncio.sleep(self.chance.random() * CALLED_BACK)
            else:
                await asyncio.sleep(self._wait(longest))
                longest = min(longest * 2, LONGEST)

    async def _poll(self, longest: float) -> tuple[float, int]:
        """Until it is time for a socket again: half a minute, or once as soon as an answer came,
        or when nobody answers at all, which is no refusal. Returns the wait and the refusals."""
        give_up = monotonic() + SOCKET_AGAIN
        while monotonic() < give_up:
            if not await self._ask():
                await asyncio.sleep(self._wait(longest))
                return min(longest * 2, LONGEST), 0
            longest = FIRST
            if not self._has_tried_again:
                self._has_tried_again = True
                break
            await asyncio.sleep(POLL * (1 + self.chance.random() / 2))
        return longest, REFUSALS_BEFORE_POLLING

    async def _ask(self) -> bool:
        with contextlib.suppress(Unreachable, ValueError):
            answer = await self.browser.get(self.poll_path(), DATA, patience=10)
            if answer.status == 200:
                for frame in answer.json()["frames"]:
                    self.heard_at, self.is_live = monotonic(), True
                    self.frames[frame["type"]] += 1
                    self.apply(frame)
                    self.on_frame(frame)
                return True
        return False

    def _wait(self, longest: float) -> float:
        return LEAST + self.chance.random() * (longest - LEAST)


class Board(_Line, screens.Screen):
    def apply(self, frame: dict) -> bool:
        # What is missing after a hello follows by itself: nothing is asked.
        return frame["type"] == "hello" or super().apply(frame)

    def content(self) -> object:
        return self.shown.epoch, self.shown.version

    def poll_path(self) -> str:
        return f"{self.browser.board_path}live/?epoch={self.shown.epoch}&v={self.shown.version}"


class Seat(_Line, screens.SeatScreen):
    def content(self) -> object:
        return tuple(self.seat.get(name) for name in ("stage", "ends_at", "paused_at"))

    def poll_path(self) -> str:
        return "/candidat/live/"
