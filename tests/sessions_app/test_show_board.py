"""A supervisor comes while the room is moving: their board misses nothing, without being asked."""

import asyncio
import json

import pytest
from channels.db import database_sync_to_async as in_db

from candidates import services
from sessions_app import live
from sessions_app.live import hub
from sessions_app.models import Session
from tests import factories, fresh_boards
from tests.live_page import LivePage
from tests.sessions_app.test_board_languages import open_line

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_happens_while_a_board_is_read_follows_it(monkeypatch):
    """Its rows pass before the board, to a page that cannot place them yet."""
    room = await in_db(factories.session)()
    by = await in_db(factories.supervisor)(room)
    people = [await in_db(factories.waiting)(room) for _ in range(2)]
    read = live._whole_board

    async def slowly(session_id, language):
        told = await read(session_id, language)
        for person in people:
            await in_db(services.authorize_start)(person, user=by)
        now = await Session.objects.aget(pk=session_id)
        while hub.rooms[session_id].version < now.version:
            await asyncio.sleep(0.02)
        return told

    monkeypatch.setattr(live, "_whole_board", slowly)
    line = await in_db(open_line)(by, room, "")
    try:
        assert (await line.connect(timeout=20))[0]
        page = await shown_at_last(line, room)
    finally:
        await line.disconnect()
        await hub.stop()
    fresh = await in_db(fresh_boards.whole)(room.pk)
    assert page.shown() == LivePage(fresh["html"]).shown()


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
