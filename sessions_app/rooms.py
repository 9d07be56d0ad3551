"""The sockets of one process, by room. What they are sent, the hub decides (`live`)."""

import asyncio
import logging
import types
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from . import board, languages, watch
from .frame_text import as_text

QUEUE_FRAMES = 64
SLOW, RESTART = "slow", "restart"

MOST_READS = 8  # kept, of one version of a room

# The language of a page, and the epoch and version that it shows already.
Lacking = tuple[str, tuple[str, int] | None]
# Of what brings it up to date: epoch, version, and the frame as text.
Read = tuple[str, int, str]

logger = logging.getLogger(__name__)


def never(text: str, with_ping: bool) -> bool:
    """Of a server that has no way to write at once."""
    return False


class Socket:
    """One browser of a room: a bounded queue, so that a slow one makes nobody wait.

    A supervisor's has the `ticket` that it was let in with, and gets the room's frames. A
    candidate's gets no row of others: `on_change` is called when its own candidate, or the
    room, changed. `send` takes each frame as text, then None when the socket is to be closed;
    `write` is tried before, and tells whether it could at once. After `close`, `closed_for` says
    why. `language` is that of its page.
    """

    __slots__ = (
        "_sending",
        "candidate_id",
        "closed_for",
        "colleagues",
        "language",
        "on_change",
        "send",
        "ticket",
        "waiting",
        "write",
    )

    def __init__(
        self,
        ticket: watch.Ticket | None = None,
        candidate_id: int | None = None,
        on_change: Callable | None = None,
        send: Callable[[str | None], Awaitable[None]] | None = None,
        language: str = languages.DEFAULT,
    ):
        self.ticket, self.candidate_id, self.on_change = ticket, candidate_id, on_change
        self.send, self.write, self.language = send, never, language
        self.closed_for = ""
        self.colleagues: list[dict] | None = None  # as last told, see `colleagues`
        self.waiting: list[str | None] = []
        self._sending: asyncio.Task | None = None

    def push(self, frame: dict | str, *, with_ping: bool = False) -> None:
        if self.closed_for:
            return
        text = frame if isinstance(frame, str) else as_text(frame)
        if self._sending is None and not self.waiting and self.write(text, with_ping):
            return
        if len(self.waiting) >= QUEUE_FRAMES:
            self.close(SLOW)
            return
        self.waiting.append(text)
        self._send_on()

    def close(self, code: str) -> None:
        """Tell the browser why it stops here; what it has not read yet, it will ask again."""
        if self.closed_for:
            return
        self.closed_for = code
        self.waiting[:] = [as_text({"type": "bye", "code": code}), None]
        self._send_on()

    def stop(self) -> None:
        """The browser has gone: nothing is sent any more."""
        # `on_change` as well, for whoever it belongs to holds this socket: what points in a circle
        # waits for the garbage collector.
        self.send, self.write, self.on_change = None, never, None
        if self._sending:
            self._sending.cancel()

    def _send_on(self) -> None:
        if self.send and self._sending is None:
            self._sending = _begin(self._send_waiting())

    async def _send_waiting(self) -> None:
        try:
            while self.send and self.waiting:
                await self.send(self.waiting.pop(0))
        except Exception as error:  # it has just gone: its disconnect is on the way
            logger.debug("a frame was not sent: %s", type(error).__name__)
            self.send = None
        self._sending = None


def _begin(coroutine: Coroutine) -> asyncio.Task | None:
    """Run it up to where it has to wait, and the rest as a task, which is returned.

    A frame leaves at once nearly always: a task and a turn of the loop for each socket would
    cost more than the frame.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_finish(coroutine, awaited))


async def _finish(coroutine: Coroutine, awaited: asyncio.Future) -> None:
    await _rest(coroutine, awaited)


@types.coroutine
def _rest(coroutine: Coroutine, awaited: asyncio.Future):
    """What is left of a coroutine that has begun, and waits for `awaited`."""
    try:
        yield awaited
    except BaseException:
        coroutine.close()
        raise
    yield from coroutine.__await__()


class Room:
    """The sockets of one session here; `version` is the last one sent to them."""

    def __init__(self, session_id: int, epoch: str, version: int):
        self.session_id, self.epoch, self.version = session_id, epoch, version
        self.heard = version
        self.sockets: set[Socket] = set()
        self.watching: set[Socket] = set()  # those of supervisors
        self.pump: asyncio.Task | None = None
        # What is being read or was, of what kind, and the epoch and version it was asked for at.
        self._read_at = epoch, version
        self._reads: dict[Lacking, asyncio.Task[Read]] = {}

    @property
    def languages(self) -> set[str]:
        """Those that supervisors read here."""
        return {each.language for each in self.watching}

    def add(self, socket: Socket) -> None:
        self.sockets.add(socket)
        if socket.candidate_id is None:
            self.watching.add(socket)

    def discard(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        self.watching.discard(socket)

    async def read_once(
        self, asked: Lacking, read: Callable[..., Coroutine[Any, Any, Read]]
    ) -> Read:
        """What `read(session_id, *asked)` gives, once for all who ask it at the same version."""
        state = (self.epoch, self.heard)
        if self._read_at != state or len(self._reads) >= MOST_READS:
            self._read_at, self._reads = state, {}
        if asked not in self._reads:
            self._reads[asked] = asyncio.create_task(read(self.session_id, *asked))
        reading = self._reads[asked]
        try:
            return await asyncio.shield(reading)
        except Exception:
            if self._reads.get(asked) is reading:
                del self._reads[asked]
            raise

    def asks_what_changed(self) -> board.Asked:
        """Since what was sent last."""
        return board.Asked(self.session_id, self.epoch, self.version, tuple(self.languages))

    def lacks(self, epoch: str, version: int) -> bool:
        """Whether that is more than what has been heard of it."""
        return self.epoch != epoch or self.heard < version

    def is_at(self, version: int | None) -> bool:
        """All sockets were sent `version`, and nothing newer is on its way."""
        return version == self.version == self.heard
