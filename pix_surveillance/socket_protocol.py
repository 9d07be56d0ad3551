"""uvicorn's WebSockets, with a short way for what crosses a socket all the time.

A plain request to open, a text that is sent, a short text or a pong that arrives whole, a ping: in
the general way through `websockets` each costs several times what our own work on it does
(`make bench`, rows B1 and B4). All else goes the general way, and on the wire nothing differs.
"""

import asyncio
import logging
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from uvicorn.config import Config
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode, apply_mask
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol

from sessions_app.floods import LONGEST_MESSAGE
from sessions_app.frame_text import WRITE_NOW

from . import socket_opening
from .socket_inbox import Inbox
from .socket_opening import Opening
from .socket_pings import Pings, Turn, pings_of

# RFC 6455, 5.2: the first two bytes of a whole frame, without extensions.
WHOLE_TEXT, WHOLE_PONG = 0x81, 0x8A
MASKED, LENGTH = 0x80, 0x7F
HEAD = 6  # bytes of a short frame from a browser before what it says: two, and the mask
SHORT, MEDIUM = 126, 1 << 16  # lengths from which on more bytes tell the length
PING, PONG = bytes((0x89, 0)), bytes((WHOLE_PONG, MASKED))
# Of all sockets that may be written to: an event of its own weighs a kilobyte.
ALWAYS = asyncio.Event()
ALWAYS.set()


