"""Sockets, polls and departures of one process: what they write, and how little."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError, connection, connections
from django.http import HttpResponse

from candidates import absences, access, leases, presence, services, timing
from candidates.absences import Departure
from candidates.consumers import CandidateConsumer
from candidates.models import Candidate, Node
from sessions_app import clock, hub_threads, live
from sessions_app.rooms import Socket
from tests import factories
from tests.snapshots import changes, everything

real_database = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch):
    for name in ("_here", "_lost", "_polls"):
        monkeypatch.setattr(presence, name, {})
    monkeypatch.setattr(presence, "_writer", None)


@pytest.fixture
def quick(monkeypatch):
    """A blip of 0.3 s, looked for each 0.05 s."""
    monkeypatch.setattr(timing, "BLIP", timedelta(seconds=0.3))
    monkeypatch.setattr(timing, "WAVE", timedelta(seconds=0.1))
    monkeypatch.setattr(presence, "LOOK_SECONDS", 0.05)


@pytest.fixture
def people(room, by):
    return [factories.running(room, by) for _ in range(6)]


def types(room) -> list[str]:
    return list(room.events.order_by("version").values_list("type", flat=True))


async def written() -> None:
    await asyncio.wait_for(presence._writer, timeout=10)


async def read(person) -> Candidate:
    return await live.in_database(access.find, factories.seat_of(person))


async def sits_down(person, socket="socket") -> bool:
    return await presence.arrived(await read(person), factories.seat_of(person), socket)


# Departures


@real_database
async def test_one_task_writes_a_wave_once_and_ends(quick, room, people):
    for person in people:
        await sits_down(person)
    for person in people:
        presence.gone(person, "socket")
    writer = presence._writer
    await written()
    assert presence._writer is writer
    assert presence._lost == presence._here == {}
    told = [
        each for each in await live.in_database(types, room) if each.startswith(("went", "conn"))
    ]
    assert told == ["connections_lost"]


@real_database
async def test_a_blip_and_a_second_socket_are_no_departure(quick, room, people):
    before = await live.in_database(types, room)
    blinks, doubled = people[:2]
    await sits_down(blinks)
    await sits_down(doubled, "one")
    await sits_down(doubled, "two")
    presence.gone(blinks, "socket")
    presence.gone(doubled, "one")
    presence.gone(doubled, "one")
    await sits_down(blinks, "again")
    await written()
    assert await live.in_database(types, room) == before
    assert [each.pk for each in people if presence.seats_of(each.pk)] == [blinks.pk, doubled.pk]


@real_database
async def test_a_departure_waits_for_the_database(quick, room, people, monkeypatch):
    failures = [OperationalError("gone"), OperationalError("still gone")]
    declare = presence.declare_away

    def declare_away(*args):
        if failures:
            raise failures.pop()
        declare(*args)

    monkeypatch.setattr(presence, "declare_away", declare_away)
    await sits_down(people[0])
    presence.gone(people[0], "socket")
    await written()
    assert (await read(people[0])).away_since is not None


@real_database
async def test_an_arrival_that_fails_holds_nobody(people, monkeypatch):
    def fail(*args):
        raise OperationalError

    monkeypatch.setattr(presence, "welcome", fail)
    with pytest.raises(OperationalError):
        await sits_down(people[0])
    assert presence.seats_of(people[0].pk) == []


@real_database
def test_a_departure_and_an_arrival_elsewhere_at_one_instant(room, people):
    """Whichever comes first, who has arrived is not left away."""
    person, seat = people[0], factories.seat_of(people[0])
    for _ in range(20):
        Candidate.objects.filter(pk=person.pk).update(node="old")
        arriving = factories.fresh(person)
        lost = [Departure(person.pk, room.pk, clock.now(), "old")]
        at_once(
            partial(presence.welcome, arriving, seat), partial(absences.declare_away, room.pk, lost)
        )
        row = factories.fresh(person)
        assert (row.node, row.away_since) == (presence.NODE, None)


@real_database
def test_an_arrival_while_the_departure_is_being_written(room, people, monkeypatch):
    """It waits for the row, finds it away, and comes back."""
    person = people[0]
    Candidate.objects.filter(pk=person.pk).update(node="old")
    arriving, lost = factories.fresh(person), Departure(person.pk, room.pk, clock.now(), "old")
    look = absences._away_since_then

    def arrive():
        presence.welcome(arriving, factories.seat_of(person))
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:

        def arrive_now(*args):
            arrivals.append(pool.submit(arrive))
            wait(arrivals, timeout=1)
            return look(*args)

        arrivals = []
        monkeypatch.setattr(absences, "_away_since_then", arrive_now)
        absences.declare_away(room.pk, [lost])
        arrivals[0].result(timeout=30)
    row = factories.fresh(person)
    assert (row.node, row.away_since) == (presence.NODE, None)


def at_once(*calls) -> None:
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(timeout=10)
        try:
            call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        for each in [pool.submit(run, call) for call in calls]:
            each.result(timeout=30)


# Polls instead of a socket


@real_database
async def test_who_polls_is_present_until_silent(quick, people):
    person, seat = people[0], factories.seat_of(people[0])
    for _ in range(4):
        await presence.polled(await read(person), seat)
        await asyncio.sleep(0.15)
        assert presence.seats_of(person.pk) == [seat]
    await asyncio.sleep(0.35)
    assert presence.seats_of(person.pk) == []
    await written()
    assert (await read(person)).away_since is not None
    await presence.polled(await read(person), seat)
    assert (await read(person)).away_since is None


@real_database
async def test_a_poll_from_another_computer_is_nobody(people):
    await presence.polled(await read(people[0]), access.Seat(people[0].pk, "another-computer"))
    assert presence.seats_of(people[0].pk) == []


# A process that was frozen, or another that died


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("node", "is_back"),
    [(presence.NODE, True), ("dead", True), ("alive", False)],
    ids=["frozen", "died", "lives"],
)
def test_who_still_has_a_socket_here_comes_back(people, db_clock, node, is_back):
    away = people[:3]
    Node.objects.create(name="dead", seen_at=clock.now())
    db_clock.forward(seconds=20)
    Node.objects.create(name="alive", seen_at=clock.now())
    for person in away:
        Candidate.objects.filter(pk=person.pk).update(node=node)
        absences.declare_away(
            person.session_id, [Departure(person.pk, person.session_id, clock.now(), node)]
        )
    for person in away[:2]:
        presence._hold(factories.seat_of(person), "socket")
    leases.welcome_back_who_is_here()
    rows = [factories.fresh(person) for person in away]
    assert [row.away_since is None for row in rows] == [is_back, is_back, False]
    assert all(row.asks_resume_at is None for row in rows), "within the grace nobody asks"
    if is_back:
        assert {row.node for row in rows[:2]} == {presence.NODE}


@pytest.mark.django_db
def test_a_dead_process_of_a_full_room_is_told_once(room, people, db_clock):
    Candidate.objects.update(node="dead")
    db_clock.forward(seconds=20)
    leases.declare_orphans_away()
    leases.declare_orphans_away()
    assert types(room).count("connections_lost") == 1
    assert "went_away" not in types(room)


@pytest.mark.django_db
def test_the_return_of_a_room_within_the_grace_of_a_blip_writes_only_nodes(people):
    Candidate.objects.update(node="before-the-restart")
    before = everything()
    for person in people:
        assert presence.welcome(factories.fresh(person), factories.seat_of(person)) is False
    assert changes(before, everything()) == {"Candidate.node"}
    before = everything()
    for person in people:
        presence.welcome(factories.fresh(person), factories.seat_of(person))
    assert changes(before, everything()) == set()


# What a socket costs


@pytest.fixture
def asked(monkeypatch):
    """Every query of the sockets, whichever thread asks."""
    asked: list[str] = []
    really = live.in_database

    async def in_database(function, *args, threads=None):
        def note(execute, sql, *others):
            asked.append(sql)
            return execute(sql, *others)

        def listen():
            with connection.execute_wrapper(note):
                return function(*args)

        return await really(listen)

    for module in (live, hub_threads):
        monkeypatch.setattr(module, "in_database", in_database)
    monkeypatch.setattr(live.hub, "rooms", {})
    return asked


def line_of(person) -> WebsocketCommunicator:
    answer = HttpResponse()
    access.give_seat(answer, factories.seat_of(person))
    headers = [(b"cookie", answer.cookies.output(header="", sep=";").encode())]
    return WebsocketCommunicator(CandidateConsumer.as_asgi(), "/ws/candidat/", headers)


async def connects(person) -> None:
    line = line_of(person)
    assert (await line.connect(timeout=10))[0]
    while (await line.receive_json_from(10))["type"] != "seat":
        pass
    assert presence.seats_of(person.pk)
    await line.disconnect()
    assert not presence.seats_of(person.pk)


@real_database
async def test_a_reconnection_after_a_restart_costs_two_queries(asked, people):
    for person in people:
        asked.clear()
        await connects(person)
        assert [sql.split()[0] for sql in asked] == ["SELECT", "UPDATE"]
    asked.clear()
    await connects(people[0])
    assert [sql.split()[0] for sql in asked] == ["SELECT"]


@real_database
async def test_a_connection_to_a_room_that_has_moved_reads_again(asked, room, people):
    live.hub.rooms[room.pk] = live.Room(room.pk, str(room.epoch), 10_000)
    await connects(people[0])
    assert [sql.split()[0] for sql in asked] == ["SELECT", "SELECT", "UPDATE"]


@real_database
async def test_a_socket_whose_candidate_is_wrongly_away_brings_them_back(people):
    """As after a freeze, or when a departure was being written at the very instant."""
    person = people[0]
    await sits_down(person)
    socket = CandidateConsumer()
    socket.seat, socket.is_here, socket.socket = factories.seat_of(person), True, Socket()
    await live.in_database(presence.leave, person.pk, live.hub.now())
    await socket._tell()
    assert (await read(person)).away_since is None


@real_database
async def test_no_state_is_told_after_a_newer_one(people, by, monkeypatch):
    """A change is told while the arrival of the socket is still being noted."""
    person, consumer = people[0], CandidateConsumer()
    consumer.seat, consumer.socket = factories.seat_of(person), Socket()
    (before,) = await live.in_database(access.find_all, [consumer.seat])

    async def arrived(*_):
        await live.in_database(partial(services.add_time, person, user=by, minutes=1))
        await consumer._tell()
        return False

    monkeypatch.setattr(presence, "arrived", arrived)
    await consumer._tell(before)
    (told,) = map(json.loads, consumer.socket.waiting)
    assert told["v"] == before.session.version + 1
