"""The rooms of the bare server: its sockets, and what they are sent when they come.

Whoever comes is read from the database, like everything else: all who came while the last read
was under way are one statement together.
"""

import asyncio
import time

import psycopg
from picows import WSMsgType, WSTransport

from . import bare_pages, bare_sql

TEXT = WSMsgType.TEXT


def now() -> bytes:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()).encode()


class Room:
    """One session: `version` is what its sockets have been told."""

    def __init__(self, pk: int) -> None:
        self.pk, self.version, self.epoch = pk, -1, b""
        self.rows: dict[int, bare_pages.Row] = {}
        self.supervisors: set[WSTransport] = set()
        self.candidates: dict[WSTransport, int] = {}

    def tell(self, version: int, questions: dict[int, int]) -> None:
        """To the supervisors: these candidates are at these questions from `version` on."""
        if self.supervisors:
            members = [self.rows[pk].at(question) for pk, question in questions.items()]
            frame = bare_pages.rows(self.epoch, self.version, version, members, len(self.rows))
            for socket in self.supervisors:
                socket.send(TEXT, frame)
        self.version = version

    def beat(self) -> None:
        frame = bare_pages.beat(self.epoch, max(self.version, 0), now())
        for socket in (*self.supervisors, *self.candidates):
            socket.send(TEXT, frame)

    def ping(self) -> None:
        for socket in (*self.supervisors, *self.candidates):
            socket.send_ping()


class Rooms:
    """All of them. `come…` notes who is to be read; `welcome` reads and answers, for ever."""

    def __init__(self) -> None:
        self.by_number: dict[bytes, Room] = {}
        self.of_candidate: dict[int, Room] = {}
        self._candidates: list[tuple[WSTransport, int, str]] = []
        self._supervisors: list[tuple[WSTransport, Room, str]] = []
        self._someone = asyncio.Event()

    @property
    def all(self) -> list[Room]:
        return list(self.by_number.values())

    async def load(self, connection: psycopg.AsyncConnection) -> None:
        """The people, who do not change during a test."""
        people = await connection.execute(bare_sql.EVERYONE)
        async for session, number, pk, *about in people:
            room = self.by_number.setdefault(number.encode(), Room(session))
            room.rows[pk] = bare_pages.Row(number, pk, *about)
            self.of_candidate[pk] = room

    def come_to_sit(self, socket: WSTransport, candidate: int, token: str) -> None:
        self._candidates.append((socket, candidate, token))
        self._someone.set()

    def come_to_supervise(self, socket: WSTransport, room: Room, login: str) -> None:
        self._supervisors.append((socket, room, login))
        self._someone.set()

    async def welcome(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            await self._someone.wait()
            self._someone.clear()
            candidates, self._candidates = self._candidates, []
            supervisors, self._supervisors = self._supervisors, []
            cursor = connection.cursor(binary=True)
            if candidates:
                await self._seat(cursor, candidates)
            if supervisors:
                await self._show(cursor, supervisors)

    async def _seat(self, cursor: psycopg.AsyncCursor, came: list) -> None:
        await cursor.execute(bare_sql.CANDIDATES, [[pk for _, pk, _ in came]])
        found = {pk: rest async for pk, *rest in cursor}
        at = now()
        for socket, pk, token in came:
            seat, question, _, version, epoch = found.get(pk, (None,) * 5)
            if seat != token or socket.is_disconnected:
                socket.disconnect()
                continue
            room = self.of_candidate[pk]
            room.epoch = epoch.encode()
            room.candidates[socket] = pk
            socket.send(TEXT, bare_pages.hello(room.epoch, version, at))
            row = room.rows[pk]
            socket.send(TEXT, bare_pages.seat(room.epoch, version, at, row, question))

    async def _show(self, cursor: psycopg.AsyncCursor, came: list) -> None:
        await cursor.execute(bare_sql.LOGINS, [[login for _, _, login in came]])
        logins = {login async for (login,) in cursor}
        await cursor.execute(bare_sql.BOARDS, [list({room.pk for _, room, _ in came})])
        boards = {pk: rest async for pk, *rest in cursor}
        at, frames = now(), {}
        for socket, room, login in came:
            version, epoch, *questions = boards[room.pk]
            if login not in logins or socket.is_disconnected:
                socket.disconnect()
            elif version < room.version:  # told something newer while this was read
                self.come_to_supervise(socket, room, login)
            else:
                # Nobody was told anything yet, or all that is left to tell is in the board.
                room.version = version if room.version < 0 else room.version
                room.epoch = epoch.encode()
                room.supervisors.add(socket)
                socket.send(TEXT, bare_pages.hello(room.epoch, version, at))
                if room.pk not in frames:
                    frames[room.pk] = _board(room, version, *questions)
                socket.send(TEXT, frames[room.pk])


def _board(room: Room, version: int, candidates: list[int], questions: list[int]) -> bytes:
    at = dict(zip(candidates, questions, strict=True))
    rows = [row.html(at[pk]) for pk, row in room.rows.items()]
    return bare_pages.board(room.epoch, version, rows)
