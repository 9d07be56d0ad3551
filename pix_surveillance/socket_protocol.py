"""uvicorn's WebSockets, with a short way for what crosses a socket all the time.

A text that is sent, a short text or a pong that arrives whole, a ping: in the general way through
`websockets` each costs several times what our own work on it does (`make bench`, row B1).
Everything else goes the general way, and on the wire nothing differs:

    uvicorn --ws pix_surveillance.socket_protocol:SocketProtocol …
"""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode, apply_mask
from websockets.protocol import State

from sessions_app.floods import LONGEST_MESSAGE
from sessions_app.frame_text import WRITE_NOW

from .socket_inbox import Inbox
from .socket_pings import Turn, pings_of

# RFC 6455, 5.2: the first two bytes of a whole frame, without extensions.
WHOLE_TEXT, WHOLE_PONG = 0x81, 0x8A
MASKED, LENGTH = 0x80, 0x7F
HEAD = 6  # bytes of a short frame from a browser before what it says: two, and the mask
SHORT, MEDIUM = 126, 1 << 16  # lengths from which on more bytes tell the length
PING = bytes((0x89, 0))
# Of all sockets that may be written to: an event of its own weighs a kilobyte.
ALWAYS = asyncio.Event()
ALWAYS.set()


class SocketProtocol(WebSocketsSansIOProtocol):
    unanswered = 0  # pings since the last pong
    _turn: Turn | None = None

    def __init__(self, config, *args, **options):
        super().__init__(config, *args, **options)
        # A larger one is not even read: the socket is closed (1009).
        self.conn.max_message_size = min(config.ws_max_size, LONGEST_MESSAGE)
        self.queue, self.writable = Inbox(), ALWAYS

    def data_received(self, data: bytes) -> None:
        opcode = data[0]
        if opcode not in (WHOLE_TEXT, WHOLE_PONG) or not self._is_one_short_frame(data):
            super().data_received(data)
            return
        if opcode == WHOLE_TEXT:
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
        conn = self.conn
        is_short = len(data) >= HEAD and data[1] & MASKED and data[1] & LENGTH == len(data) - HEAD
        is_between = conn.state is State.OPEN and conn.current_size is None
        return bool(is_short and is_between and not conn.reader.buffer and not conn.extensions)

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
            pings = pings_of(self.loop, self.ping_interval, self.ping_timeout)
            self._turn = pings.add(self)

    def stop_keepalive(self) -> None:
        if self._turn is not None:
            self._turn.discard(self)

    def ping(self) -> None:
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(PING)

    async def send(self, message) -> None:
        if message["type"] == "websocket.send":
            text = message.get("text")
            if text is not None and self.write_text(text):
                return
        await super().send(message)
        if message["type"] == "websocket.accept" and self.request is not None:
            self._forget_headers()

    def _forget_headers(self) -> None:
        """Asked and answered: thousands would be kept, here, by the parser and by the scope. Our
        consumers have read theirs by then."""
        self.request.headers.clear()
        self.scope["headers"].clear()
        self.request = self.response = None

    def write_text(self, text: str) -> bool:
        """Whether it is written: not to a browser that reads slowly, nor to one that has gone."""
        conn = self.conn
        is_open = conn.state is State.OPEN and not self.close_sent and not self.disconnected
        if not is_open or self.writable is not ALWAYS or conn.extensions:
            return False
        self.transport.write(_framed(text.encode()))
        return True


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
