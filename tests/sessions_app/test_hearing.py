"""How what is announced is told to rooms: each at once, or a room's answers together in a rush."""

import asyncio
from itertools import pairwise

import pytest

from sessions_app import hearing
from sessions_app.announcements import Announcement
from sessions_app.hearing import Hearing

HISTORY, OTHER = "1f0c7a2e", "2f0c7a2e"


def answered(room: int, version: int, **questions: int) -> Announcement:
    """Since the version before: `c7=9`, candidate 7 has come to question 9."""
    told = {int(name[1:]): at for name, at in questions.items()}
    return Announcement(room, version, HISTORY, version - 1, told)


@pytest.fixture
def told():
    return []


@pytest.fixture
def hears(told, monkeypatch):
    """Of the rooms 1 to 99; what waits, waits for a twentieth of a second."""
    monkeypatch.setattr(hearing, "TOGETHER_SECONDS", 0.05)
    return Hearing(told.append, range(1, 100))


@pytest.fixture
def rush(hears, monkeypatch):
    monkeypatch.setattr(hears, "_count", lambda now: True)
    return hears


async def all_told(hears) -> None:
    async with asyncio.timeout(10):
        while hears.is_waiting:
            await asyncio.sleep(0.01)


async def test_many_rooms_are_told_by_turns(hears, told):
    """The others in the loop, who are acknowledged their answers, wait for a few rooms only."""
    news, seen = [Announcement(pk, 1) for pk in range(1, hearing.AT_A_TIME * 2 + 2)], []

    async def others():
        while len(told) < len(news):
            seen.append(len(told))
            await asyncio.sleep(0)

    await asyncio.gather(hears.take(iter(news)), others())
    assert told == news
    assert seen == [hearing.AT_A_TIME, hearing.AT_A_TIME * 2]


async def test_each_is_told_at_once(hears, told):
    news = [answered(1, 6, c7=2), answered(1, 7, c7=3), answered(2, 4, c9=2), Announcement(1, 8)]
    await hears.take(news)
    assert told == news
    assert not hears.is_waiting


async def test_in_a_rush_the_answers_of_a_room_are_told_together(rush, told):
    await rush.take([answered(1, 6, c7=2), answered(2, 4, c9=5)])
    await rush.take([answered(1, 7, c8=4), answered(1, 8, c7=3)])
    assert told == []
    await all_told(rush)
    assert told == [
        Announcement(1, 8, HISTORY, 5, {7: 3, 8: 4}),
        Announcement(2, 4, HISTORY, 3, {9: 5}),
    ]


async def test_none_waits_longer_for_those_that_follow(rush, told):
    loop, version = asyncio.get_running_loop(), 5
    began = loop.time()
    async with asyncio.timeout(10):
        while not told:
            version += 1
            await rush.take([answered(1, version, c7=2)])
            await asyncio.sleep(0.002)
    assert loop.time() - began >= hearing.TOGETHER_SECONDS
    assert (told[0].since, told[0].version) == (5, version)


async def test_in_a_rush_what_is_no_answer_is_told_at_once(rush, told):
    """After what has waited: a room is told things in their order."""
    news = [answered(1, 6, c7=2), Announcement(1, 7), Announcement(2, 9)]
    await rush.take(news)
    assert told == news
    assert not rush.is_waiting


@pytest.mark.parametrize(
    "after",
    [answered(1, 8, c8=4), Announcement(1, 7, OTHER, 6, {8: 4}), answered(1, 6, c8=4)],
    ids=["one between is missing", "another history", "twice the same version"],
)
async def test_in_a_rush_what_does_not_follow_is_told_apart(rush, told, after):
    await rush.take([answered(1, 6, c7=2), after])
    assert told == [answered(1, 6, c7=2), after]


async def test_in_a_rush_rooms_of_others_are_not_kept(rush, told):
    await rush.take([answered(100, 6, c7=2)])
    assert told == [answered(100, 6, c7=2)]


async def test_a_room_that_is_opened_gets_what_waits_for_it(rush, told):
    await rush.take([answered(1, 6, c7=2), answered(2, 4, c9=5)])
    rush.tell_now(1)
    rush.tell_now(3)
    assert told == [answered(1, 6, c7=2)]
    await all_told(rush)
    assert told == [answered(1, 6, c7=2), answered(2, 4, c9=5)]


async def test_what_waits_is_told_by_turns(rush, told):
    """All that is due at one instant would hold up who is acknowledged."""
    news = [answered(pk, 6, c7=2) for pk in range(1, hearing.AT_A_TIME * 2 + 2)]
    await rush.take(news)
    seen = []
    async with asyncio.timeout(10):
        while rush.is_waiting:
            seen.append(len(told))
            await asyncio.sleep(0)
    assert told == news
    seen.append(len(told))
    assert max(after - before for before, after in pairwise(seen)) <= hearing.AT_A_TIME


async def test_a_room_that_cannot_be_told_harms_no_other(rush, told, monkeypatch):
    def tell(news):
        if news.session_id == 1:
            raise RuntimeError
        told.append(news)

    monkeypatch.setattr(rush, "_tell", tell)
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    await rush.take([answered(1, 6, c7=2), answered(2, 4, c9=5)])
    await all_told(rush)
    assert told == [answered(2, 4, c9=5)]


RATE = hearing.RUSH * hearing.TOGETHER_SECONDS  # in one count


@pytest.mark.parametrize(
    ("counts", "is_rush"),
    [
        ([RATE], False),  # still being counted
        ([RATE, 1], False),
        ([RATE + 1, 1], True),
        ([RATE + 1, RATE + 1, 1], True),
        ([RATE + 1, 1, 1], False),
        ([RATE + 1, 0, 1], False),  # long ago
    ],
)
def test_it_is_a_rush_when_too_many_have_come(told, counts, is_rush):
    hears, now = Hearing(told.append, range(100)), 1_000.0
    for number, count in enumerate(counts):
        at = now + number * hearing.TOGETHER_SECONDS
        for _ in range(int(count)):
            found = hears._count(at)
    assert found is is_rush
