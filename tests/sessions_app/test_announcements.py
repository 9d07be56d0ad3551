"""What is announced with a commit: written, carried within a NOTIFY, read again."""

import asyncio
import itertools

import pytest

from sessions_app import announcements, live
from sessions_app.announcements import LONGEST, Announcement
from sessions_app.hearing import Hearing
from sessions_app.rooms import Room, Socket

EPOCH, OTHER = "1f0c7a2e-0000-0000-0000-000000000000", "2f0c7a2e-0000-0000-0000-000000000000"


def both_ways(*told: Announcement) -> list[Announcement]:
    return [each for text in announcements.written(told) for each in announcements.read(text)]


@pytest.mark.parametrize(
    "told",
    [
        [],
        [Announcement(12, 345)],
        [Announcement(12, 345, "1f0c7a2e", 343, {77: 9, 78: 4})],
        [Announcement(12, 345), Announcement(13, 2, "1f0c7a2e", 1, {5: 21}), Announcement(14, 1)],
        [
            Announcement(number, 10**12, "0" * 8, 10**12 - 1, {number: 20})
            for number in range(1, 500)
        ],
    ],
)
def test_what_is_read_is_what_was_written(told):
    assert both_ways(*told) == told


def test_a_text_fits_in_a_notify():
    told = [
        Announcement(room, 10**9, "f" * 8, 10**9 - 60, {10**9 + each: 7 for each in range(60)})
        for room in range(200)
    ]
    texts = announcements.written(told)
    assert 1 < len(texts) < 100
    assert max(len(text.encode()) for text in texts) <= LONGEST < 8_000


def test_what_one_text_cannot_carry_is_told_as_a_version_only():
    questions = dict.fromkeys(range(3000), 7)
    assert both_ways(Announcement(1, 5_000, "f" * 8, 2_000, questions)) == [Announcement(1, 5_000)]


@pytest.mark.parametrize("text", ["", "12", "a:b", "1:2:3", "1:2:3:4", "1:2:e:4:5=a", "1:2;"])
def test_what_nobody_of_ours_wrote_is_refused(text):
    with pytest.raises(ValueError, match=r"invalid literal|not enough|too many"):
        list(announcements.read(text))


@pytest.fixture
def hub_of_rooms(monkeypatch):
    """A hub with three rooms at version 5, and what it reads instead of waiting for news."""
    hub, read = live.Hub(), []
    hub.rooms = {pk: Room(pk, EPOCH, 5) for pk in (1, 2, 3)}

    def hear(news):
        room = hub.rooms.get(news.session_id)
        if room and news.version > room.heard:
            room.heard = room.version = news.version
            if news.since is None:
                read.append(news.session_id)

    monkeypatch.setattr(hub, "hear", hear)
    hub._hearing = Hearing(hear, hub.rooms)
    return hub, read


async def test_a_look_does_not_read_what_is_on_its_way(hub_of_rooms):
    """While others are being heard, the announcement that a room lacks is behind them."""
    hub, read = hub_of_rooms

    async def announced():
        for pk in (3, 2, 1):
            await asyncio.sleep(live.QUIET_SECONDS / 2)
            await hub._hearing.take([Announcement(pk, 6, EPOCH[:8], 5, {})])

    await asyncio.gather(hub._bring_to(dict.fromkeys((1, 2, 3), (EPOCH, 6))), announced())
    assert read == []
    assert [room.version for room in hub.rooms.values()] == [6, 6, 6]


async def test_a_look_brings_what_no_announcement_does(hub_of_rooms):
    hub, read = hub_of_rooms
    began = asyncio.get_running_loop().time()
    await hub._bring_to({1: (EPOCH, 5), 2: (EPOCH, 9), 99: (EPOCH, 4)})
    assert read == [2]
    assert asyncio.get_running_loop().time() - began < 1


async def test_a_look_does_not_read_what_waits_to_be_told(hub_of_rooms, monkeypatch):
    """In a rush, answers that were heard long ago are told together, soon."""
    hub, read = hub_of_rooms
    monkeypatch.setattr(hub._hearing, "_count", lambda now: True)
    await hub._hearing.take([Announcement(1, 6, EPOCH[:8], 5, {})])
    await hub._bring_to({1: (EPOCH, 6)})
    assert (read, hub.rooms[1].version) == ([], 6)


async def test_who_joins_a_room_gets_what_waits_for_it(hub_of_rooms, monkeypatch):
    hub, read = hub_of_rooms
    monkeypatch.setattr(hub._hearing, "_count", lambda now: True)
    await hub._hearing.take([Announcement(1, 6, EPOCH[:8], 5, {})])
    assert hub.join(1, Socket(), EPOCH, 6).version == 6
    assert read == []


async def test_a_look_waits_for_so_long_only(hub_of_rooms, monkeypatch):
    """Others may be heard without end: a room that lacks something is brought there anyway."""
    hub, read = hub_of_rooms
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.005)
    version = itertools.count(6)

    async def announced():
        while not read:
            await hub._hearing.take([Announcement(3, next(version), EPOCH[:8], 5, {})])
            await asyncio.sleep(0)

    async with asyncio.timeout(10):
        await asyncio.gather(hub._bring_to({2: (EPOCH, 9)}), announced())
    assert read == [2]


async def test_a_look_that_finds_another_history_says_so(hub_of_rooms):
    hub, _ = hub_of_rooms
    await hub._bring_to({1: (OTHER, 2)})
    assert (hub.rooms[1].epoch, hub.rooms[1].version) == (OTHER, 2)
