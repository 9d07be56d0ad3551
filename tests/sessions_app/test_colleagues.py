"""Who else has the board open: a lease in a table of its own, written in batches, told when new."""

import json
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from websockets.sync.client import connect

from pix_surveillance.asgi import application
from sessions_app import colleagues, watch
from sessions_app.colleagues import LEASE, POLL_PATIENCE_SECONDS, RENEWAL_SECONDS, Leases
from sessions_app.live import hub
from sessions_app.models import Session, SupervisorPresence
from sessions_app.rooms import Room, Socket
from tests import factories
from tests.servers import DAPHNE, process
from tests.sessions_app.test_races import at_once
from tests.snapshots import changes, everything

HTML = {"accept": "text/html"}


def named(room, *names: str) -> list:
    return [factories.supervisor(room, name=name) for name in names]


def boards(room, people) -> list[tuple[int, int]]:
    return [(room.pk, each.pk) for each in people]


def names(people: list[dict]) -> list[str]:
    return [each["name"] for each in people]


def tick(moment) -> None:
    moment["now"] += 2


# The lease


@pytest.mark.django_db
def test_forty_supervisors_who_come_at_once_are_one_write(room):
    people = [factories.supervisor(room) for _ in range(40)]
    before = everything()
    with CaptureQueriesContext(connection) as asked:
        colleagues.renew(boards(room, people))
    written = [each["sql"] for each in asked if "INSERT" in each["sql"]]
    assert len(written) == 1
    assert changes(before, everything()) == {"+SupervisorPresence"}
    before = everything()
    colleagues.renew(boards(room, people))
    assert changes(before, everything()) == {"SupervisorPresence.seen_at"}


@pytest.mark.django_db
def test_others_are_those_whose_lease_has_not_ended(room):
    me, martin, diallo, gone = named(room, "Moi", "Mme Martin", "M. Diallo", "M. Parti")
    nameless = factories.supervisor(room, email="sans-nom@example.org")
    colleagues.renew(boards(room, [me, martin, diallo, gone, nameless]))
    colleagues.renew([(factories.session().pk, factories.user(name="Ailleurs").pk)])
    age = LEASE + timedelta(seconds=1)
    SupervisorPresence.objects.filter(user=gone).update(seen_at=F("seen_at") - age)
    age = LEASE - timedelta(seconds=3)
    SupervisorPresence.objects.filter(user=diallo).update(seen_at=F("seen_at") - age)
    others = colleagues.others(room.pk, me.pk)
    assert names(others) == ["M. Diallo", "Mme Martin", "sans-nom@example.org"]
    assert others[1] == {"id": martin.pk, "name": "Mme Martin"}


@pytest.mark.django_db
def test_one_look_at_everything_reads_who_is_here(room, by):
    other = factories.session()
    martin, nguyen = named(room, "Mme Martin"), named(other, "Mme Nguyen")
    colleagues.renew([*boards(room, martin), *boards(other, nguyen), (other.pk, martin[0].pk)])
    tickets = [watch.Ticket(each.pk, by.pk, "login", "") for each in (room, other)]
    with CaptureQueriesContext(connection) as asked:
        seen = watch.look([room.pk, other.pk], tickets)
    assert len(asked) == 1
    assert seen.here == {
        room.pk: {martin[0].pk: "Mme Martin"},
        other.pk: {martin[0].pk: "Mme Martin", nguyen[0].pk: "Mme Nguyen"},
    }


# When to write


@pytest.fixture
def moment(monkeypatch):
    moment = {"now": 1_000.0}
    monkeypatch.setattr(colleagues.time, "monotonic", lambda: moment["now"])
    return moment


def written(leases: Leases, served) -> set:
    due = leases.due(served)
    if due:
        leases.told(due)
    return due


