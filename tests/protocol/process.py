"""One server process and its wires: the product's own hub, driven step by step.

Its reading runs at once in the caller's transaction, and its clockwork (the look every two
seconds, the heartbeat every ten) is wound by the test.
"""

import asyncio
import inspect
import json
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, nullcontext
from unittest import mock

from django.db import DEFAULT_DB_ALIAS, connections
from django.template.loader import render_to_string

from candidates import display
from sessions_app import board, hub_threads, journal, live, watch
from sessions_app.announcements import Announcement
from sessions_app.kept_boards import KeptBoards
from sessions_app.models import Session
from sessions_app.rooms import Socket


@contextmanager
def reading_at_once() -> Iterator[None]:
    """The hub's threads have connections of their own, which would not see our transaction.

    Nor does a coroutine see the caller's connection, unless it is handed over.
    """
    ours = connections[DEFAULT_DB_ALIAS]

    async def in_database(function, *args, threads=None):
        connections[DEFAULT_DB_ALIAS] = ours
        return function(*args)

    at_once = mock.patch.object(live, "in_database", in_database)
    together = mock.patch.object(hub_threads, "in_database", in_database)
    allowed = mock.patch.dict("os.environ", DJANGO_ALLOW_ASYNC_UNSAFE="1")
    with at_once, together, allowed:
        yield


@contextmanager
def rendering_once() -> Iterator[None]:
    """The same facts give the same page: each is rendered once, which halves the time."""
    memo: dict[tuple, str] = {}

    def render(template: str, context: dict) -> str:
        rows = context["board"].rows if "board" in context else [context["candidate"]]
        seen = [rows[0].session, *rows]
        key = (template, *map(_plain_values, seen))
        if key not in memo:
            memo[key] = render_to_string(template, context)
        return memo[key]

    with (
        mock.patch.object(board, "render_to_string", render),
        mock.patch.object(display, "render_to_string", render),
    ):
        yield


@contextmanager
def keeping_boards() -> Iterator[None]:
    """What the machine reads between its steps counts as committed; each run keeps its own."""
    with (
        mock.patch.object(board, "snapshot", return_value=nullcontext(True)),
        mock.patch.object(board, "_kept", KeptBoards()),
    ):
        yield


@contextmanager
def announcing() -> Iterator[dict[int, Announcement]]:
    """What the journal would announce of each version; the machine decides who hears it."""
    told: dict[int, Announcement] = {}

    together = journal._recorded_together  # announces by itself, in its statement

    def note(announcements) -> None:
        told.update((each.version, each) for each in announcements)

    def note_together(events, announcements, at):
        note(announcements)
        return together(events, announcements, at)

    with (
        mock.patch.object(journal, "_announce", note),
        mock.patch.object(journal, "_recorded_together", note_together),
    ):
        yield told


def _plain_values(row) -> tuple:
    """Everything that was read of a row; what is derived from it is left out."""
    return tuple((k, v) for k, v in vars(row).items() if isinstance(v, Hashable) and k[0] != "_")


class Wire:
    """Between a process and one tab. `frames` are under way, oldest first; `received`, there."""

    def __init__(self, process: "Process"):
        self.process = process
        self.frames: list[dict] = []
        self.received: list[dict] = []
        self.socket: Socket | None = None

    @property
    def is_open(self) -> bool:
        return self.socket is not None

    def open(self, shown: tuple[str, int] | None = None) -> None:
        """Greeting, and the board or what it lacks, as the consumer sends them."""
        self.socket = Socket()
        self.process.run(self._open, shown)

    async def _open(self, shown: tuple[str, int] | None) -> None:
        session = await live.in_database(_session, self.process.session_id)
        epoch, version = str(session.epoch), session.version
        room = self.process.hub.join(session.pk, self.socket, epoch, version)
        self.socket.push({"type": "hello", "epoch": epoch, "v": version})
        await self.process.hub.show_board(room, self.socket, shown)

    def close(self) -> None:
        """What was on its way is lost with it."""
        self.process.hub.leave(self.process.session_id, self.socket)
        self.socket, self.frames, self.received = None, [], []

    def ask(self, message: dict | None) -> None:
        """The tab sends its `resume`, if it has one to send and somebody hears."""
        if message and self.is_open:
            answer = board.missed(self.process.session_id, message["epoch"], message["v"])
            self.frames.append(_as_sent(answer))

    def collect(self) -> None:
        while self.is_open and self.socket.waiting:
            self.frames.append(json.loads(self.socket.waiting.pop(0)))


class Process:
    def __init__(
        self, session_id: int, loop: asyncio.AbstractEventLoop, told: dict[int, Announcement]
    ):
        self.session_id, self.loop, self.told = session_id, loop, told
        self.hub = live.Hub()
        self.wires: list[Wire] = []

    def wire(self) -> Wire:
        self.wires.append(Wire(self))
        return self.wires[-1]

    def hear(self, version: int) -> None:
        """An announcement has arrived."""
        self.run(self.hub.hear, self.told.get(version, Announcement(self.session_id, version)))

    def look(self) -> None:
        """The look at the versions, which finds what no announcement told."""
        self.run(self._look)

    async def _look(self) -> None:
        seen = await live.in_database(watch.look, [self.session_id], [])
        for session_id, (epoch, version) in seen.versions.items():
            self.hub._catch_up(session_id, epoch, version)

    def beat(self) -> None:
        if room := self.hub.rooms.get(self.session_id):
            self.run(self.hub._beat_room, room)

    def run(self, step, *args) -> None:
        """Run a step of the hub, and all that it sets going, to the end."""

        async def to_the_end():
            result = step(*args)
            if inspect.isawaitable(result):
                await result
            room = self.hub.rooms.get(self.session_id)
            if room and room.pump:
                await room.pump

        self.loop.run_until_complete(to_the_end())
        for wire in self.wires:
            wire.collect()


def _session(session_id: int) -> Session:
    return Session.objects.get(pk=session_id)


def _as_sent(frame: dict) -> dict:
    return json.loads(json.dumps(frame))