class SocketProtocol(WebSocketsSansIOProtocol):
    unanswered = 0  # pings since the last pong
    turn: Turn | None = None
    _pings: Pings
    _conn: Protocol | None = None
    _opening: Opening | None = None  # asked for plainly, and not answered yet

    def __init__(self, config, server_state, app_state, _loop=None):
        if config.ws_per_message_deflate:
            super().__init__(config, server_state, app_state, _loop)
        else:
            # What uvicorn makes for each is made once and copied.
            self.__dict__.update(_beginning(config, server_state, app_state))
            self.loop, self.frames = _loop or asyncio.get_event_loop(), []
            self.connections, self.tasks = server_state.connections, server_state.tasks
            self.default_headers = server_state.default_headers
        self.queue, self.writable = Inbox(), ALWAYS

    @property
    def conn(self) -> Protocol:
        """The parser of `websockets`, made when something goes the general way: rarely."""
        if self._conn is None:
            # A larger message is not even read: the socket is closed (1009).
            longest = min(self.config.ws_max_size, LONGEST_MESSAGE)
            self._conn = ServerProtocol(max_size=longest, logger=self.logger)
            if self.handshake_initiated:  # the request has been read: frames come next
                self._conn.parser = Protocol.parse(self._conn)
                next(self._conn.parser)
            if self.handshake_complete:
                self._conn.state = State.OPEN
        return self._conn

    @conn.setter
    def conn(self, conn: Protocol) -> None:
        self._conn = conn
        conn.max_message_size = min(self.config.ws_max_size, LONGEST_MESSAGE)

    @property
    def _is_plain(self) -> bool:
        """Open, and what crosses it is written as it is."""
        if self._conn is None:
            return self.handshake_complete
        return self._conn.state is State.OPEN and not self._conn.extensions

    def data_received(self, data: bytes) -> None:
        opcode = data[0]
        # An empty pong: nearly all that is heard at rest.
        if self._conn is None and len(data) == HEAD and data.startswith(PONG) and self._is_plain:
            self.unanswered = 0
        elif opcode not in (WHOLE_TEXT, WHOLE_PONG) or not self._is_one_short_frame(data):
            if self.handshake_initiated or not self._is_opened_by(data):
                super().data_received(data)
        elif opcode == WHOLE_TEXT:
            self._hear(apply_mask(data[HEAD:], data[2:HEAD]))
        else:
            self.unanswered = 0

    def _hear(self, said: bytes) -> None:
        """The browser is made to wait from the second message on that has not been taken."""
        if self.queue.empty() and not self.close_sent and said.isascii():
            self.queue.put_nowait({"type": "websocket.receive", "text": said.decode()})
        else:
            self.handle_text(Frame(Opcode.TEXT, said))

    def _is_one_short_frame(self, data: bytes) -> bool:
        """Whether nothing stands before it: neither a part of a frame nor of a message."""
        is_short = len(data) >= HEAD and data[1] & MASKED and data[1] & LENGTH == len(data) - HEAD
        conn = self._conn
        is_between = conn is None or (conn.current_size is None and not conn.reader.buffer)
        return bool(is_short and is_between and self._is_plain)

    def _is_opened_by(self, request: bytes) -> bool:
        """Whether it asks for a socket, plainly."""
        opening = plainly_asked(self.config, request)
        if opening:
            self.open(opening)
        return opening is not None

    def open(self, opening: Opening) -> None:
        """Ask the application, before anything else has come."""
        self._opening, self.handshake_initiated = opening, True
        self.scope = self._scope_of(opening)
        self.queue.put_nowait({"type": "websocket.connect"})
        task = self.loop.create_task(self.run_asgi())
        task.add_done_callback(self.on_task_complete)
        self.tasks.add(task)

    def _scope_of(self, opening: Opening) -> dict:
        return {
            "type": "websocket",
            "asgi": {"version": self.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": self.root_path,
            "path": self.root_path + unquote(opening.path),
            "raw_path": (self.root_path + opening.path).encode("ascii"),
            "query_string": opening.query.encode("ascii"),
            "headers": opening.headers,
            "subprotocols": [],
            "state": self.app_state.copy(),
            "extensions": {"websocket.http.response": {}, WRITE_NOW: self.write_text},
        }

    def handle_connect(self, event) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][WRITE_NOW] = self.write_text

    def pause_writing(self) -> None:
        if self.writable is ALWAYS:
            self.writable = asyncio.Event()

    def resume_writing(self) -> None:
        self.writable.set()
        self.writable = ALWAYS

    def handle_pong(self, event: Frame) -> None:
        self.unanswered = 0

    def start_keepalive(self) -> None:
        if self.ping_interval:
            self._pings = pings_of(self.loop, self.ping_interval, self.ping_timeout)
            self._pings.add(self)

    def stop_keepalive(self) -> None:
        if self.turn is not None:
            self._pings.discard(self)

    def ping(self, after: bytes = b"") -> None:
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(after + PING)

    async def send(self, message) -> None:
        if message["type"] == "websocket.send":
            text = message.get("text")
            if text is not None and self.write_text(text):
                return
        is_accepted = message["type"] == "websocket.accept"
        if is_accepted and self._opening and not self.disconnected:
            self._accept(self._opening, message)
            return
        await super().send(message)
        if is_accepted and self.request is not None:
            self.request.headers.clear()
            self.scope["headers"].clear()
            self.request = self.response = None

    def _accept(self, opening: Opening, message) -> None:
        if self.logger.isEnabledFor(logging.INFO):
            path = get_path_with_query_string(self.scope)
            self.logger.info('%s - "WebSocket %s" [accepted]', get_client_addr(self.scope), path)
        self._opening = None
        if not self.transport.is_closing():
            ours = [(name.lower(), value) for name, value in message.get("headers", [])]
            self.transport.write(opening.answer([*self.default_headers, *ours]))
            self.handshake_complete = True
            if self._conn:
                self._conn.state = State.OPEN
            self.start_keepalive()
        # Asked and answered: thousands would be kept. Our consumers have read theirs by then.
        self.scope["headers"].clear()

    def write_text(self, text: str, with_ping: bool = False) -> bool:
        """Whether it is written: not to a browser that reads slowly, nor to one that has gone."""
        is_closing = self.close_sent or self.disconnected or self.writable is not ALWAYS
        if is_closing or not self._is_plain:
            return False
        frame = _framed_once(text)
        if with_ping and self.turn is not None:
            self._pings.send_along(self, frame)
        else:
            self.transport.write(frame)
        return True


def plainly_asked(config: Config, request: bytes) -> Opening | None:
    """As `socket_opening.read`; None as well where texts would be compressed."""
    return None if config.ws_per_message_deflate else socket_opening.read(request)


_beginnings: WeakKeyDictionary[Config, dict] = WeakKeyDictionary()


def _beginning(config: Config, *others) -> dict:
    """The attributes of a connection that has just been made, but for its parser."""
    if config not in _beginnings:
        made = {**vars(WebSocketsSansIOProtocol(config, *others))}
        del made["conn"]
        _beginnings[config] = made
    return _beginnings[config]


_last: tuple[str | None, bytes] = None, b""


def _framed_once(text: str) -> bytes:
    """The frame of a text that goes to one socket after the other: put together for the first."""
    global _last
    if text is not _last[0]:
        _last = text, _framed(text.encode())
    return _last[1]


def _framed(said: bytes) -> bytes:
    """One whole frame of text, as a server sends it."""
    length = len(said)
    if length < SHORT:
        head = bytes((WHOLE_TEXT, length))
    elif length < MEDIUM:
        head = bytes((WHOLE_TEXT, SHORT)) + length.to_bytes(2)
    else:
        head = bytes((WHOLE_TEXT, SHORT + 1)) + length.to_bytes(8)
    return head + said