def test_what_is_open_is_renewed_in_time_and_not_more_often(moment):
    leases, here, writes = Leases(), {(1, 1), (1, 2), (2, 1)}, []
    for _ in range(60):  # two minutes
        if due := written(leases, here):
            assert due == here
            writes.append(moment["now"])
        tick(moment)
    apart = {round(b - a) for a, b in pairwise(writes)}
    assert apart == {RENEWAL_SECONDS}
    assert timedelta(seconds=2 * RENEWAL_SECONDS) < LEASE  # one renewal may fail


def test_who_comes_is_told_at_once_and_alone(moment):
    leases = Leases()
    assert written(leases, {(1, 1)}) == {(1, 1)}
    tick(moment)
    assert written(leases, {(1, 1), (1, 2), (1, 3)}) == {(1, 2), (1, 3)}
    tick(moment)
    assert written(leases, {(1, 1), (1, 2), (1, 3)}) == set()


def test_who_comes_back_after_a_while_is_told_again(moment):
    leases = Leases()
    written(leases, {(1, 1), (1, 2)})
    tick(moment)
    assert written(leases, {(1, 1)}) == set()
    tick(moment)
    assert written(leases, {(1, 1), (1, 2)}) == {(1, 2)}


def test_nothing_is_written_for_nobody(moment):
    leases = Leases()
    for _ in range(20):
        assert written(leases, set()) == set()
        tick(moment)


def test_a_page_that_asks_is_open_as_long_as_it_asks(moment):
    leases = Leases()
    leases.polled(1, 1)
    assert written(leases, set()) == {(1, 1)}
    moment["now"] += POLL_PATIENCE_SECONDS + 1
    assert written(leases, set()) == set()
    moment["now"] += RENEWAL_SECONDS
    assert written(leases, set()) == set()


async def test_what_could_not_be_written_is_due_again(moment, caplog):
    leases = Leases()

    async def fail(function, *args):
        raise OSError("no names here")

    await leases.keep({(1, 1)}, fail)
    assert "open boards cannot be told: OSError" in caplog.text
    assert "no names" not in caplog.text
    assert leases.due({(1, 1)}) == {(1, 1)}


# Who is told


class Heard(Socket):
    """A socket that keeps what it is sent."""

    def frames(self) -> list[dict]:
        taken, self.waiting[:] = [json.loads(text) for text in self.waiting], []
        return taken


def test_only_news_is_told_and_never_to_a_candidate():
    room = Room(7, "an-epoch", 41)
    mine, my_phone = (Heard(watch.Ticket(7, 1, "login", "")) for _ in range(2))
    theirs, candidate = Heard(watch.Ticket(7, 2, "login", "")), Heard(candidate_id=5)
    for each in (mine, my_phone, theirs, candidate):
        room.add(each)
    alone = {"type": "here", "epoch": "an-epoch", "v": 41, "people": []}
    me, martin = {"id": 1, "name": "Moi"}, {"id": 2, "name": "Mme Martin"}

    colleagues.tell(room, {1: "Moi"})
    assert mine.frames() == my_phone.frames() == [alone]
    assert theirs.frames() == [alone | {"people": [me]}]
    colleagues.tell(room, {2: "Mme Martin", 1: "Moi"})
    assert mine.frames() == my_phone.frames() == [alone | {"people": [martin]}]
    assert theirs.frames() == []
    colleagues.tell(room, {1: "Moi", 2: "Mme Martin"})
    assert mine.frames() == my_phone.frames() == theirs.frames() == candidate.frames() == []
    colleagues.tell(room, {1: "Moi"})
    assert mine.frames() == [alone]


# The page, and the page without sockets


def group_of(answer):
    return BeautifulSoup(answer.content, "html.parser").select_one("#colleagues")


@pytest.mark.django_db
def test_who_polls_is_here_and_is_told_who_is(client, room, by, moment):
    (martin,) = named(room, "Mme Martin")
    colleagues.renew(boards(room, [martin, by]))
    client.force_login(by)
    before = everything()
    frame = client.get(f"/surveillance/{room.number}/live/").json()["frames"][-1]
    assert frame["people"] == [{"id": martin.pk, "name": "Mme Martin"}]
    assert changes(before, everything()) == set()
    assert (room.pk, by.pk) in hub.leases.due(set())


