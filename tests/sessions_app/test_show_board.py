"""A supervisor comes while the room is moving: their board misses nothing, without being asked."""

import asyncio
import json
from urllib.parse import urlencode

import pytest
from channels.db import database_sync_to_async as in_db

from candidates import services
from sessions_app import live
from sessions_app.live import hub
from sessions_app.models import Session
from tests import factories, fresh_boards
from tests.live_page import BY_THE_CLOCK, LivePage
from tests.sessions_app.test_board_languages import open_line

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_happens_while_a_board_is_read_follows_it(monkeypatch):
    """Its rows pass before the board, to a page that cannot place them yet."""
    room = await in_db(factories.session)()
    by = await in_db(factories.supervisor)(room)
    people = [await in_db(factories.waiting)(room) for _ in range(2)]
    read = live._missed

    async def slowly(session_id, language, shown):
        told = await read(session_id, language, shown)
        if shown:
            return told
        for person in people:
            await in_db(services.authorize_start)(person, user=by)
        now = await Session.objects.aget(pk=session_id)
        while hub.rooms[session_id].version < now.version:
            await asyncio.sleep(0.02)
        return told

    monkeypatch.setattr(live, "_missed", slowly)
    line = await in_db(open_line)(by, room, "")
    try:
        assert (await line.connect(timeout=20))[0]
        page = await shown_at_last(line, room)
    finally:
        await line.disconnect()
        await hub.stop()
    fresh = await in_db(fresh_boards.whole)(room.pk)
    assert page.shown() == LivePage(fresh["html"]).shown()


async def connected(by, room, query: str, count: int) -> list[dict]:
    """So many frames, and no other, come to a page that opens its socket with this address.

    Heartbeats and who else is there, which come by the clock, are left out.
    """
    line, frames = await in_db(open_line)(by, room, query), []
    try:
        assert (await line.connect(timeout=20))[0]
        while len(frames) < count or not await line.receive_nothing(0.3):
            frame = json.loads(await line.receive_from(5))
            frames += [frame] if frame["type"] not in BY_THE_CLOCK else []
        assert len(frames) == count
        return frames
    finally:
        await line.disconnect()
        await hub.stop()


@pytest.fixture
async def came():
    """A room with somebody in it, the supervisor, and what their page shows."""
    room = await in_db(factories.session)()
    by = await in_db(factories.supervisor)(room)
    person = await in_db(factories.waiting)(room)
    return room, by, person, await in_db(fresh_boards.whole)(room.pk)


def address(board: dict, **other) -> str:
    return "?" + urlencode({"epoch": board["epoch"], "v": board["v"]} | other)


async def test_a_page_that_shows_the_latest_board_is_sent_none(came):
    room, by, _, board = came
    (hello,) = await connected(by, room, address(board), 1)
    assert (hello["type"], hello["epoch"], hello["v"]) == ("hello", board["epoch"], board["v"])


async def test_a_page_that_comes_back_gets_the_rows_it_missed(came):
    room, by, person, board = came
    await in_db(services.authorize_start)(person, user=by)
    hello, rows = await connected(by, room, address(board), 2)
    assert hello["v"] == rows["v"] > board["v"]
    assert (rows["type"], rows["from"], list(rows["rows"])) == (
        "rows",
        board["v"],
        [str(person.pk)],
    )
    page = LivePage(board["html"])
    page.apply(rows)
    fresh = await in_db(fresh_boards.whole)(room.pk)
    assert page.shown() == LivePage(fresh["html"]).shown()


@pytest.mark.parametrize("other", [
    {"epoch": "another history"},
    {"epoch": ""},
    {"v": ""},
    {"v": "-1"},
    {"v": "1e3"},
    {"v": "٣"},
    {"v": "9" * 18},  # ahead of all that is known
    {"v": "9" * 40},
])  # fmt: skip
async def test_who_shows_nothing_known_gets_the_whole_board(came, other):
    room, by, _, board = came
    hello, whole = await connected(by, room, address(board, **other), 2)
    assert hello["type"] == "hello"
    assert (whole["type"], whole["v"], whole["html"]) == ("board", board["v"], board["html"])


async def shown_at_last(line, room) -> LivePage:
    version, page = (await Session.objects.aget(pk=room.pk)).version, None
    while page is None or page.version < version:
        frame = json.loads(await line.receive_from(5))
        if page:
            page.apply(frame)
        elif frame["type"] == "board":
            page = LivePage(frame["html"])
            version = (await Session.objects.aget(pk=room.pk)).version
    return page
