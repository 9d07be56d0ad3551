"""The one writer of the bare server: what comes during a commit goes into the next one."""

import asyncio
import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from picows import WSTransport

from candidates.rehearsal import COUNT, QUESTIONS

from . import bare_pages, bare_sql
from .bare_rooms import TEXT, Room, Rooms, now

SECONDS = {each.number: timedelta(seconds=each.seconds) for each in QUESTIONS if each.seconds}
TOLERANCE = timedelta(seconds=5)
ELSEWHERE = "Votre test est ouvert sur un autre poste."
NOT_YET = "Cette question n’est pas encore ouverte."
NOT_NOW = "Votre test ne peut pas continuer maintenant."
CONFLICT = 409
LOCKED_SECONDS = 0.005  # before a session that another process holds is tried again


class Message(NamedTuple):
    socket: WSTransport
    candidate: int
    token: str  # of the seat
    question: int
    value: str


class Batch:
    """What one transaction does, as the columns of its statements, and whom it tells then."""

    def __init__(self) -> None:
        self.taken: dict[str, list] = defaultdict(list)
        self.answered: list[tuple[Message, Room, int]] = []  # with the version
        self.refused: list[tuple[Message, str]] = []
        self.locked: list[Message] = []
        self.rooms: dict[Room, tuple[int, dict[int, int]]] = {}  # version, candidate → question

    def take(self, message: Message, room: Room, version: int, late: bool) -> None:
        taken = self.taken
        taken["session"].append(room.pk)
        taken["version"].append(version)
        taken["candidate"].append(message.candidate)
        taken["question"].append(message.question)
        taken["value"].append(message.value)
        taken["late"].append(late)
        _, questions = self.rooms.get(room, (0, {}))
        questions[message.candidate] = message.question + 1
        self.rooms[room] = (version, questions)
        self.answered.append((message, room, version))

    def tell(self) -> None:
        """Once it is committed."""
        at = now()
        for message, room, version in self.answered:
            row, question = room.rows[message.candidate], message.question
            frame = bare_pages.seat(room.epoch, version, at, row, question + 1, b"%d" % question)
            message.socket.send(TEXT, frame)
        for room, (version, questions) in self.rooms.items():
            room.tell(version, questions)
        for message, why in self.refused:
            message.socket.send(TEXT, bare_pages.refused(message.question, CONFLICT, why))


class Writer:
    def __init__(self, rooms: Rooms, connection: psycopg.AsyncConnection) -> None:
        self.rooms, self.connection = rooms, connection
        self._waiting: list[Message] = []
        self._something = asyncio.Event()

    def take(self, socket: WSTransport, candidate: int, token: str, text: bytes) -> None:
        """A message of a candidate."""
        message = json.loads(text)
        value = ",".join(sorted(message["answer"]))[:200]
        self._wait([Message(socket, candidate, token, int(message["question"]), value)])

    async def write(self) -> None:
        """For ever: all that has come, in one transaction, and told when it is committed."""
        while True:
            await self._something.wait()
            self._something.clear()
            messages = self._one_each()
            async with self.connection.transaction():
                batch = await self._transact(messages)
            batch.tell()
            if batch.locked:
                asyncio.get_running_loop().call_later(LOCKED_SECONDS, self._wait, batch.locked)

    async def _transact(self, messages: dict[int, Message]) -> Batch:
        cursor = self.connection.cursor(binary=True)
        sessions = {self.rooms.of_candidate[pk].pk for pk in messages}
        await cursor.execute(bare_sql.LOCK, [list(sessions)])
        locked = {pk: rest for pk, *rest in await cursor.fetchall()}
        await cursor.execute(bare_sql.READ, [list(messages)])
        candidates = {pk: rest for pk, *rest in await cursor.fetchall()}
        batch = Batch()
        for message in messages.values():
            room = self.rooms.of_candidate[message.candidate]
            if room.pk in locked:
                _judge(batch, message, room, locked[room.pk], candidates[message.candidate])
            else:
                batch.locked.append(message)
        if batch.taken:
            columns = {name: _array(values) for name, values in batch.taken.items()}
            columns["now"] = next(iter(locked.values()))[-1]
            await cursor.execute(bare_sql.SAVE, columns)
            await cursor.execute(bare_sql.RECORD, columns)
        return batch

    def _one_each(self) -> dict[int, Message]:
        """One message of each candidate; what else they sent waits for the next batch."""
        waiting, self._waiting = self._waiting, []
        batch: dict[int, Message] = {}
        for message in waiting:
            if batch.setdefault(message.candidate, message) is not message:
                self._wait([message])
        return batch

    def _wait(self, messages: list[Message]) -> None:
        self._waiting += messages
        self._something.set()


def _judge(batch: Batch, message: Message, room: Room, session: list, candidate: list) -> None:
    """Takes the answer, finds that it was taken before, or refuses it."""
    version, is_open, at = session
    seat, question, opened_at, goes_on = candidate
    if seat != message.token:
        batch.refused.append((message, ELSEWHERE))
    elif not (is_open and goes_on):
        batch.refused.append((message, NOT_NOW))
    elif message.question < question:
        batch.answered.append((message, room, version))
    elif message.question > min(question, COUNT):
        batch.refused.append((message, NOT_YET))
    else:
        session[0] = version + 1
        batch.take(message, room, version + 1, _is_late(question, opened_at, at))


def _array(values: list) -> str:
    """The literal of an array: to let psycopg adapt each of its values takes five times longer."""
    if isinstance(values[0], str):
        values = [value.replace("\\", r"\\").replace('"', r"\"") for value in values]
        return '{"' + '","'.join(values) + '"}'
    return "{" + ",".join(map(str, values)) + "}"


def _is_late(question: int, opened_at: datetime, at: datetime) -> bool:
    allowed = SECONDS.get(question)
    return allowed is not None and at > opened_at + allowed + TOLERANCE