# Sockets


@contextmanager
def socket_of(address: str, room, person):
    client = Client()
    client.force_login(person)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    url = f"{address.replace('http', 'ws')}/ws/surveillance/{room.number}/"
    with connect(url, origin=address, additional_headers={"Cookie": cookie}) as socket:
        yield socket


def hear_here(socket, seconds: float) -> list[str]:
    """The names of the next frame `here`; raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while True:
        frame = json.loads(socket.recv(timeout=max(0, deadline - time.monotonic())))
        if frame["type"] == "here":
            return names(frame["people"])


@pytest.mark.django_db(transaction=True)
async def test_two_who_supervise_in_one_process(room):
    martin, diallo = await database_sync_to_async(named)(room, "Mme Martin", "M. Diallo")
    admin = await database_sync_to_async(factories.user)(admin=True, name="Administration")
    before = await database_sync_to_async(everything)()
    lines = []
    try:
        for person in (martin, martin, diallo, admin):  # she has a phone, too
            lines.append(await opened(room, person))
        heard = [(await people_of(line, 3)) for line in lines]
    finally:
        for line in lines:
            await line.disconnect()
        await hub.stop()
    assert heard[0] == heard[1] == ["Administration", "M. Diallo"]
    assert heard[2] == ["Administration", "Mme Martin"]
    assert heard[3] == ["M. Diallo", "Mme Martin"]
    after = await database_sync_to_async(everything)()
    # Logging in is no part of it, nor is the lease of the process.
    assert changes(before, after) - {"User.last_login", "+Node"} == {"+SupervisorPresence"}
    assert await SupervisorPresence.objects.acount() == 3


async def opened(room, person) -> WebsocketCommunicator:
    client = Client()
    await database_sync_to_async(client.force_login)(person)
    cookie = client.cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    line = WebsocketCommunicator(application, f"/ws/surveillance/{room.number}/", headers)
    assert (await line.connect(timeout=10))[0]
    return line


async def people_of(line, count: int) -> list[str]:
    """Whom it is told of, once that is everybody but the person: `count` with them."""
    while True:
        frame = json.loads(await line.receive_from(10))
        if frame["type"] == "here" and len(frame["people"]) == count - 1:
            return names(frame["people"])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_between_processes_until_the_lease_ends(room):
    """One closes, the process of another is killed: neither leaves at once, both leave."""
    me, martin, diallo = named(room, "Moi", "Mme Martin", "M. Diallo")
    version = Session.objects.get(pk=room.pk).version
    with ExitStack() as stack:
        here, _ = stack.enter_context(process(DAPHNE))
        there, server = stack.enter_context(process(DAPHNE))
        mine = stack.enter_context(socket_of(here, room, me))
        assert hear_here(mine, 5) == []
        with socket_of(here, room, martin), socket_of(there, room, diallo):
            told = []
            while told != ["M. Diallo", "Mme Martin"]:
                told = hear_here(mine, 8)
            began = time.monotonic()
            server.kill()
        told = []
        while told != [[]]:
            told = [hear_here(mine, 40)]
            assert time.monotonic() - began > LEASE.total_seconds() - RENEWAL_SECONDS - 2
        assert time.monotonic() - began < LEASE.total_seconds() + 6
    assert Session.objects.get(pk=room.pk).version == version


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_processes_that_renew_the_same_boards_do_not_block_each_other(room):
    people = boards(room, [factories.supervisor(room) for _ in range(40)])
    for turned in (people, people[::-1]):
        at_once(*(lambda some=some: colleagues.renew(some) for some in (turned, people) * 4))
    assert SupervisorPresence.objects.count() == 40
