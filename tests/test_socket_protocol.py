"""The short way of the sockets and the general one: what is heard and written is the same."""

import asyncio
import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Close, Frame, Opcode

from pix_surveillance.socket_pings import ROUND, Pings, pings_of
from pix_surveillance.socket_protocol import SocketProtocol

# As the HTTP part of the server hands it over; with an empty header, it is opened the general way.
HANDSHAKE = (
    b"GET /ws/candidat/ HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
    b"connection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: "
    + base64.b64encode(b"sixteen bytes ok")
    + b"\r\n\r\n"
)
UNUSUAL = HANDSHAKE.replace(b"host: localhost", b"host: localhost\r\nx-empty: ")
WAYS = [(WebSocketsSansIOProtocol,), (SocketProtocol,), (SocketProtocol, UNUSUAL)]
LONGEST = 3_000  # bytes of a message, for the server of this test


class Wire(asyncio.Transport):
    """Keeps what is written; `closed` once the server has hung up."""

    def __init__(self):
        super().__init__()
        self.written, self.closed = b"", False

    def write(self, data):
        self.written += data

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class Played:
    """One connection to a server that says back what it hears, in texts of several lengths."""

    def __init__(self, protocol_class: type, handshake: bytes = HANDSHAKE):
        config = Config(
            self.app, interface="asgi3", ws_per_message_deflate=False, ws_max_size=LONGEST
        )
        config.load()
        self.heard: list = []
        self.wire, self.handshake = Wire(), handshake
        self.protocol = protocol_class(config=config, server_state=ServerState(), app_state={})
        self.protocol.connection_made(self.wire)

    async def app(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            self.heard.append(message)
            if message["type"] == "websocket.disconnect":
                return
            await send({"type": "websocket.send", "text": "é" * len(message.get("text") or "")})
            await send({"type": "websocket.send", "bytes": b"seen"})

    async def play(self, chunks: list[bytes]) -> tuple:
        """What was heard, written and done once all chunks have come, the handshake apart."""
        self.protocol.data_received(self.handshake)
        await self._settle()
        greeting = len(self.wire.written)
        for chunk in chunks:
            if self.wire.closed:
                break
            try:
                self.protocol.data_received(chunk)
            except InvalidState:  # what asyncio does: bytes that are no text, then a close
                self.wire.close()
            await self._settle()
        told = (self.heard[:], self.wire.written[greeting:], self.wire.closed)
        self.protocol.connection_lost(None)
        await self._settle()
        return told

    async def _settle(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)


def all_ways(chunks: list[bytes]) -> list[tuple]:
    """uvicorn's own, and ours after each way to open."""

    async def play():
        return [await Played(*way).play(chunks) for way in WAYS]

    return asyncio.run(play())


def frame(opcode: Opcode, said: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, said, fin).serialize(mask=True, extensions=[])


TEXTS = st.text(max_size=200).map(str.encode) | st.sampled_from([b"x" * 125, b"y" * 126, b""])
FRAMES = st.one_of(
    TEXTS.map(lambda said: frame(Opcode.TEXT, said)),
    st.binary(max_size=130).map(lambda said: frame(Opcode.TEXT, said)),  # mostly no UTF-8
    st.binary(max_size=200).map(lambda said: frame(Opcode.BINARY, said)),
    TEXTS.map(lambda said: frame(Opcode.TEXT, said, fin=False)),
    TEXTS.map(lambda said: frame(Opcode.CONT, said)),
    st.binary(max_size=125).map(lambda said: frame(Opcode.PING, said)),
    st.binary(max_size=125).map(lambda said: frame(Opcode.PONG, said)),
    st.just(frame(Opcode.TEXT, b"z" * (LONGEST + 1))),
    st.just(frame(Opcode.CLOSE, Close(1000, "").serialize())),
    st.binary(min_size=1, max_size=20),  # no frame at all
    st.just(Frame(Opcode.TEXT, b"not masked").serialize(mask=False, extensions=[])),
)


@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 90), max_size=12))
def test_whatever_comes_and_however_it_is_cut(frames, cuts):
    chunks, whole = [], b"".join(frames)
    for cut in cuts:
        chunks.append(whole[:cut])
        whole = whole[cut:]
    general, *short = all_ways([chunk for chunk in [*chunks, whole] if chunk])
    assert short == [general, general]


PART = frame(Opcode.TEXT, b"a part", fin=False)


@given(st.lists(FRAMES, max_size=8))
@example([PART, frame(Opcode.TEXT, b"the rest must come first")])
@example([PART, frame(Opcode.PONG, b"may come between"), frame(Opcode.CONT, b", and its rest")])
def test_frames_that_come_one_by_one(frames):
    general, *short = all_ways(frames)
    assert short == [general, general]


@pytest.mark.parametrize("length", [0, 62, 63, 1_000, 2_900])
def test_a_text_of_each_length_is_written_alike(length):
    general, *short = all_ways([frame(Opcode.TEXT, b"x" * length)])
    assert short == [general, general]
    assert len(general[1]) > 2 * length


