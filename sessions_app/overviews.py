"""The rooms of a day, watched together: what one process shows of each centre.

Beside the rooms of the hub (`live`), which it feeds on: the same announcements, the same look
every two seconds. A change in one room costs one line of that room, rendered once for all the
sockets of the centre; an answer, which no line tells, costs nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from . import center_rooms, languages
from .announcements import Announcement
from .center_rooms import Sign
from .frame_text import as_text
from .rooms import Socket

logger = logging.getLogger(__name__)


class Overview:
    """The sockets of one centre here that read in one language; `shown` is what all of them were
    last sent of each room. `ids` is None until the rooms were read once."""

    def __init__(self, center_id: int, language: str = languages.DEFAULT):
        self.center_id, self.language = center_id, language
        self.sockets: set[Socket] = set()
        self.known: dict[int, Sign] = {}
        self.shown: dict[int, dict] = {}
        self.ids: list[int] | None = None
        self.stale: set[int] = set()
        self.pump: asyncio.Task | None = None

    def take(self, frame: dict, signs: dict[int, Sign]) -> dict | None:
        """Note what was read; returns what the sockets have not been sent of it, or None."""
        self.known.update(signs)
        rooms = {pk: line for pk, line in frame["rooms"].items() if self._is_news(pk, line)}
        has_moved = self.ids != frame["ids"]
        self.ids = frame["ids"]
        self.shown.update(rooms)
        return {**frame, "rooms": rooms} if rooms or has_moved else None

    def _is_news(self, key: str, line: dict) -> bool:
        shown = self.shown.get(key, {})
        return (shown.get("epoch"), shown.get("html")) != (line["epoch"], line["html"])


class Overviews:
    """By centre and language. `in_database` runs a function in a thread of the hub."""

    def __init__(self, in_database: Callable[..., Awaitable]):
        self._in_database = in_database
        self._by_center: dict[tuple[int, str], Overview] = {}

    def sockets(self) -> list[Socket]:
        return [each for overview in self._by_center.values() for each in overview.sockets]

    async def join(self, center_id: int, socket: Socket) -> None:
        """Join first, then send all the rooms: what happens meanwhile reaches this socket."""
        key = center_id, socket.language
        overview = self._by_center.setdefault(key, Overview(*key))
        overview.sockets.add(socket)
        frame, signs = await self._read(overview)
        if overview.ids is None:
            overview.take(frame, signs)
        socket.push(frame)

    def leave(self, center_id: int, socket: Socket) -> None:
        overview = self._by_center.get((center_id, socket.language))
        if overview is None:
            return
        overview.sockets.discard(socket)
        if not overview.sockets:
            del self._by_center[center_id, socket.language]

    def hear(self, news: Announcement) -> None:
        for overview in self._by_center.values():
            known = overview.known.get(news.session_id)
            if known is None or news.version <= known.version:
                continue
            if news.since == known.version and known.epoch.startswith(news.history):
                overview.known[news.session_id] = known._replace(version=news.version)
            else:
                overview.stale.add(news.session_id)
                self._begin(overview)

    async def look(self) -> None:
        """Whatever was not announced: lost news, a planned session, who has come or gone."""
        # Not those that are read for the first time now: their reader is about to be sent all.
        shown = [each for each in self._by_center.values() if each.ids is not None]
        if not shown:
            return
        found = await self._in_database(center_rooms.signs, {each.center_id for each in shown})
        for overview in shown:
            signs = found[overview.center_id]
            changed = {pk for pk, sign in signs.items() if overview.known.get(pk) != sign}
            gone = overview.known.keys() - signs.keys()
            for pk in gone:
                del overview.known[pk]
                overview.shown.pop(str(pk), None)
            overview.stale |= changed | gone
            if overview.stale:
                self._begin(overview)

    def beat(self, now: datetime) -> None:
        text = as_text({"type": "hb", "now": now.isoformat()})
        for each in self.sockets():
            each.push(text, with_ping=True)

    async def _read(self, overview: Overview, session_ids: set[int] | None = None) -> tuple:
        asked = overview.center_id, session_ids
        return await self._in_database(
            languages.within, overview.language, center_rooms.frame, *asked
        )

    def _begin(self, overview: Overview) -> None:
        if overview.pump is None or overview.pump.done():
            overview.pump = asyncio.get_running_loop().create_task(self._pump(overview))

    async def _pump(self, overview: Overview) -> None:
        while overview.stale:
            ids, overview.stale = overview.stale, set()
            try:
                read = await self._read(overview, ids)
            except Exception as error:
                logger.warning("centre %s: %s", overview.center_id, type(error).__name__)
                overview.stale |= ids  # the next look begins again
                return
            news = overview.take(*read)
            if news:
                text = as_text(news)
                for each in list(overview.sockets):
                    each.push(text)
