"""A socket is opened the short way and the general one alike, or refused alike."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from pix_surveillance import socket_opening
from pix_surveillance.socket_protocol import SocketProtocol
from sessions_app.frame_text import WRITE_NOW
from tests.test_socket_protocol import Wire

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
PLAIN = {
    b"host": b"exam.example.org",
    b"connection": b"Upgrade",
    b"upgrade": b"websocket",
    b"sec-websocket-version": b"13",
    b"sec-websocket-key": KEY,
    b"origin": b"https://exam.example.org",
    b"cookie": b"seat=WzEsImFiYyJd:1vO:x-y_z; sessionid=abc",
}
TARGET = b"/ws/surveillance/123/?epoch=1&v=2"


def request(target: bytes = TARGET, first: bytes = b"", more=(), **headers: bytes) -> bytes:
    """As the HTTP part of the server hands it over; None leaves a header out."""
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    told = [*{**PLAIN, **named}.items(), *more]
    lines = [b"%s: %s" % each for each in told if each[1] is not None]
    return b"\r\n".join([first or b"GET %s HTTP/1.1" % target, *lines, b"", b""])


PLAINLY = {
    "as a browser does": request(),
    "without a query": request(b"/ws/candidat/"),
    "with a path of any letters": request(b"/ws/%C3%A9t%C3%A9/?%C3%A9"),
    "through nginx": request(connection=b"upgrade"),
    "by Firefox": request(connection=b"keep-alive, Upgrade"),
    "offering extensions": request(sec_websocket_extensions=b"permessage-deflate; client_max_x"),
    "with a large word": request(upgrade=b"WebSocket"),
    "with many cookies": request(cookie=b"; ".join(b"c%d=%d" % (i, i) for i in range(200))),
}
OTHERWISE = {
    "of another version": request(sec_websocket_version=b"8"),
    "without a version": request(sec_websocket_version=None),
    "without a key": request(sec_websocket_key=None),
    "with a key of 15 bytes": request(sec_websocket_key=KEY[:20]),
    "with a key of 17 bytes": request(sec_websocket_key=KEY[:20] + b"YWI="),
    "with a key of no base64": request(sec_websocket_key=b"*" * 24),
    "with two keys": request(more=[(b"sec-websocket-key", KEY)]),
    "without an upgrade": request(upgrade=None),
    "to something else": request(upgrade=b"h2c"),
    "to two things": request(upgrade=b"websocket, h2c"),
    "with a connection that is kept": request(connection=b"keep-alive"),
    "by POST": request(first=b"POST /ws/candidat/ HTTP/1.1"),
    "by HTTP 1.0": request(first=b"GET /ws/candidat/ HTTP/1.0"),
    "with a body": request(content_length=b"2"),
    "in parts": request(transfer_encoding=b"chunked"),
    "with letters beyond ASCII": request(x_name="é".encode()),
    "with an empty header": request(x_empty=b""),
    "with two of a kind": request(more=[(b"x-two", b"1"), (b"x-two", b"2")]),
    "at great length": request(cookie=b"c" * 9_000),
    "with a tab": request(x_tab=b"a\tb"),
}


class Opened:
    """What one connection comes to: the scope that the application sees, and the answer."""

    def __init__(self, protocol_class: type, *, accepts: bool):
        config = Config(self.app, interface="asgi3", ws_per_message_deflate=False, root_path="/r")
        config.load()
        state = ServerState()
        state.default_headers = [(b"date", b"today"), (b"server", b"uvicorn")]
        self.accepts, self.scope, self.heard = accepts, None, []
        self.wire = Wire()
        self.protocol = protocol_class(config=config, server_state=state, app_state={"a": 1})
        self.protocol.connection_made(self.wire)

    async def app(self, scope, receive, send):
        self.scope = {**scope, "headers": [*scope["headers"]]}
        self.heard.append(await receive())
        if self.accepts:
            await send({"type": "websocket.accept", "headers": [(b"X-Ours", b"1")]})
        else:
            await send({"type": "websocket.close", "code": 4403})
        self.heard.append(await receive())

    async def asked(self, request: bytes) -> tuple:
        self.protocol.data_received(request)
        for _ in range(8):
            await asyncio.sleep(0)
        scope = self.scope and dict(self.scope)
        if scope:
            extensions = scope["extensions"].keys() - {WRITE_NOW}
            scope |= {"extensions": extensions, "headers": sorted(scope["headers"])}
        told = scope, without_date(self.wire.written), self.wire.closed
        self.protocol.connection_lost(None)
        for _ in range(4):
            await asyncio.sleep(0)
        return (*told, self.heard)


def without_date(answer: bytes) -> list[bytes]:
    return [line for line in answer.split(b"\r\n") if not line.startswith(b"Date:")]


def both(request: bytes, *, accepts: bool = True) -> list[tuple]:
    async def ask():
        classes = (WebSocketsSansIOProtocol, SocketProtocol)
        return [await Opened(each, accepts=accepts).asked(request) for each in classes]

    return asyncio.run(ask())


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("said", PLAINLY.values(), ids=PLAINLY)
def test_what_is_asked_plainly_is_opened_alike(said, accepts):
    assert socket_opening.read(said)
    general, short = both(said, accepts=accepts)
    assert short == general
    assert short[0]
    assert short[1][0].split()[1] == (b"101" if accepts else b"403")


@pytest.mark.parametrize("said", OTHERWISE.values(), ids=OTHERWISE)
def test_what_is_not_goes_the_general_way(said):
    assert socket_opening.read(said) is None
    general, short = both(said)
    assert short == general


# Everything that makes a request what it is, put together by chance.
VALUES = st.sampled_from(
    [None, b"", KEY, b"13", b"websocket", b"Upgrade", b"upgrade,", b"a b", b","]
)
NAMES = st.sampled_from([name.decode().replace("-", "_") for name in PLAIN])


@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_whatever_is_changed_the_answer_is_the_same(changed):
    general, short = both(request(**changed))
    assert short == general
