"""Whatever comes first, a connection goes where uvicorn alone would have brought it."""

import asyncio
import gc
import weakref

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from pix_surveillance.first_bytes import FirstBytes
from pix_surveillance.socket_protocol import SocketProtocol
from sessions_app.frame_text import WRITE_NOW
from tests.test_socket_opening import OTHERWISE, PLAINLY, request, without_date
from tests.test_socket_protocol import Wire

PAGE = b"GET /surveillance/?a=%20b HTTP/1.1\r\nHost: exam.example.org\r\nX-Two: 1\r\n\r\n"
AS_TYPED = request().replace(b"sec-websocket-key", b"Sec-WebSocket-Key").replace(b"host", b"Host")
ASKED = {
    **PLAINLY,
    **OTHERWISE,
    "with capitals": AS_TYPED,
    "with spaces around": request(x_wide=b"  a  "),
    "without a slash": request(b"ws/candidat/"),
    "of a whole address": request(b"http://exam.example.org/ws/candidat/"),
    "of everything": request(b"*"),
    "a page": PAGE,
    "a page with a body": b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
    "two pages": PAGE + PAGE,
    "a socket and more": request() + b"\x81\x00",
    "nonsense": b"\x16\x03\x01 hello",
}


class Line(Wire):
    """One whose protocol may be replaced, as those of a loop."""

    def set_protocol(self, protocol):
        self.protocol = protocol


class Connection:
    def __init__(self, kind: type):
        config = Config(
            self.app, interface="asgi3", ws=SocketProtocol, ws_per_message_deflate=False
        )
        config.load()
        self.state, self.scopes, self.line = ServerState(), [], Line()
        self.state.default_headers = []
        given = {"config": config, "server_state": self.state, "app_state": {}}
        self.line.protocol = kind(**given, _loop=asyncio.get_running_loop())
        self.line.protocol.connection_made(self.line)

    async def app(self, scope, receive, send):
        scope.get("extensions", {}).pop(WRITE_NOW, None)  # as our consumers take it out
        headers = sorted(scope["headers"])
        self.scopes.append({**scope, "headers": headers})
        said = await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await receive()
        else:
            ours = [(b"content-length", b"%d" % len(said["body"]))]
            await send({"type": "http.response.start", "status": 200, "headers": ours})
            await send({"type": "http.response.body", "body": said["body"]})

    async def hears(self, parts: list[bytes]) -> tuple:
        for each in parts:
            self.line.protocol.data_received(each)
            await _settle()
        written = without_date(self.line.written)
        told = self.scopes, written, self.line.closed, type(self.line.protocol)
        held = self.state.connections.copy()
        self.line.protocol.connection_lost(None)
        await _settle()
        assert not self.state.connections
        return *told, [type(each) for each in held]


async def _settle():
    for _ in range(10):
        await asyncio.sleep(0)


def brought(parts: list[bytes]) -> list[tuple]:
    async def both():
        return [await Connection(kind).hears(parts) for kind in (HttpToolsProtocol, FirstBytes)]

    return asyncio.run(both())


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("cut", [None, 1, 30])
def test_it_is_brought_where_uvicorn_brings_it(asked, cut):
    general, ours = brought([asked] if cut is None else [asked[:cut], asked[cut:]])
    assert ours == general


@pytest.mark.parametrize("asked", PLAINLY.values(), ids=PLAINLY)
def test_nothing_of_a_socket_is_left_to_the_garbage_collector(asked):
    async def opened_and_gone():
        connection = Connection(FirstBytes)
        begun = weakref.ref(connection.line.protocol)
        await connection.hears([asked])
        socket = weakref.ref(connection.line.protocol)
        assert isinstance(socket(), SocketProtocol)
        connection.line.protocol = None  # as a loop does when it is over
        await _settle()
        return begun(), socket()

    gc.disable()
    try:
        assert asyncio.run(opened_and_gone()) == (None, None)
    finally:
        gc.enable()


def test_a_server_that_stops_hangs_up_on_who_has_said_nothing():
    async def stop():
        connection = Connection(FirstBytes)
        (waiting,) = connection.state.connections
        waiting.shutdown()
        assert connection.line.closed
        waiting.connection_lost(None)
        assert not connection.state.connections

    asyncio.run(stop())
