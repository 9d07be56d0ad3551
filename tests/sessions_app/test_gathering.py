"""Questions of many, answered together: each gets its own, whatever becomes of the others."""

import asyncio
import threading

import pytest

from sessions_app import hub_threads
from sessions_app.gathering import Gathering


def doubled(numbers: list[int]) -> list[int]:
    if 13 in numbers:
        raise LookupError("13")
    return [2 * number for number in numbers]


async def settled(told: list, count: int) -> None:
    async with asyncio.timeout(10):
        while len(told) < count:
            await asyncio.sleep(0.01)


async def test_each_gets_the_answer_to_its_own_question():
    gathering = Gathering(doubled)
    assert await asyncio.gather(*map(gathering, range(5))) == [0, 2, 4, 6, 8]


async def test_what_is_raised_all_who_asked_get():
    gathering = Gathering(doubled)
    told = await asyncio.gather(gathering(1), gathering(13), return_exceptions=True)
    assert [type(each) for each in told] == [LookupError, LookupError]
    assert await gathering(4) == 8


async def test_one_who_fails_at_its_answer_keeps_nobody_from_theirs(caplog):
    gathering, told = Gathering(doubled), []

    def broken(answer, error):
        raise RuntimeError

    gathering.ask(1, broken)
    gathering.ask(2, lambda answer, error: told.append((answer, error)))
    await settled(told, 1)
    assert told == [(4, None)]
    assert len(caplog.records) == 1


async def test_who_has_gone_is_not_answered():
    gathering = Gathering(doubled)
    gone = asyncio.ensure_future(gathering(1))
    await asyncio.sleep(0)
    gone.cancel()
    assert await gathering(2) == 4
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_who_is_answered_with_an_exception_gets_it_alone():
    def halved(numbers: list[int]) -> list[int | Exception]:
        return [number // 2 if number % 2 == 0 else ValueError(number) for number in numbers]

    gathering = Gathering(halved)
    told = await asyncio.gather(gathering(2), gathering(3), gathering(4), return_exceptions=True)
    assert (told[0], told[2]) == (1, 2)
    assert isinstance(told[1], ValueError)


async def test_while_many_ask_they_are_answered_in_larger_groups():
    groups: list[int] = []

    def counted(numbers: list[int]) -> list[int]:
        groups.append(len(numbers))
        return numbers

    async def ask_in_turn(gathering) -> None:
        first = asyncio.ensure_future(gathering(0))
        while not groups:  # it waits for nobody
            await asyncio.sleep(0)
        others = []
        for number in range(1, 6):
            others.append(asyncio.ensure_future(gathering(number)))
            await asyncio.sleep(0.002)
        assert await asyncio.gather(first, *others) == [0, 1, 2, 3, 4, 5]

    await ask_in_turn(Gathering(counted, pause=0.5))
    assert groups == [1, 5]


async def test_one_group_is_told_while_the_next_is_asked():
    told, first_is_told = [], threading.Event()

    def slowly(numbers: list[int]) -> list[int]:
        if numbers == [1]:
            gathering_has_two.wait(10)
        else:
            assert first_is_told.wait(10)
        return numbers

    def note(answer, error) -> None:
        told.append(answer)
        first_is_told.set()

    gathering, gathering_has_two = Gathering(slowly), threading.Event()
    gathering.ask(1, note)
    await asyncio.sleep(0.05)
    gathering.ask(2, note)
    gathering_has_two.set()
    await settled(told, 2)
    assert told == [1, 2]


async def test_after_a_failure_the_next_are_asked_anew(monkeypatch):
    """A connection that is broken is given back before the next group."""
    loans, both_wait = [], threading.Event()
    really = hub_threads.in_database

    async def in_database(function, *args, threads=None):
        loans.append(function)
        return await really(function, *args, threads=threads)

    def answer(numbers: list[int]) -> list[int]:
        both_wait.wait(10)
        return doubled(numbers)

    monkeypatch.setattr(hub_threads, "in_database", in_database)
    gathering = Gathering(answer)
    failing = asyncio.ensure_future(gathering(13))
    await asyncio.sleep(0.05)
    good = asyncio.ensure_future(gathering(4))
    await asyncio.sleep(0)
    both_wait.set()
    assert await good == 8
    with pytest.raises(LookupError):
        await failing
    assert len(loans) == 2


async def test_who_asks_one_thing_after_the_other_is_never_made_to_pause():
    gathering = Gathering(doubled, pause=60)
    async with asyncio.timeout(20):
        assert [await gathering(number) for number in range(5)] == [0, 2, 4, 6, 8]


async def test_thousands_are_asked_in_groups_of_so_many():
    sizes: list[int] = []

    def note(numbers: list[int]) -> list[int]:
        sizes.append(len(numbers))
        return numbers

    gathering = Gathering(note, most=40)
    assert await asyncio.gather(*map(gathering, range(100))) == list(range(100))
    assert sizes == [40, 40, 20]
