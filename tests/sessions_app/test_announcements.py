"""What is announced with a commit: written, carried within a NOTIFY, read again."""

import asyncio

import pytest

from sessions_app import announcements, live
from sessions_app.announcements import LONGEST, Announcement


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


async def test_many_rooms_are_told_by_turns(monkeypatch):
    """The others in the loop, who are acknowledged their answers, wait for a few rooms only."""
    hub, told, seen = live.Hub(), [], []
    monkeypatch.setattr(hub, "hear", told.append)
    news = [Announcement(pk, 1) for pk in range(live.AT_A_TIME * 2 + 1)]

    async def others():
        while len(told) < len(news):
            seen.append(len(told))
            await asyncio.sleep(0)

    await asyncio.gather(hub._hear_by_turns(iter(news)), others())
    assert told == news
    assert seen == [live.AT_A_TIME, live.AT_A_TIME * 2]
