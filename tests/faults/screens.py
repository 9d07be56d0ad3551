"""What people look at: pages kept up to date by a socket, as static/js/connection.js, board.js do.

A supervisor's page is held as the rows' own HTML, so that thousands of frames cost nothing, and a
fresh load is compared with it text by text.
"""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from .browser import Browser, Unreachable
from .people import SupervisorBrowser

SILENCE, FIRST_WAIT, LONGEST_WAIT = 25.0, 1.0, 15.0  # seconds, as in connection.js
BOARD = re.compile(r'<div id="board" data-epoch="([^"]+)" data-version="(\d+)"')
ROW = re.compile(r'<li class="row" id="row-(\d+)".*?</li>', re.DOTALL)
COUNTER = re.compile(r'data-counter="(\w+)">(\d+)<')
PAUSED = re.compile(r'<section class="paused-room".*?</section>', re.DOTALL)
UNREACHABLE = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake)


@dataclass
class Shown:
    """What a board shows: rows by candidate id, counters by name, the notice of a pause."""

    epoch: str = ""
    version: int = -1
    rows: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    paused: str = ""

    @classmethod
    def of(cls, html: str) -> "Shown":
        """Of a page, or of the board in a frame."""
        found = BOARD.search(html)
        if found is None:
            raise ValueError("no board in this page")
        paused = PAUSED.search(html)
        return cls(
            found[1],
            int(found[2]),
            {row[1]: row[0] for row in ROW.finditer(html)},
            {name: int(count) for name, count in COUNTER.findall(html)},
            paused[0] if paused else "",
        )

    def difference(self, other: "Shown") -> str:
        """Empty when both show the same; else what differs first."""
        if (self.epoch, self.version) != (other.epoch, other.version):
            return f"version {self.version} and {other.version}"
        for pk in self.rows.keys() | other.rows.keys():
            if self.rows.get(pk) != other.rows.get(pk):
                return f"row {pk}"
        if self.counters != other.counters:
            return f"counters {self.counters} and {other.counters}"
        return "" if self.paused == other.paused else "the pause"


class LiveScreen:
    """A page with its socket: `async with screen:` keeps it connected, whatever happens.

    `pace` scales the waits before a reconnection. Counted: `frames` by type, `resumes`,
    `opened` sockets, `closes` as (`monotonic()`, code) with None for a handshake refused and
    1006 for a socket gone without a word. `is_live`: connected, and a frame heard since.
    """

    def __init__(self, browser: Browser, path: str, *, pace: float = 1.0, seed: int = 0):
        self.browser, self.path, self.pace = browser, path, pace
        self.chance = Random(seed)
        self.frames: Counter[str] = Counter()
        self.resumes = self.opened = 0
        self.closes: list[tuple[float, int | None]] = []
        self.heard_at = monotonic()
        self.is_live = False
        self.on_frame: Callable[[dict], None] = lambda frame: None
        self.socket: ClientConnection | None = None
        self._task: asyncio.Task | None = None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def apply(self, frame: dict) -> bool:
        """Takes a frame; False asks to resume."""
        raise NotImplementedError

    def shows(self) -> dict:
        """The body of a `resume`."""
        raise NotImplementedError

    async def _live(self) -> None:
        wait = FIRST_WAIT
        while True:
            before = sum(self.frames.values())
            await self._one_socket()
            self.is_live = False
            # Full jitter, longer each time nothing was heard at all.
            heard = sum(self.frames.values()) > before
            wait = FIRST_WAIT if heard else min(wait * 2, LONGEST_WAIT)
            await asyncio.sleep((0.5 + self.chance.random() * wait) * self.pace)
            self.browser.elsewhere()

    async def _one_socket(self) -> None:
        code: int | None = 1006
        try:
            async with connect(
                "ws" + self.browser.address.removeprefix("http") + self.path,
                origin=self.browser.address,
                additional_headers={"Cookie": self.browser.cookie_header},
                ping_interval=None,  # browsers send none
                open_timeout=SILENCE,
                close_timeout=1,
                max_size=None,
                compression=None,
                proxy=None,
            ) as self.socket:
                self.opened += 1
                await self._read(self.socket)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
        except InvalidStatus:
            code = None
        except UNREACHABLE:
            pass
        finally:
            self.socket = None
        self.closes.append((monotonic(), code))

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            # Not `wait_for`, which in Python 3.11 may swallow a cancellation.
            async with asyncio.timeout(SILENCE):
                text = await socket.recv()
            frame = json.loads(text)
            self.heard_at, self.is_live = monotonic(), True
            self.frames[frame["type"]] += 1
            if not self.apply(frame):
                self.resumes += 1
                await socket.send(json.dumps({"type": "resume", **self.shows()}))
            self.on_frame(frame)

    def drop(self) -> None:
        """The cable is pulled: the socket is gone without a word; it comes back by itself."""
        if self.socket is not None:
            self.socket.transport.abort()


