"""What each person gets for each message of each socket: all of them, read from the consumers.

A new message of a consumer, or a new consumer, must get its line in `HEARD`.
"""

import asyncio
import gc
import json
import weakref

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from candidates.consumers import CandidateConsumer
from pix_surveillance.asgi import SOCKETS, application
from sessions_app.consumers import CenterConsumer, SupervisionConsumer
from sessions_app.frame_text import WRITE_NOW
from sessions_app.live import hub
from tests.live_page import BY_THE_CLOCK
from tests.sessions_app.scenes import NAMES, Scene
from tests.snapshots import everything

PATHS = {
    SupervisionConsumer: "/ws/surveillance/{number}/",
    CenterConsumer: "/ws/surveillance/centre/{center}/",
    CandidateConsumer: "/ws/candidat/",
}
PEOPLE = ("anonymous", "candidate", "other candidate", "supervisor", "stranger", "revoked")
PEOPLE += ("head", "other head", "admin")
# Who is let in; for everybody else the handshake is refused, whatever they meant to say.
LET_IN = {
    SupervisionConsumer: {"supervisor", "head", "admin"},
    CenterConsumer: {"head", "admin"},
    CandidateConsumer: {"candidate", "other candidate"},
}
# The last of what a page is sent as it comes, but for what the clock adds at any place.
GREETING = {SupervisionConsumer: "board", CenterConsumer: "rooms", CandidateConsumer: "seat"}
ELSE = "anything else"
CLOSED = 4403
# What is heard in return: a frame of this type, or the end of the socket.
HEARD = {
    (SupervisionConsumer, "resume"): "board",  # of a history that is another one
    (SupervisionConsumer, ELSE): CLOSED,
    (CenterConsumer, ELSE): CLOSED,
    (CandidateConsumer, "answer"): "seat",
    (CandidateConsumer, "seen"): None,  # noted, or for nothing: nothing is said
    (CandidateConsumer, ELSE): "seat",
}
SAID = {
    "resume": {"epoch": "another", "v": 1},
    "answer": {"question": 1, "answer": ["a"]},
    "seen": {"v": 1},
    ELSE: {"epoch": "another", "v": 1, "question": 1, "answer": ["a"]},
}
# What a message may write, and of whom: of the one who has sent it.
OWN = {"answer": {"Answer", "SessionEvent"}, "seen": set(), ELSE: set()}
CASES = [
    (consumer, kind, actor)
    for consumer, kind in HEARD
    for actor in PEOPLE
    if kind == ELSE or actor in LET_IN[consumer]
]


def test_every_message_of_every_socket_is_in_the_matrix():
    consumers = [each.callback.consumer_class for each in SOCKETS]
    said = {(each, kind) for each in consumers for kind in (*each.MESSAGES, ELSE)}
    assert said == set(HEARD), (
        "A message that a browser may send has no line in HEARD (or lost its own): say there what "
        "is heard in return, and in OWN what it may write."
    )
    assert set(consumers) == set(PATHS) == set(LET_IN)


@pytest.fixture
def scene(transactional_db):
    scene = Scene("answer")
    assert scene.other_candidate.session_id != scene.room.pk
    return scene


def case_name(value) -> str:
    return value.__name__ if isinstance(value, type) else value


@pytest.mark.parametrize(("consumer", "kind", "actor"), CASES, ids=case_name)
async def test_the_messages(scene, consumer, kind, actor):
    line = await database_sync_to_async(open_line)(scene, consumer, actor)
    try:
        is_open, code = await line.connect(timeout=10)
        assert is_open is (actor in LET_IN[consumer])
        if not is_open:
            assert (code, hub.rooms) == (CLOSED, {})
            return
        greetings = await heard(line, GREETING[consumer])
        before = await database_sync_to_async(everything)()
        await line.send_to(text_data=json.dumps({"type": kind, **SAID[kind]}))
        told = await heard(line, HEARD[consumer, kind])
    finally:
        await line.disconnect()
        await hub.stop()
    after = await database_sync_to_async(everything)()
    sees_names = consumer is SupervisionConsumer
    assert any(name in text for name in NAMES for text in [*greetings, *told]) is sees_names
    check_writes(scene, kind, actor, before, after)


@pytest.mark.parametrize(
    ("consumer", "actor"),
    [
        (SupervisionConsumer, "supervisor"),
        (CenterConsumer, "head"),
        (CandidateConsumer, "candidate"),
    ],
)
async def test_nothing_of_who_has_gone_is_left_to_the_garbage_collector(
    scene, monkeypatch, consumer, actor
):
    """What points in a circle is freed by a search through everything, while all others wait."""
    gone = []

    async def disconnect(self, code, told=consumer.disconnect):
        gone.extend(map(weakref.ref, (self, self.write_now.__self__)))
        await told(self, code)

    monkeypatch.setattr(consumer, "disconnect", disconnect)
    line = await database_sync_to_async(open_line)(scene, consumer, actor)
    line.scope["extensions"] = {WRITE_NOW: Server().write}
    gc.disable()
    try:
        assert (await line.connect(timeout=10))[0]
        await heard(line, GREETING[consumer])
        await line.disconnect()
        del line
        await asyncio.sleep(0)
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()
        await hub.stop()


class Server:
    """One that cannot write at once."""

    def write(self, text: str, with_ping: bool) -> bool:
        return False


def open_line(scene, consumer, actor) -> WebsocketCommunicator:
    path = PATHS[consumer].format(number=scene.room.number, center=scene.room.center_id)
    cookie = scene.browser(actor).cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, path, headers)


async def heard(line, expected: str | int | None) -> list[str]:
    """Every frame up to the one that is expected, which must come."""
    told = []
    while expected is not None:
        output = await line.receive_output(10)
        if output["type"] == "websocket.close":
            assert output["code"] == expected
            return told
        told.append(output["text"])
        kind = json.loads(output["text"])["type"]
        assert not (expected == CLOSED and kind in {"seat", "refused"})
        if kind == expected:
            return told
    while not await line.receive_nothing(0.3):
        assert json.loads(await line.receive_from(10))["type"] in BY_THE_CLOCK
    return told


def check_writes(scene, kind, actor, before, after) -> None:
    """Nothing of anybody else: an answer is the sender's own, in the sender's room."""
    new = {key: after[key] for key in after.keys() - before.keys() if key[0] != "Node"}
    assert {model for model, _ in new} == OWN.get(kind, set())
    if actor in {"candidate", "other candidate"}:
        own = scene.candidate if actor == "candidate" else scene.other_candidate
        assert {row["candidate_id"] for row in new.values()} <= {own.pk}
        others = scene.other_candidate if actor == "candidate" else scene.candidate
        key = ("Candidate", others.pk)
        assert before.get(key) == after.get(key)
