"""The hub: what one process knows of its live sockets, and how it hears of changes.

The database is the only truth; an announcement is a hint that may be lost. A room is a session
with at least one socket here. When its version moves, what changed is read and rendered once,
and the same frame goes to every socket of the room.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection, connections

from . import board, clock, timekeeper
from .models import Session

CHANNEL = "session_changed"
POLL_SECONDS = 2
HEARTBEAT_SECONDS = 10
QUEUE_FRAMES = 64
SLOW = "slow"

logger = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


async def in_database(function: Callable, *args):
    """Run `function` in a thread of the hub and give its connection back."""

    def run():
        try:
            return function(*args)
        finally:
            for each in connections.all(initialized_only=True):
                if not each.in_atomic_block:
                    each.close()

    return await sync_to_async(run, thread_sensitive=False, executor=_threads)()


class Socket:
    """One browser of a room: a bounded queue, so that a slow one makes nobody wait.

    `candidate_id` is None for a supervisor, who gets the room's frames. A candidate's socket
    gets no row of others: `on_change` is called when its own candidate, or the room, changed.
    """

    def __init__(self, candidate_id: int | None = None, on_change: Callable | None = None):
        self.candidate_id = candidate_id
        self.on_change = on_change
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_FRAMES)

    def push(self, frame: dict | str) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close(SLOW)

    def close(self, code: str) -> None:
        """Tell the browser to come back, and stop after what it can still read."""
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


class Hub:
    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.rooms: dict[int, Room] = {}
        self.tasks: list[asyncio.Task] = []
        self._ahead = timedelta()  # the database's clock minus this machine's

    def now(self) -> datetime:
        """The database's clock, as measured at the last look (every two seconds)."""
        return datetime.now(UTC) + self._ahead

    def ensure_running(self) -> None:
        """Start the hub in the running loop; called by every request and socket."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        self.loop, self.rooms = loop, {}
        duties = [self._watch(), self._beat(), self._keep_time()]
        if connection.vendor == "postgresql":
            duties.append(self._listen())
        self.tasks = [loop.create_task(duty) for duty in duties]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.loop, self.rooms, self.tasks = None, {}, []

    async def join(self, session_id: int, socket: Socket) -> None:
        """Put a socket in its room; what it is sent afterwards starts from a later version."""
        if session_id not in self.rooms:
            ((_, epoch, version),) = await in_database(_versions, [session_id])
            self.rooms.setdefault(session_id, Room(session_id, epoch, version))
        self.rooms[session_id].sockets.add(socket)

    def leave(self, session_id: int, socket: Socket) -> None:
        room = self.rooms.get(session_id)
        if room is None:
            return
        room.sockets.discard(socket)
        if not room.sockets:
            del self.rooms[session_id]

    def hear(self, session_id: int, version: int) -> None:
        """A session has reached `version`: bring its room there, unless it is on its way."""
        room = self.rooms.get(session_id)
        if room is None or version <= room.heard:
            return
        room.heard = version
        if room.pump is None or room.pump.done():
            room.pump = asyncio.get_running_loop().create_task(self._pump(room))

    async def _pump(self, room: Room) -> None:
        while room.version < room.heard:
            try:
                change = await in_database(board.change, room.session_id, room.version)
            except Exception:
                logger.exception("session %s cannot be read; next look", room.session_id)
                room.heard = room.version
                return
            room.version = change.version
            room.heard = max(room.heard, change.version)
            text = json.dumps(change.frame, ensure_ascii=False)
            for socket in list(room.sockets):
                if socket.candidate_id is None:
                    socket.push(text)
                elif change.concerns(socket.candidate_id) and socket.on_change:
                    socket.on_change()

    async def _watch(self) -> None:
        """One query for all rooms every two seconds: a lost announcement is late, not lost."""
        while True:
            try:
                before = datetime.now(UTC)
                versions, now = await in_database(_look, list(self.rooms))
                self._ahead = now - (before + (datetime.now(UTC) - before) / 2)
                for session_id, epoch, version in versions:
                    self._catch_up(session_id, epoch, version)
            except Exception:
                logger.exception("the versions cannot be read; next look in %s s", POLL_SECONDS)
            await asyncio.sleep(POLL_SECONDS)

    def _catch_up(self, session_id: int, epoch: str, version: int) -> None:
        room = self.rooms.get(session_id)
        if room and room.epoch != epoch:
            room.epoch, room.version, room.heard = epoch, version, version
            self._beat_room(room)
        self.hear(session_id, version)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for room in list(self.rooms.values()):
                self._beat_room(room)

    def _beat_room(self, room: Room) -> None:
        now = self.now().isoformat()
        beat = {"type": "hb", "epoch": room.epoch, "v": room.version, "now": now}
        text = json.dumps(beat)
        for socket in list(room.sockets):
            socket.push(text)

    async def _keep_time(self) -> None:
        while True:
            await in_database(timekeeper.tick)
            await asyncio.sleep(1)

    async def _listen(self) -> None:
        """The one LISTEN of this process; a broken connection is opened again a second later."""
        while True:
            try:
                target = await psycopg.AsyncConnection.connect(**_address(), autocommit=True)
                async with target:
                    await target.execute(f"LISTEN {CHANNEL}")
                    async for notice in target.notifies():
                        session_id, _, version = notice.payload.partition(":")
                        self.hear(int(session_id), int(version))
            except (psycopg.Error, OSError, ValueError) as error:
                logger.warning("announcements are not heard for now: %s", type(error).__name__)
            await asyncio.sleep(1)


hub = Hub()


def hear(session_id: int, version: int) -> None:
    """From any thread of this process: a commit has moved a session (one-process default)."""
    if hub.loop is not None and not hub.loop.is_closed():
        hub.loop.call_soon_threadsafe(hub.hear, session_id, version)


def _versions(session_ids: list[int]) -> list[tuple[int, str, int]]:
    rows = Session.objects.filter(pk__in=session_ids).values_list("pk", "epoch", "version")
    return [(pk, str(epoch), version) for pk, epoch, version in rows]


def _look(session_ids: list[int]) -> tuple[list[tuple[int, str, int]], datetime]:
    return (_versions(session_ids) if session_ids else []), clock.now()


def _address() -> dict:
    settings = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER"}
    address = {name: settings[key] for name, key in names.items() if settings[key]}
    if settings["PASSWORD"]:
        address["password"] = settings["PASSWORD"]
    return address
