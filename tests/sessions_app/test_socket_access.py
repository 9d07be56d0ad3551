"""Who may open which socket: both of them × every kind of person × where the page comes from."""

import json

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from pix_surveillance.asgi import application
from sessions_app.live import hub
from tests import factories
from tests.live_page import BY_THE_CLOCK
from tests.sessions_app.scenes import NAMES, Scene

GOOD_ORIGIN = settings.ORIGINS[0]
ELSEWHERE = "https://evil.example"
ANOTHER_PORT = GOOD_ORIGIN.rpartition(":")[0] + ":8111"
SOCKETS = [
    ("room", "anonymous", GOOD_ORIGIN, False),
    ("room", "candidate", GOOD_ORIGIN, False),
    ("room", "supervisor", GOOD_ORIGIN, True),
    ("room", "stranger", GOOD_ORIGIN, False),
    ("room", "revoked", GOOD_ORIGIN, False),
    ("room", "admin", GOOD_ORIGIN, True),
    ("room", "head", GOOD_ORIGIN, True),
    ("room", "other head", GOOD_ORIGIN, False),
    ("seat", "anonymous", GOOD_ORIGIN, False),
    ("seat", "candidate", GOOD_ORIGIN, True),
    ("seat", "supervisor", GOOD_ORIGIN, False),
    ("seat", "stranger", GOOD_ORIGIN, False),
    ("seat", "admin", GOOD_ORIGIN, False),
    ("no such path", "admin", GOOD_ORIGIN, False),
    ("no such room", "admin", GOOD_ORIGIN, False),
    *(
        (socket, actor, origin, False)
        for socket, actor in [("room", "supervisor"), ("room", "admin"), ("seat", "candidate")]
        for origin in [ELSEWHERE, None, ANOTHER_PORT, GOOD_ORIGIN.replace("http", "https")]
    ),
]


@pytest.fixture
def scene(transactional_db):
    scene = Scene("answer")
    factories.waiting(scene.room, birth_name="Voisin", first_name="Léa")
    return scene


@pytest.mark.parametrize(("socket", "actor", "origin", "opens"), SOCKETS)
async def test_the_sockets(scene, socket, actor, origin, opens):
    browser = await database_sync_to_async(scene.browser)(actor)
    paths = {"room": f"/ws/surveillance/{scene.room.number}/", "seat": "/ws/candidat/"}
    paths["no such room"] = "/ws/surveillance/000000/"
    headers = [(b"cookie", browser.cookies.output(header="", sep=";").encode())]
    if origin:
        headers.append((b"origin", origin.encode()))
    line = WebsocketCommunicator(application, paths.get(socket, "/ws/ailleurs/"), headers)
    try:
        is_open, _ = await line.connect(timeout=10)
        assert is_open is opens
        if opens:
            check_frames(socket, await first_frames(line))
        else:
            assert hub.rooms == {}
    finally:
        await line.disconnect()
        await hub.stop()


async def first_frames(line) -> list[dict]:
    """`hello` and the whole state; a heartbeat or who else is here may come in between."""
    frames: list[dict] = []
    while len(frames) < 2:
        frame = json.loads(await line.receive_from(10))
        if frame["type"] not in BY_THE_CLOCK:
            frames.append(frame)
    return frames


def check_frames(socket: str, frames: list[dict]) -> None:
    """A room sees everybody; a candidate's socket names nobody at all."""
    text = json.dumps(frames, ensure_ascii=False)
    kinds = [frame["type"] for frame in frames]
    if socket == "room":
        assert kinds == ["hello", "board"]
        assert "ZYLBERSTEIN" in text
        assert "VOISIN" in text
    else:
        assert kinds == ["hello", "seat"]
        assert not any(name in text for name in (*NAMES, "Voisin", "VOISIN", "Léa"))
