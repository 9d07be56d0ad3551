"""The hub: what one process knows of its live sockets, and how it hears of changes.

The database is the only truth; an announcement is a hint that may be lost. A room is a session
with at least one socket here. When its version moves, what changed is read and rendered once,
and the same frame goes to every socket of the room.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import cycle

import psycopg
from django.db import connection

from . import (
    announcements,
    board,
    clock,
    colleagues,
    languages,
    listening,
    overviews,
    timekeeper,
    watch,
)
from .announcements import Announcement
from .frame_text import as_text
from .gathering import Gathering
from .hearing import Hearing
from .hub_threads import in_database
from .rooms import RESTART, Read, Room, Socket

CHANNEL = "session_changed"
POLL_SECONDS = 2
HEARTBEAT_SECONDS = 10
BEATS = 50  # turns of rooms within that time
QUIET_SECONDS = 0.05  # when nothing was heard for so long, nothing is on its way
PATIENCE = 20  # times, at most

logger = logging.getLogger(__name__)
_changes = Gathering(board.changes)
_clockwork = ThreadPoolExecutor(max_workers=1, thread_name_prefix="timekeeper")


class Hub:
    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.rooms: dict[int, Room] = {}
        self.tasks: list[asyncio.Task] = []
        self.leases = colleagues.Leases()
        self.centers = overviews.Overviews(in_database)
        self.is_stopping = False
        self._clock = clock.Measured()
        self._hearing = Hearing(self.hear, self.rooms)

    def now(self) -> datetime:
        """The database's clock, as measured at the last look (every two seconds)."""
        return self._clock.now()

    def ensure_running(self) -> None:
        """Start the hub in the running loop; called by every request and socket."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        self.loop, self.rooms, self.leases = loop, {}, colleagues.Leases()
        self.centers = overviews.Overviews(in_database)
        self._hearing = Hearing(self.hear, self.rooms)
        duties = [self._watch(), self._beat(), self._keep_time(), self._keep_leases()]
        if connection.vendor == "postgresql":
            duties.append(self._listen())
        # Not in the language of whoever came first: a task begins with what its creator had.
        self.tasks = languages.within(languages.DEFAULT, _begin, loop, duties)

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.loop, self.rooms, self.tasks = None, {}, []

    def send_everyone_back(self) -> None:
        """This process stops: every browser is told to come back, to another or to the next."""
        for room in list(self.rooms.values()):
            for each in list(room.sockets):
                each.close(RESTART)
        for each in self.centers.sockets():
            each.close(RESTART)

    def join(self, session_id: int, socket: Socket, epoch: str, version: int) -> Room:
        """Put a socket in its room; the room is opened at the version that was just read.

        What the socket is sent afterwards starts from the version of the room.
        """
        room = self.rooms.setdefault(session_id, Room(session_id, epoch, version))
        self._hearing.tell_now(session_id)
        self._catch_up(session_id, epoch, version)
        room.add(socket)
        return room

    async def show_board(
        self, room: Room, socket: Socket, shown: tuple[str, int] | None = None
    ) -> None:
        """Bring a page that has just come up to date: what it lacks, when it shows a version of
        an epoch already, or else the whole board. Then what has happened meanwhile: a page before
        that has no use for its frames."""
        if shown == (room.epoch, room.version):
            return
        at = await self.show_missed(room, socket, shown)
        while room.epoch == at[0] and room.version > at[1] and not socket.closed_for:
            at = await self.show_missed(room, socket, at)

    async def show_missed(
        self, room: Room, socket: Socket, shown: tuple[str, int] | None
    ) -> tuple[str, int]:
        """Send what brings a page that shows this version of this epoch, or nothing yet, up to
        date; gives those it is at then. Rendered once for all who come at the same version."""
        epoch, version, text = await room.read_once((socket.language, shown), _missed)
        socket.push(text)
        return epoch, version

    def leave(self, session_id: int, socket: Socket) -> None:
        room = self.rooms.get(session_id)
        if room is None:
            return
        room.discard(socket)
        if not room.sockets:
            del self.rooms[session_id]

    def hear(self, news: Announcement) -> None:
        """A session has reached a version: bring its room there, unless it is on its way."""
        self.centers.hear(news)
        room = self.rooms.get(news.session_id)
        if room is None or news.version <= room.heard or self._show_answers(room, news):
            return
        room.heard = news.version
        if room.pump is None or room.pump.done():
            room.pump = asyncio.get_running_loop().create_task(self._pump(room))

    def _show_answers(self, room: Room, news: Announcement) -> bool:
        """Whether only answers were given since the version of the room: nothing is to be read."""
        if not room.is_at(news.since):
            return False
        if room.watching:
            texts = board.answered(news, room.epoch, room.languages)
            if texts is None:
                return False
            for each in list(room.watching):
                each.push(texts[each.language])
        room.version = room.heard = news.version
        return True

    async def _pump(self, room: Room) -> None:
        while room.version < room.heard:
            aim, asked = room.heard, room.asks_what_changed()
            try:
                change = await _changes(asked)
            except Exception:
                logger.exception("session %s cannot be read; next look", room.session_id)
                room.heard = room.version
                return
            room.epoch, room.version = change.epoch, change.version
            if room.heard == aim:
                room.heard = change.version
            texts = {language: as_text(frame) for language, frame in change.frames.items()}
            for each in list(room.sockets):
                if each.candidate_id is None:
                    # The first in its language came meanwhile: a beat ahead makes it ask.
                    each.push(texts.get(each.language) or self._beat_of(room))
                elif change.concerns(each.candidate_id) and each.on_change:
                    each.on_change()

    async def _watch(self) -> None:
        """One query for all rooms every two seconds: a lost announcement is late, not lost, and
        a right that is withdrawn closes its sockets."""
        while True:
            try:
                sockets = self._watching() + self.centers.sockets()
                tickets = [each.ticket for each in sockets if each.ticket]
                seen = await in_database(watch.look, list(self.rooms), tickets)
                for each in sockets:
                    if each.ticket and (reason := seen.closes(each.ticket)):
                        each.close(reason)
                for room in list(self.rooms.values()):
                    colleagues.tell(room, seen.here[room.session_id])
                await self._bring_to(seen.versions)
                await self.centers.look()
                await self._clock.set(in_database)
            except Exception as error:
                # Without the trace: an outage is told each two seconds, on one line.
                logger.warning("the rooms cannot be looked at: %s", type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)

    async def _keep_leases(self) -> None:
        """Tell whose boards are open here, in one write for all of them."""
        while True:
            served = {each.ticket.board for each in self._watching() if each.ticket}
            await self.leases.keep(served, in_database)
            await asyncio.sleep(POLL_SECONDS)

    def _watching(self) -> list[Socket]:
        return [each for room in self.rooms.values() for each in room.watching]

    async def _bring_to(self, versions: Mapping[int, tuple[str, int]]) -> None:
        """Bring the rooms where a look has found them. What one lacks is nearly always on its way;
        to read hundreds of rooms would hold up just that."""
        for _ in range(PATIENCE):
            count = self._hearing.count
            rooms = ((self.rooms.get(pk), at) for pk, at in versions.items())
            if not any(room and room.lacks(*at) for room, at in rooms):
                return
            await asyncio.sleep(QUIET_SECONDS)
            if self._hearing.count == count and not self._hearing.is_waiting:
                break
        for session_id, (epoch, version) in versions.items():
            self._catch_up(session_id, epoch, version)

    def _catch_up(self, session_id: int, epoch: str, version: int) -> None:
        room = self.rooms.get(session_id)
        if room and room.epoch != epoch:
            # Another history, as after a restored backup: versions start from what it holds.
            room.epoch, room.version, room.heard = epoch, version, version
            self._beat_room(room)
            for each in list(room.sockets):
                if each.on_change:
                    each.on_change()
        self.hear(Announcement(session_id, version))

    def hear_all(self, told: Iterable[Announcement]) -> None:
        for news in told:
            self.hear(news)

    async def _beat(self) -> None:
        """Each room once in HEARTBEAT_SECONDS, by turns: thousands of sockets at one instant
        would hold everybody up."""
        for turn in cycle(range(BEATS)):
            await asyncio.sleep(HEARTBEAT_SECONDS / BEATS)
            if turn == 0:
                self.centers.beat(self.now())
            for room in list(self.rooms.values()):
                if room.session_id % BEATS == turn:
                    self._beat_room(room)

    def _beat_of(self, room: Room) -> str:
        now = self.now().isoformat()
        return as_text({"type": "hb", "epoch": room.epoch, "v": room.version, "now": now})

    def _beat_room(self, room: Room) -> None:
        text = self._beat_of(room)
        for each in list(room.sockets):
            each.push(text, with_ping=True)

    async def _keep_time(self) -> None:
        while True:
            await in_database(timekeeper.tick, threads=_clockwork)
            await asyncio.sleep(1)

    async def _listen(self) -> None:
        """The one LISTEN of this process; a broken or silent one is opened again."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**listening.address()) as line:
                    await line.execute(f"LISTEN {CHANNEL}")
                    while True:
                        async for notice in line.notifies(timeout=HEARTBEAT_SECONDS):
                            await self._hearing.take(announcements.read(notice.payload))
                        await listening.probe(line)
            except (psycopg.Error, OSError, ValueError) as error:
                logger.warning("announcements are not heard for now: %s", type(error).__name__)
            await asyncio.sleep(1)


hub = Hub()


def hear(told: Sequence[Announcement]) -> None:
    """From any thread of this process: a commit has moved sessions (one-process default)."""
    if hub.loop is not None and not hub.loop.is_closed():
        hub.loop.call_soon_threadsafe(hub.hear_all, told)


def _begin(loop: asyncio.AbstractEventLoop, duties: list) -> list[asyncio.Task]:
    return [loop.create_task(duty) for duty in duties]


async def _missed(session_id: int, language: str, shown: tuple[str, int] | None) -> Read:
    if shown:
        change = await _changes(board.Asked(session_id, *shown, (language,)))
        frame = change.frame
    else:
        frame = await in_database(languages.within, language, board.whole, session_id)
    return frame["epoch"], frame["v"], as_text(frame)
