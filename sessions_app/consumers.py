"""The supervisor's socket: check, join the hub, send the board, then what changes."""

import asyncio
import json

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer

from . import access, board
from .live import Socket, hub, in_database
from .refusals import Refusal

REFUSED = 4403
TRY_AGAIN = 1013


class LiveConsumer(AsyncWebsocketConsumer):
    """What both sockets of the product share: a room, a queue, and the task that empties it."""

    session_id: int
    socket: Socket
    sender: asyncio.Task | None = None

    async def dispatch(self, message):
        """Channels hops through its shared thread for each message; nothing here needs it."""
        await getattr(self, get_handler_name(message))(message)

    async def open(self, session_id: int, socket: Socket) -> None:
        self.session_id, self.socket = session_id, socket
        await self.accept()
        await hub.join(session_id, socket)
        self.sender = asyncio.get_running_loop().create_task(self._send_queue())

    async def disconnect(self, code):
        if self.sender:
            self.sender.cancel()
            hub.leave(self.session_id, self.socket)

    async def _send_queue(self) -> None:
        while (text := await self.socket.queue.get()) is not None:
            await self.send(text)
        await self.close(TRY_AGAIN)


class SupervisionConsumer(LiveConsumer):
    """`/ws/surveillance/<number>/`: frames as in the README's “live protocol”."""

    async def connect(self):
        number = self.scope["url_route"]["kwargs"]["number"]
        try:
            user = self.scope["user"]
            session = await in_database(_supervised, user, number)
        except Refusal:
            await self.close(REFUSED)
            return
        await self.open(session.pk, Socket())
        hello = {"type": "hello", "epoch": str(session.epoch), "v": session.version}
        self.socket.push({**hello, "now": hub.now().isoformat()})
        self.socket.push(await in_database(board.whole, session.pk))

    async def receive(self, text_data=None, bytes_data=None):
        """The only message of a browser: `resume{epoch, v}`, what it shows at present."""
        try:
            message = json.loads(text_data or "")
            epoch, version = str(message["epoch"]), int(message["v"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            await self.close(REFUSED)
            return
        self.socket.push(await in_database(board.missed, self.session_id, epoch, version))


def _supervised(user, number):
    if not user.is_authenticated:
        raise access.Missing(access.NO_SUCH_SESSION)
    return access.supervised_session(user, number)
