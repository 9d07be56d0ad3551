"""uvicorn's WebSockets, with a short way for what crosses a socket all the time.

A text that is sent, a short text or a pong that arrives whole, a ping: in the general way through
`websockets` each costs several times what our own work on it does (`make bench`, row B1).
Everything else goes the general way, and on the wire nothing differs:

    uvicorn --ws pix_surveillance.socket_protocol:SocketProtocol …
"""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode, apply_mask
from websockets.protocol import State

from sessions_app.floods import LONGEST_MESSAGE

from .socket_pings import Turn, pings_of

# RFC 6455, 5.2: the first two bytes of a whole frame, without extensions.
WHOLE_TEXT, WHOLE_PONG = 0x81, 0x8A
MASKED, LENGTH = 0x80, 0x7F
HEAD = 6  # bytes of a short frame from a browser before what it says: two, and the mask
SHORT, MEDIUM = 126, 1 << 16  # lengths from which on more bytes tell the length
PING = bytes((0x89, 0))


class SocketProtocol(WebSocketsSansIOProtocol):
    unanswered = 0  # pings since the last pong
    _turn: Turn | None = None

    def __init__(self, config, *args, **options):
        super().__init__(config, *args, **options)
        # A larger one is not even read: the socket is closed (1009).
        self.conn.max_message_size = min(config.ws_max_size, LONGEST_MESSAGE)

    def data_received(self, data: bytes) -> None:
        opcode = data[0]
        if opcode not in (WHOLE_TEXT, WHOLE_PONG) or not self._is_one_short_frame(data):
            super().data_received(data)
            return
        if opcode == WHOLE_TEXT:
            said = apply_mask(data[HEAD:], data[2:HEAD])
            self.handle_text(Frame(Opcode.TEXT, said))
        else:
            self.unanswered = 0

    def _is_one_short_frame(self, data: bytes) -> bool:
        """Whether nothing stands before it: neither a part of a frame nor of a message."""
        conn = self.conn
        is_short = len(data) >= HEAD and data[1] & MASKED and data[1] & LENGTH == len(data) - HEAD
        is_between = conn.state is State.OPEN and conn.current_size is None
        return bool(is_short and is_between and not conn.reader.buffer and not conn.extensions)

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
        if message["type"] == "websocket.send" and self._may_write():
            text = message.get("text")
            if text is not None:
                self.transport.write(_framed(text.encode()))
                return
        await super().send(message)
        if message["type"] == "websocket.accept":
            self.request = self.response = None  # asked and answered: thousands would be kept

    def _may_write(self) -> bool:
        is_open = self.conn.state is State.OPEN and not self.close_sent and not self.disconnected
        return is_open and self.writable.is_set() and not self.conn.extensions


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
