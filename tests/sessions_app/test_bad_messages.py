"""What makes no sense on the socket of a room closes that socket, and nothing else; on the socket
of a candidate it gets one sentence, and the candidate goes on."""

import json

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from candidates import access
from pix_surveillance.asgi import application
from sessions_app.live import hub
from tests import factories
from tests.snapshots import changes, everything

MESSAGES = {
    "not json": "abc",
    "a list": "[1, 2]",
    "a number": "7",
    "no version": '{"epoch": "x"}',
    "no number": '{"epoch": "x", "v": "abc"}',
    "null": '{"epoch": "x", "v": null}',
    "infinite": '{"epoch": "x", "v": Infinity}',
    "bottomless": "[" * 16_000,
    "bytes": b"\x00\xff",
}


@pytest.fixture
def line(transactional_db):
    room = factories.session()
    by = factories.supervisor(room)
    factories.waiting(room)
    factories.running(room, by)
    browser = Client()
    browser.force_login(by)
    cookie = browser.cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, f"/ws/surveillance/{room.number}/", headers)


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
async def test_a_message_that_makes_no_sense_closes_its_own_socket(line, message):
    try:
        assert (await line.connect(timeout=10))[0]
        for _ in ("hello", "board"):
            await line.receive_from(10)
        is_bytes = isinstance(message, bytes)
        await line.send_to(**{"bytes_data" if is_bytes else "text_data": message})
        told = {"type": "websocket.send"}
        while told["type"] == "websocket.send":  # a board may have been under way
            told = await line.receive_output(10)
        assert told == {"type": "websocket.close", "code": 4403}
    finally:
        await line.disconnect()
        await hub.stop()


ANSWERS = {
    "nothing": ({}, 404),
    "no values": ({"question": 1}, 400),
    "a word": ({"question": 1, "answer": "a"}, 400),
    "values of values": ({"question": 1, "answer": [["a"]]}, 400),
    "no such question": ({"question": 99, "answer": ["a"]}, 404),
    "a question that is a room": ({"question": {"v": 1}, "answer": ["a"]}, 404),
    "an endless question": ({"question": "9" * 5_000, "answer": ["a"]}, 404),
    "no such option": ({"question": 1, "answer": ["<b>"]}, 422),
    "two of one": ({"question": 1, "answer": ["a", "b"]}, 422),
    "not yet open": ({"question": 2, "answer": ["a"]}, 409),
}


@pytest.fixture
def seated(transactional_db):
    room = factories.session()
    person = factories.running(room, factories.supervisor(room))
    answer = HttpResponse()
    access.give_seat(answer, factories.seat_of(person))
    cookie = answer.cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, "/ws/candidat/", headers)


async def hear(line) -> dict:
    return json.loads(await line.receive_from(10))


@pytest.mark.parametrize(("answer", "status"), ANSWERS.values(), ids=ANSWERS)
async def test_a_bad_answer_gets_a_sentence_and_writes_nothing(seated, answer, status):
    before = await database_sync_to_async(everything)()
    try:
        assert (await seated.connect(timeout=10))[0]
        assert [(await hear(seated))["type"] for _ in range(2)] == ["hello", "seat"]
        await seated.send_to(text_data=json.dumps({"type": "answer", **answer}))
        refused = await hear(seated)
        assert (refused["type"], refused["status"]) == ("refused", status)
        assert refused["question"] == answer.get("question")
        assert refused["message"].endswith(".")
        await seated.send_to(text_data='{"type": "answer", "question": 1, "answer": ["a"]}')
        assert (await hear(seated))["answered"] == 1
    finally:
        await seated.disconnect()
        await hub.stop()
    after = await database_sync_to_async(everything)()
    written = changes(before, after)
    leases = {"+Node"}  # of the process, which lives meanwhile
    assert {each for each in written if each[0] in "+-"} - leases == {"+Answer", "+SessionEvent"}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
async def test_what_is_no_answer_is_told_where_things_stand(seated, message):
    try:
        assert (await seated.connect(timeout=10))[0]
        assert [(await hear(seated))["type"] for _ in range(2)] == ["hello", "seat"]
        is_bytes = isinstance(message, bytes)
        await seated.send_to(**{"bytes_data" if is_bytes else "text_data": message})
        assert (await hear(seated))["type"] == "seat"
    finally:
        await seated.disconnect()
        await hub.stop()
