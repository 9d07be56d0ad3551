"""Where WebSockets are refused, the same frames come over HTTP: a page cannot tell them apart."""

import json
import uuid

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from candidates import services
from pix_surveillance.asgi import application
from sessions_app import board
from sessions_app.live import hub
from sessions_app.models import Session
from tests import factories
from tests.sessions_app.scenes import seat_cookie

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(by):
    browser = Client()
    browser.force_login(by)
    return browser


def poll(browser, room, **shown) -> list[dict]:
    response = browser.get(f"/surveillance/{room.number}/live/", shown)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.json()["frames"]


def present(room) -> dict:
    session = Session.objects.get(pk=room.pk)
    return {"epoch": str(session.epoch), "v": session.version}


def kinds(frames: list[dict]) -> list[str]:
    return [frame["type"] for frame in frames]


def named(frame: dict) -> dict:
    return {"epoch": frame["epoch"], "v": frame["v"]}


def test_a_page_that_shows_nothing_gets_the_whole_board(browser, room):
    factories.waiting(room)
    hello, whole, _ = poll(browser, room)
    assert (hello["type"], named(hello)) == ("hello", present(room))
    assert whole == board.whole(room.pk)


def test_a_page_that_is_up_to_date_gets_a_heartbeat(browser, room):
    shown = present(room)
    beat, here = poll(browser, room, **shown)
    assert (beat["type"], named(beat)) == ("hb", shown)
    assert here == {"type": "here", **shown, "people": []}


def test_a_page_that_is_behind_gets_what_it_missed(browser, room, by):
    person, other = factories.waiting(room), factories.waiting(room)
    shown = present(room)
    services.authorize_start(person, user=by)
    rows, beat, _ = poll(browser, room, **shown)
    assert rows == board.missed(room.pk, shown["epoch"], shown["v"])
    assert (rows["type"], rows["from"], set(rows["rows"])) == ("rows", shown["v"], {str(person.pk)})
    assert str(other.pk) not in rows["rows"]
    assert (beat["type"], named(beat)) == ("hb", present(room))


@pytest.mark.parametrize("ahead", [False, True])
def test_a_page_of_another_history_gets_the_whole_board(browser, room, ahead):
    shown = present(room)
    shown |= {"v": shown["v"] + 5} if ahead else {"epoch": str(uuid.uuid4())}
    assert kinds(poll(browser, room, **shown)) == ["board", "hb", "here"]


def test_polling_reads_little(browser, room, django_assert_max_num_queries):
    factories.waiting(room)
    shown = present(room)
    with django_assert_max_num_queries(4):  # the login, the account, the session, who is here
        poll(browser, room, **shown)


def test_a_candidate_gets_their_seat(room):
    person = factories.waiting(room, birth_name="Zylberstein")
    browser = Client()
    browser.cookies["seat"] = seat_cookie(person)
    response = browser.get("/candidat/live/")
    hello, seat = response.json()["frames"]
    assert "no-store" in response["Cache-Control"]
    assert (hello["type"], seat["type"], seat["stage"]) == ("hello", "seat", "waiting")
    assert named(hello) == named(seat) == present(room)
    assert "zylberstein" not in response.content.decode().lower()


@pytest.mark.django_db(transaction=True)
async def test_the_frames_are_those_of_the_socket(room, by, browser):
    """Of a room and of a seat, field by field; the instant alone differs."""
    person = await database_sync_to_async(factories.waiting)(room)
    candidate = Client()
    candidate.cookies["seat"] = await database_sync_to_async(seat_cookie)(person)
    lines = [
        (browser, f"/ws/surveillance/{room.number}/", f"/surveillance/{room.number}/live/"),
        (candidate, "/ws/candidat/", "/candidat/live/"),
    ]
    for client, socket, address in lines:
        response = await database_sync_to_async(client.get)(address)
        polled = response.json()["frames"]
        pushed = await first_frames(client, socket, {frame["type"] for frame in polled})
        assert untimed(polled) == untimed(pushed)


async def first_frames(client: Client, path: str, kinds: set[str]) -> list[dict]:
    """The first of each of these kinds: who else is here comes within 2 s, at any place."""
    cookie = client.cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    line = WebsocketCommunicator(application, path, headers)
    try:
        assert (await line.connect(timeout=10))[0]
        first: dict[str, dict] = {}
        while not kinds <= first.keys():
            frame = json.loads(await line.receive_from(10))
            first.setdefault(frame["type"], frame)
        return [frame for kind, frame in first.items() if kind in kinds]
    finally:
        await line.disconnect()
        await hub.stop()


def untimed(frames: list[dict]) -> list[dict]:
    """Without the instant, in their order; who else is here may come at any place, and is last."""
    ordered = sorted(frames, key=lambda frame: frame["type"] == "here")
    return [{name: value for name, value in frame.items() if name != "now"} for frame in ordered]