class Screen(LiveScreen):
    """A supervisor's board. `load()` first, as a browser does; `shown` is what it shows.

    `went_back`: how often the shown version of one epoch decreased; it must never.
    """

    def __init__(self, browser: SupervisorBrowser, **options):
        super().__init__(browser, f"/ws/surveillance/{browser.session.number}/", **options)
        self.shown = Shown()
        self.went_back = 0

    async def load(self) -> None:
        self._take(await self.fresh())

    async def fresh(self) -> Shown:
        """What a reload would show now. Raises `Unreachable`, `ValueError` for another page."""
        return Shown.of((await self.browser.get(self.browser.board_path)).text)

    def shows(self) -> dict:
        return {"epoch": self.shown.epoch, "v": self.shown.version}

    def apply(self, frame: dict) -> bool:
        shown = self.shown
        match frame["type"]:
            case "board":
                if frame["epoch"] != shown.epoch or frame["v"] >= shown.version:
                    self._take(Shown.of(frame["html"]))
            case "rows" if frame["v"] > shown.version:
                if frame["from"] > shown.version:
                    return False
                shown.rows |= {pk: html.strip() for pk, html in frame["rows"].items()}
                shown.counters |= {name: int(value) for name, value in frame["counters"].items()}
                shown.version = frame["v"]
            case "hb" | "hello":
                return frame["epoch"] == shown.epoch and frame["v"] <= shown.version
        return True

    def _take(self, shown: Shown) -> None:
        if shown.epoch == self.shown.epoch and shown.version < self.shown.version:
            self.went_back += 1
        self.shown = shown

    async def reaches(self, version: int, seconds: float) -> float | None:
        """Seconds until it shows at least `version`; None when it did not in time."""
        began = monotonic()
        while monotonic() < began + seconds:
            if self.shown.version >= version:
                return monotonic() - began
            await asyncio.sleep(0.005)
        return None


class SeatScreen(LiveScreen):
    """A candidate's page: `seat` is the last frame (`stage`, `ends_at`, `paused_at`, `v`)."""

    def __init__(self, browser: Browser, **options):
        super().__init__(browser, "/ws/candidat/", **options)
        self.seat: dict = {}

    def shows(self) -> dict:
        return {}

    def apply(self, frame: dict) -> bool:
        if frame["type"] == "seat":
            is_late = frame["epoch"] == self.seat.get("epoch") and frame["v"] < self.seat["v"]
            self.seat = self.seat if is_late else frame
        return True

    async def reaches(self, stage: str, seconds: float) -> float | None:
        """Seconds until it shows `stage`; None when it did not in time."""
        began = monotonic()
        while monotonic() < began + seconds:
            if self.seat.get("stage") == stage:
                return monotonic() - began
            await asyncio.sleep(0.005)
        return None


async def all_exact(screens: list[Screen], seconds: float) -> tuple[float, list[str]]:
    """Waits until every screen equals a fresh load at rest; (seconds taken, what still differs).

    The sessions must be at rest, or the comparison never ends.
    """
    began = monotonic()
    while True:
        differences = []
        fresh: dict[str, Shown] = {}
        for screen in screens:
            number = screen.browser.session.number
            with contextlib.suppress(OSError, Unreachable):
                if number not in fresh:
                    fresh[number] = await screen.fresh()
                if told := screen.shown.difference(fresh[number]):
                    differences.append(f"{number}: {told}")
        if not differences or monotonic() > began + seconds:
            return monotonic() - began, differences
        await asyncio.sleep(0.1)
