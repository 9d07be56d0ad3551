"""What one browser may ask of the sockets: enough for every honest page, and no flood."""

import asyncio
import json

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from websockets import connect
from websockets.exceptions import ConnectionClosed

from candidates import access
from pix_surveillance.asgi import application
from sessions_app import floods
from sessions_app.live import hub
from tests import factories
from tests.servers import DAPHNE, UVICORN, process

KINDS = ("supervisor", "candidate", "center")
MOST = {"supervisor": floods.OF_A_LOGIN, "candidate": floods.OF_A_SEAT, "center": floods.OF_A_LOGIN}
SERVERS = {"daphne": DAPHNE, "uvicorn": UVICORN}


@pytest.fixture(autouse=True)
def _nobody_is_here(monkeypatch):
    monkeypatch.setattr(floods, "crowd", floods.Crowd())


@pytest.fixture
def person(transactional_db):
    room = factories.session()
    return factories.running(room, factories.supervisor(room))


def cookie_of(kind, person) -> str:
    if kind == "candidate":
        answer = HttpResponse()
        access.give_seat(answer, factories.seat_of(person))
        return answer.cookies.output(header="", sep=";").strip()
    browser = Client()
    center = person.session.center
    browser.force_login(
        factories.head(center) if kind == "center" else factories.supervisor(person.session)
    )
    return browser.cookies.output(header="", sep=";").strip()


def path_of(kind, person) -> str:
    return {
        "candidate": "/ws/candidat/",
        "supervisor": f"/ws/surveillance/{person.session.number}/",
        "center": f"/ws/surveillance/centre/{person.session.center_id}/",
    }[kind]


def line_of(kind, person, cookie) -> WebsocketCommunicator:
    headers = [(b"cookie", cookie.encode()), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, path_of(kind, person), headers)


async def end_of(line) -> tuple[str, int]:
    """What a browser is told before its socket is closed, and the code."""
    code = ""
    while True:
        told = await line.receive_output(30)
        if told["type"] == "websocket.close":
            return code, told["code"]
        frame = json.loads(told["text"])
        code = frame["code"] if frame["type"] == "bye" else code


@pytest.fixture
async def lines():
    made = []
    yield made
    for each in made:
        await each.disconnect()
    await hub.stop()


async def open_lines(lines, kind, person, cookie, count) -> None:
    for _ in range(count):
        line = line_of(kind, person, cookie)
        assert (await line.connect(timeout=30))[0]
        lines.append(line)


@pytest.mark.parametrize("kind", KINDS)
async def test_of_too_many_sockets_the_oldest_is_closed(person, lines, kind):
    cookie = await database_sync_to_async(cookie_of)(kind, person)
    await open_lines(lines, kind, person, cookie, MOST[kind] + 1)
    assert await end_of(lines[0]) == ("many", 4429)
    for line in lines[1:]:
        assert not any(each["type"] == "websocket.close" for each in told_so_far(line))


def told_so_far(line) -> list[dict]:
    told = []
    while not line.output_queue.empty():
        told.append(line.output_queue.get_nowait())
    return told


@pytest.mark.parametrize("kind", KINDS)
async def test_who_opens_sockets_in_a_loop_is_told_to_wait(person, lines, kind, monkeypatch):
    monkeypatch.setattr(floods, "OPENINGS_AT_ONCE", 3)
    monkeypatch.setattr(floods, "OPENINGS_A_SECOND", 0)  # however slowly they are opened
    cookie = await database_sync_to_async(cookie_of)(kind, person)
    other = await database_sync_to_async(cookie_of)("supervisor", person)
    await open_lines(lines, kind, person, cookie, 4)
    assert await end_of(lines[3]) == ("many", 4429)
    await open_lines(lines, "supervisor", person, other, 1)
    assert json.loads(await lines[4].receive_from(30))["type"] == "hello"


async def test_a_browser_without_a_seat_is_refused_as_ever(person, lines, monkeypatch):
    monkeypatch.setattr(floods, "OPENINGS_AT_ONCE", 1)
    for _ in range(3):
        assert await line_of("candidate", person, "").connect(timeout=30) == (False, 4403)


@pytest.mark.parametrize("kind", ["supervisor", "candidate"])
async def test_who_talks_without_end_is_closed(person, lines, kind, monkeypatch):
    monkeypatch.setattr(floods, "MESSAGES_AT_ONCE", 5)
    monkeypatch.setattr(floods, "MESSAGES_A_SECOND", 0)  # however slowly they are heard
    said = {"type": "resume", "epoch": str(person.session.epoch), "v": 1}
    cookie = await database_sync_to_async(cookie_of)(kind, person)
    await open_lines(lines, kind, person, cookie, 1)
    for _ in range(8):
        await lines[0].send_to(text_data=json.dumps(said))
    assert await end_of(lines[0]) == ("flood", 4429)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", ["é" * 8_193, b"\x00" * 16_385], ids=["text", "bytes"])
async def test_a_message_that_is_too_large_closes_its_socket(person, lines, kind, said):
    cookie = await database_sync_to_async(cookie_of)(kind, person)
    await open_lines(lines, kind, person, cookie, 1)
    await lines[0].send_to(**{"bytes_data" if isinstance(said, bytes) else "text_data": said})
    assert await end_of(lines[0]) == ("big", 1009)


@pytest.mark.parametrize(("length", "code"), [(16_384, 0), (16_385, 1009), (900_000, 1009)])
@pytest.mark.parametrize("server", SERVERS)
async def test_the_largest_message_of_each_server(person, server, length, code):
    cookie = await database_sync_to_async(cookie_of)("candidate", person)
    with process(SERVERS[server]) as (url, _):
        headers = {"Cookie": cookie, "Origin": url}
        where = url.replace("http", "ws") + "/ws/candidat/"
        async with connect(where, additional_headers=headers, compression=None) as socket:
            for _ in ("hello", "seat"):
                await asyncio.wait_for(socket.recv(), 30)
            assert await asyncio.wait_for(how_it_goes_on(socket, "x" * length), 30) == code


async def how_it_goes_on(socket, said: str) -> int:
    """0 for another `seat` frame, or the code that closes the socket, while it sends or after."""
    try:
        await socket.send(said)
        while json.loads(await socket.recv())["type"] != "seat":
            pass
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    return 0


def test_a_pace_is_so_many_at_once_then_so_many_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(floods, "monotonic", lambda: now[0])
    pace = floods.Pace(3, 2)
    assert [pace.allows() for _ in range(5)] == [True, True, True, False, False]
    now[0] += 0.6
    assert [pace.allows() for _ in range(2)] == [True, False]
    now[0] += 100
    assert [pace.allows() for _ in range(5)] == [True, True, True, False, False]


def test_browsers_are_not_remembered_without_end(monkeypatch):
    monkeypatch.setattr(floods, "MOST_PACES", 30)
    crowd = floods.Crowd()
    for number in range(100):
        assert crowd.may_open(f"browser {number}")
    assert len(crowd._paces) <= 10
