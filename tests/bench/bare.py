"""The bare limit: what this machine can do with the same work and nothing around it.

    python -m tests.bench.bare --host 127.0.0.1 --port N

The same messages, frames and statements as the product, without Django, Channels or templates:
a WebSocket server in C, one writer that commits together what has come, rows prepared once with
only the question put in. It checks whom a seat belongs to and that a login exists; not the
signature of the seat, nor rights withdrawn later.
"""

import argparse
import asyncio
import base64
import gc
import json
import os

import psycopg
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from .bare_rooms import Room, Rooms
from .bare_writer import Writer

BEAT_SECONDS, PING_SECONDS = 10, 5
STEP_SECONDS = 0.05  # one part of the rooms at a time: no burst of thousands of frames
BACKLOG = 4096  # as the product
HANDSHAKE_SECONDS = 30


class Socket(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()


class CandidateSocket(Socket):
    def __init__(self, server: "Server", candidate: int, token: str) -> None:
        self.server, self.candidate, self.token = server, candidate, token
        self.room = server.rooms.of_candidate[candidate]

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.server.rooms.come_to_sit(transport, self.candidate, self.token)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            text = frame.get_payload_as_bytes()
            self.server.writer.take(transport, self.candidate, self.token, text)
        else:
            super().on_ws_frame(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.room.candidates.pop(transport, None)


class SupervisorSocket(Socket):
    """A browser that asks for what it missed gets the whole board."""

    def __init__(self, server: "Server", room: Room, login: str) -> None:
        self.server, self.room, self.login = server, room, login

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.server.rooms.come_to_supervise(transport, self.room, self.login)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self.server.rooms.come_to_supervise(transport, self.room, self.login)
        else:
            super().on_ws_frame(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.room.supervisors.discard(transport)


class Server:
    def __init__(self, rooms: Rooms, writer: Writer, origin: str) -> None:
        self.rooms, self.writer, self.origin = rooms, writer, origin

    def open(self, request: WSUpgradeRequest):
        """The listener for a request; None refuses it."""
        if request.path == b"/health/ready":
            answer = WSUpgradeResponse.create_ok_response(b"ready")
            return WSUpgradeResponseWithListener(answer, None)
        if request.headers.get("origin") != self.origin:
            return None
        name, _, value = request.headers.get("cookie", "").partition("=")
        if request.path == b"/ws/candidat/" and name == "seat":
            return CandidateSocket(self, *_seat(value))
        room = self.rooms.by_number.get(request.path.split(b"/")[-2])
        return SupervisorSocket(self, room, value) if room and name == "sessionid" else None

    async def each(self, seconds: float, do) -> None:
        """`do(room)` for every room once in so many seconds, a few at a time."""
        steps = round(seconds / STEP_SECONDS)
        while True:
            for step in range(steps):
                await asyncio.sleep(STEP_SECONDS)
                for room in self.rooms.all[step::steps]:
                    do(room)


async def serve(host: str, port: int) -> None:
    address = os.environ["DATABASE_URL"]
    writing = await psycopg.AsyncConnection.connect(address)
    reading = await psycopg.AsyncConnection.connect(address, autocommit=True)
    rooms = Rooms()
    await rooms.load(reading)
    server = Server(rooms, Writer(rooms, writing), os.environ["ORIGINS"])
    gc.freeze()
    gc.set_threshold(20_000, 50, 1000)
    await ws_create_server(
        server.open,
        host,
        port,
        backlog=BACKLOG,
        read_buffer_init_size=1024,
        websocket_handshake_timeout=HANDSHAKE_SECONDS,
    )
    await asyncio.gather(
        server.writer.write(),
        rooms.welcome(reading),
        server.each(BEAT_SECONDS, Room.beat),
        server.each(PING_SECONDS, Room.ping),
    )


def _seat(cookie: str) -> tuple[int, str]:
    """Candidate and token of a signed seat."""
    signed = cookie.partition(":")[0]
    candidate, token = json.loads(base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4)))
    return candidate, token


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bare")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port))