async def pinged(interval: float = 5, timeout: float | None = 15) -> tuple[Played, Pings]:
    """A connection that is open, and the pings of its loop, whose turns the test takes."""
    played = Played(SocketProtocol)
    played.protocol.ping_interval, played.protocol.ping_timeout = interval, timeout
    played.protocol.data_received(HANDSHAKE)
    await played._settle()
    return played, pings_of(asyncio.get_running_loop(), interval, timeout)


def round_of(pings: Pings) -> None:
    for _ in range(ROUND):
        pings.take_turn()


async def test_each_round_pings_once():
    played, pings = await pinged()
    before = len(played.wire.written)
    for _ in range(2):
        round_of(pings)
    assert played.wire.written[before:] == 2 * Frame(Opcode.PING, b"").serialize(
        mask=False, extensions=[]
    )


@pytest.mark.parametrize(
    "pong", [frame(Opcode.PONG, b""), frame(Opcode.PONG, b"x") + frame(Opcode.PING, b"")]
)
async def test_who_answers_stays(pong):
    """By a short frame alone, or by the general way."""
    played, pings = await pinged()
    for _ in range(10):
        round_of(pings)
        played.protocol.data_received(pong)
    assert not played.wire.closed


async def test_who_leaves_a_ping_unanswered_for_so_long_is_cut():
    played, pings = await pinged(interval=5, timeout=15)
    for _ in range(3):
        round_of(pings)
    assert not played.wire.closed
    round_of(pings)
    assert played.wire.closed
    assert Close(1011, "keepalive ping timeout").serialize() in played.wire.written


async def test_without_a_timeout_nobody_is_cut():
    played, pings = await pinged(timeout=None)
    for _ in range(20):
        round_of(pings)
    assert not played.wire.closed


async def test_a_heartbeat_takes_a_ping_along_and_the_next_is_a_round_away():
    played, pings = await pinged()
    for _ in range(7):
        pings.take_turn()
    before = len(played.wire.written)
    assert played.protocol.write_text("beat", with_ping=True)
    text = Frame(Opcode.TEXT, b"beat").serialize(mask=False, extensions=[])
    ping = Frame(Opcode.PING, b"").serialize(mask=False, extensions=[])
    for _ in range(ROUND - 1):
        pings.take_turn()
    assert played.wire.written[before:] == text + ping
    pings.take_turn()
    assert played.wire.written[before:] == text + ping + ping


async def test_a_heartbeat_to_who_does_not_answer_cuts_as_a_ping_does():
    played, _ = await pinged(interval=5, timeout=15)
    for _ in range(3):
        played.protocol.write_text("beat", with_ping=True)
    assert not played.wire.closed
    before = len(played.wire.written)
    played.protocol.write_text("beat", with_ping=True)
    assert played.wire.closed
    assert b"beat" not in played.wire.written[before:]


async def test_where_nobody_is_pinged_a_heartbeat_goes_alone():
    played = Played(SocketProtocol)
    played.protocol.ping_interval = None
    played.protocol.data_received(HANDSHAKE)
    await played._settle()
    before = len(played.wire.written)
    played.protocol.write_text("beat", with_ping=True)
    assert played.wire.written[before:] == Frame(Opcode.TEXT, b"beat").serialize(
        mask=False, extensions=[]
    )


async def test_who_has_left_is_pinged_no_more():
    played, pings = await pinged()
    played.protocol.connection_lost(None)
    before = len(played.wire.written)
    round_of(pings)
    assert len(played.wire.written) == before
    await played._settle()


async def test_pings_come_by_themselves_and_stop_with_the_last_socket():
    played, pings = await pinged(interval=0.1)
    before = len(played.wire.written)
    async with asyncio.timeout(10):
        while len(played.wire.written) == before:
            await asyncio.sleep(0.01)
        played.protocol.connection_lost(None)
        while pings.are_running:
            await asyncio.sleep(0.01)


async def test_a_browser_that_does_not_read_holds_the_texts_up():
    played = Played(SocketProtocol)
    played.protocol.data_received(HANDSHAKE)
    await played._settle()
    before = len(played.wire.written)
    played.protocol.pause_writing()
    played.protocol.data_received(frame(Opcode.TEXT, b"hello"))
    await played._settle()
    assert len(played.wire.written) == before
    played.protocol.resume_writing()
    await played._settle()
    assert len(played.wire.written) > before
    played.protocol.connection_lost(None)
    await played._settle()


@pytest.mark.parametrize("said", [b"soon", b"s" * 200])
def test_what_comes_before_the_answer_is_heard_after_it(said):
    async def early(*way) -> tuple:
        played = Played(*way)
        played.protocol.data_received(played.handshake)
        played.protocol.data_received(frame(Opcode.TEXT, said))
        await played._settle()
        told = played.heard[:], played.wire.written
        played.protocol.connection_lost(None)
        await played._settle()
        return told

    async def each_way():
        return [await early(*way) for way in WAYS]

    general, *short = asyncio.run(each_way())
    assert short == [general, general]
    assert general[0][0]["text"] == said.decode()
