"""The sockets of one process, by room. What they are sent, the hub decides (`live`)."""

import asyncio
import json
from collections.abc import Callable

from . import watch

QUEUE_FRAMES = 64
SLOW, RESTART = "slow", "restart"


class Socket:
    """One browser of a room: a bounded queue, so that a slow one makes nobody wait.

    A supervisor's has the `ticket` that it was let in with, and gets the room's frames. A
    candidate's gets no row of others: `on_change` is called when its own candidate, or the
    room, changed. After `close`, `closed_for` says why.
    """

    def __init__(
        self,
        ticket: watch.Ticket | None = None,
        candidate_id: int | None = None,
        on_change: Callable | None = None,
    ):
        self.ticket, self.candidate_id, self.on_change = ticket, candidate_id, on_change
        self.closed_for = ""
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_FRAMES)

    def push(self, frame: dict | str) -> None:
        if self.closed_for:
            return
        text = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close(SLOW)

    def close(self, code: str) -> None:
        """Tell the browser why it stops here; what it has not read yet, it will ask again."""
        if self.closed_for:
            return
        self.closed_for = code
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(json.dumps({"type": "bye", "code": code}))
        self.queue.put_nowait(None)


class Room:
    """The sockets of one session here; `version` is the last one sent to them."""

    def __init__(self, session_id: int, epoch: str, version: int):
        self.session_id, self.epoch, self.version = session_id, epoch, version
        self.heard = version
        self.sockets: set[Socket] = set()
        self.pump: asyncio.Task | None = None
        # The whole board as text, and the epoch and version that it was asked for at.
        self.whole: tuple[tuple[str, int], asyncio.Task[str]] | None = None

    def is_at(self, version: int | None) -> bool:
        """All sockets were sent `version`, and nothing newer is on its way."""
        return version == self.version == self.heard
