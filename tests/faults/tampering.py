"""Frames lost, doubled and out of order between the real socket and the page that applies them."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from time import monotonic

from .people import SupervisorBrowser
from .screens import SILENCE, Screen, Shown

RESUME_AGAIN = 5.0  # seconds, as in static/js/connection.js
LOST, DOUBLED, DISPLACED = 0.2, 0.1, 0.2
FURTHEST = 5  # frames that may overtake one that is late


class Tampering:
    """Gets each frame of a socket, gives those that arrive now. `counts` says what was done."""

    def __init__(self, seed: int):
        self.chance = Random(seed)
        self.is_on = True
        self.counts: Counter[str] = Counter()
        self._late: list[tuple[int, dict]] = []

    def new_socket(self) -> None:
        """What was under way on the one before never arrives."""
        self._late.clear()

    def __call__(self, frame: dict) -> list[dict]:
        self.counts["frames"] += 1
        arrives = [late for left, late in self._late if left == 1 or not self.is_on]
        self._late = [(left - 1, late) for left, late in self._late if left > 1 and self.is_on]
        if not self.is_on or frame["type"] == "bye":
            return [*arrives, frame]
        now = [frame for _ in range(self._copies()) if not self._delay(frame)]
        return [*now, *arrives]

    def _copies(self) -> int:
        fate = self.chance.random()
        self.counts["dropped"] += fate < LOST
        self.counts["doubled"] += LOST <= fate < LOST + DOUBLED
        return 0 if fate < LOST else 2 if fate < LOST + DOUBLED else 1

    def _delay(self, frame: dict) -> bool:
        is_late = self.chance.random() < DISPLACED
        if is_late:
            self.counts["displaced"] += 1
            self._late.append((self.chance.randint(1, FURTHEST), frame))
        return is_late


class TamperedScreen(Screen):
    """A board with the whole rule of static/js/board.js and connection.js for bad frames.

    `on_shown(screen)` is called each time that it shows another version.
    """

    def __init__(
        self,
        browser: SupervisorBrowser,
        tampering: Tampering,
        on_shown: Callable[["TamperedScreen"], None],
        **options,
    ):
        super().__init__(browser, **options)
        self.tampering, self.on_shown = tampering, on_shown
        self.past: set[str] = set()
        self.heard = ("", -1)
        self._asked_at = float("-inf")
        self._is_behind = False

    async def load(self) -> None:
        await super().load()
        self.heard = self.shown.epoch, self.shown.version
        self.on_shown(self)

    async def _read(self, socket) -> None:
        self.tampering.new_socket()
        tick = asyncio.create_task(self._tick(socket))
        try:
            while True:
                async with asyncio.timeout(SILENCE):
                    text = await socket.recv()
                self.heard_at, self.is_live = monotonic(), True
                for frame in self.tampering(json.loads(text)):
                    self.frames[frame["type"]] += 1
                    await self._receive(frame, socket)
        finally:
            tick.cancel()

    async def _receive(self, frame: dict, socket) -> None:
        before = self.shown.epoch, self.shown.version
        is_exact = self.apply(frame)
        has_moved = (self.shown.epoch, self.shown.version) != before
        self._is_behind = not is_exact
        if has_moved:
            self.on_shown(self)
        if has_moved or is_exact:
            self._asked_at = float("-inf")
        if is_exact:
            return
        if frame["type"] == "hello":
            self._asked_at = monotonic()  # what is missing follows by itself
        else:
            await self._resume(socket)

    async def _tick(self, socket) -> None:
        while True:
            await asyncio.sleep(self.pace)
            if self._is_behind:
                await self._resume(socket)

    async def _resume(self, socket) -> None:
        if monotonic() - self._asked_at < RESUME_AGAIN * self.pace:
            return
        self._asked_at = monotonic()
        self.resumes += 1
        await socket.send(json.dumps({"type": "resume", **self.shows()}))

    def apply(self, frame: dict) -> bool:
        """Whether it shows all that the server has named so far."""
        if frame["type"] == "bye":
            return True
        if self._hear(frame):
            shown = self.shown
            is_this_history = self.heard[0] == shown.epoch
            if frame["type"] == "board" and (not is_this_history or frame["v"] > shown.version):
                self._take(Shown.of(frame["html"]))
            fits = frame["type"] == "rows" and frame["from"] <= shown.version < frame["v"]
            if fits and is_this_history:
                self._take_rows(frame)
        epoch, version = self.heard
        return self.shown.epoch == epoch and version <= self.shown.version

    def _hear(self, frame: dict) -> bool:
        """Which history the server speaks of, and how far it is; False for one that is over."""
        epoch, version = self.heard
        named = frame.get("epoch", epoch)
        if named in self.past:
            return False
        self.heard = named, max(version, frame["v"]) if named == epoch else frame["v"]
        return True

    def _take(self, shown: Shown) -> None:
        if self.shown.epoch and shown.epoch != self.shown.epoch:
            self.past.add(self.shown.epoch)
            self.went_back += shown.epoch in self.past
        super()._take(shown)

    def _take_rows(self, frame: dict) -> None:
        """Another `Shown`, so that nothing that was noted changes afterwards."""
        counters = {name: int(value) for name, value in frame["counters"].items()}
        rows = {pk: html.strip() for pk, html in frame["rows"].items()}
        self.shown = replace(
            self.shown,
            version=frame["v"],
            rows=self.shown.rows | rows,
            counters=self.shown.counters | counters,
        )
