"""The supervisor's socket: check, join the hub, send the board, then what changes."""

import asyncio
import json
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import parse_qsl

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from . import access, access_together, board, floods, languages, watch
from .frame_text import WRITE_NOW, as_text
from .gathering import TOGETHER_SECONDS, Gathering
from .live import hub, in_database
from .models import Session
from .refusals import Refusal
from .rooms import RESTART, SLOW, Room, Socket, never

REFUSED = 4403
find = Gathering(access_together.let_in, pause=TOGETHER_SECONDS)
take_at_hand = Gathering(board.take_at_hand, pause=TOGETHER_SECONDS)
CLOSE_CODES = {SLOW: 1013, RESTART: 1012, watch.LOGIN: 4401, watch.ACCESS: REFUSED}
CLOSE_CODES |= {floods.MANY: 4429, floods.FLOOD: 4429, floods.BIG: 1009}


class LiveConsumer(AsyncWebsocketConsumer):
    """What both sockets of the product share: a room, and a queue of frames."""

    # What a browser may say, by `type`; the access tests enumerate it.
    MESSAGES: Collection[str] = ()

    MOST = floods.OF_A_LOGIN  # sockets of one browser at a time

    room: Room
    socket: Socket | None = None

    async def connect(self):
        """Let in who may, by `let_in`; a browser that opens too many is told to wait."""
        self.browser, self.listening = self.browser_of(self.scope), floods.Listening()
        if floods.crowd.may_open(self.browser):
            await self.let_in()
            return
        await self.accept()
        await asyncio.sleep(floods.TURNED_AWAY_SECONDS)  # a loop waits as well
        with suppress(OSError):  # it may have gone meanwhile
            await self.send_text(as_text({"type": "bye", "code": floods.MANY}))
            await self.close(CLOSE_CODES[floods.MANY])

    async def let_in(self) -> None:
        raise NotImplementedError

    def browser_of(self, scope: dict) -> str:
        """What tells one browser from another: no query is made for it."""
        return access.login_of_socket(scope)

    async def __call__(self, scope, receive, send):
        """What Channels does without a channel layer, less a task for each message."""
        self.scope, self.base_send = scope, send
        # Taken out: a scope that held its socket would be left to the garbage collector.
        self.write_now = scope.get("extensions", {}).pop(WRITE_NOW, never)
        with suppress(StopConsumer):
            while True:
                await self.dispatch(await receive())

    async def dispatch(self, message):
        """What Channels does, less a thread for each socket that comes and goes: the connections
        to the database are given back where they are used."""
        match message["type"]:
            case "websocket.receive":
                await self._hear(message.get("text"), message.get("bytes"))
            case "websocket.connect":
                await self.connect()
            case "websocket.disconnect":
                await self.disconnect(message["code"])
                raise StopConsumer

    async def _hear(self, text: str | None, data: bytes | None) -> None:
        refusal = self.listening.refuses(text or data or "")
        if self.socket is None or self.socket.closed_for:
            return  # it has been told why
        if refusal:
            self.socket.close(refusal)
        else:
            await self.receive(text)

    async def send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def open(self, session: Session, socket: Socket) -> None:
        """Join first, then say hello: what happens from now on reaches this socket."""
        await self.accept()
        self.socket, socket.send, socket.write = socket, self._send_frame, self.write_now
        floods.crowd.join(self.browser, socket, self.MOST)
        self.room = hub.join(session.pk, socket, str(session.epoch), session.version)
        # Others may have brought the room further since the session was read.
        version = max(session.version, self.room.version)
        hello = {"type": "hello", "epoch": self.room.epoch, "v": version}
        socket.push({**hello, "now": hub.now().isoformat()})

    async def disconnect(self, code):
        if self.socket:
            self.socket.stop()
            floods.crowd.leave(self.browser, self.socket)
            hub.leave(self.room.session_id, self.socket)

    async def _send_frame(self, text: str | None) -> None:
        if text is None:
            await self.close(CLOSE_CODES[self.socket.closed_for])
        else:
            await self.send_text(text)


class SupervisionConsumer(LiveConsumer):
    """`/ws/surveillance/<number>/`: frames as in the README's “live protocol”.

    A page that shows a board already says which (`?epoch=…&v=…`), and gets what it lacks.
    """

    MESSAGES = ("resume",)

    async def let_in(self):
        number = self.scope["url_route"]["kwargs"]["number"]
        let_in = await find((self.browser, number))
        if let_in is None:
            await self.close(REFUSED)
            return
        session, ticket = let_in
        socket = Socket(ticket, language=languages.of_socket(self.scope))
        await self.open(session, socket)
        if not board.is_at_hand(session.pk):
            await take_at_hand(session.pk)
        await hub.show_board(self.room, socket, _shown(self.scope))

    async def receive(self, text_data=None, bytes_data=None):
        """The only message of a browser: `resume{epoch, v}`, what it shows at present."""
        try:
            message = json.loads(text_data or "")
            if message["type"] not in self.MESSAGES:
                raise ValueError
            epoch, version = str(message["epoch"]), int(message["v"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            await self.close(REFUSED)
            return
        await hub.show_missed(self.room, self.socket, (epoch, version))


class CenterConsumer(LiveConsumer):
    """`/ws/surveillance/centre/<id>/`: `rooms` frames, as `center_rooms.frame`, and heartbeats."""

    async def let_in(self):
        center_id = self.scope["url_route"]["kwargs"]["center_id"]
        try:
            self.ticket = await in_database(_overseen, self.scope, center_id)
        except Refusal:
            await self.close(REFUSED)
            return
        language = languages.of_socket(self.scope)
        await self.accept()
        self.socket = Socket(self.ticket, send=self._send_frame, language=language)
        floods.crowd.join(self.browser, self.socket, self.MOST)
        await hub.centers.join(center_id, self.socket)

    async def receive(self, text_data=None, bytes_data=None):
        """A browser has nothing to say here: each frame holds whole rooms."""
        await self.close(REFUSED)

    async def disconnect(self, code):
        if self.socket:
            self.socket.stop()
            floods.crowd.leave(self.browser, self.socket)
            hub.centers.leave(self.ticket.center_id, self.socket)


def _shown(scope) -> tuple[str, int] | None:
    """As `board.shown_by`; None for nonsense, too: who says it gets the whole board."""
    told = dict(parse_qsl(scope["query_string"].decode(errors="replace")))
    with suppress(ValueError):
        return board.shown_by(told)
    return None


def _overseen(scope, center_id: int) -> watch.Ticket:
    user, login = access.account_of_socket(scope)
    center = access.center_of(user, center_id)
    return watch.Ticket(0, user.pk, login, user.password, center.pk)
