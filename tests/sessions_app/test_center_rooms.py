"""All of a centre's rooms on one page: who may see it, what it tells, and how it stays true."""

import asyncio
import json
import uuid
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates import services
from candidates.models import Candidate
from incidents import services as incidents
from pix_surveillance.asgi import application
from sessions_app import access, announcements, center_rooms, colleagues, live, roles, watch
from sessions_app.live import hub
from sessions_app.memberships import Role
from sessions_app.models import Session, SupervisorAccess
from sessions_app.overviews import Overview, Overviews
from sessions_app.refusals import Forbidden, Missing
from sessions_app.rooms import Socket
from tests import factories, fresh_boards
from tests.browsers import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def center():
    return factories.center()


@pytest.fixture
def head(center):
    """An administrator of the centre, who has entered no session."""
    return factories.head(center)


def a_room(center, **fields):
    today = timezone.now().astimezone(factories.Session(center=center).zone).date()
    return factories.session(center=center, **{"date": today, **fields})


def page_of(person, center) -> BeautifulSoup:
    with fresh_boards.nothing_kept():
        answer = logged_in(person).get(reverse("center-rooms", args=[center.pk]))
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


class Lines:
    """The page's list, and the frames applied to it as static/js/centers.js does."""

    def __init__(self, page: BeautifulSoup):
        self.lines = {int(each["data-session"]): each for each in page.select("#rooms > .line")}

    def apply(self, frame: dict) -> None:
        for pk, line in frame["rooms"].items():
            self.lines[int(pk)] = BeautifulSoup(line["html"], "html.parser").li
        self.lines = {pk: line for pk, line in self.lines.items() if pk in frame["ids"]}

    def shown(self) -> list[str]:
        return [str(each) for each in sorted(self.lines.values(), key=lambda e: e["data-order"])]


# What the page tells


def test_who_waits_longest_comes_first_and_the_day_only(center, head):
    by = factories.user()
    calm, busy, late = (a_room(center, room=name) for name in ("Calme", "Pressée", "Longue"))
    done = a_room(center, room="Finie")
    Session.objects.filter(pk=done.pk).update(state=Session.State.FINALIZED)
    factories.running(calm, by)
    old, new = factories.running(late, by), factories.running(busy, by)
    for person, minutes in ((old, 9), (new, 1)):
        since = timezone.now() - timedelta(minutes=minutes)
        Candidate.objects.filter(pk=person.pk).update(away_since=since)
    factories.session(center=center, room="Hier", date=done.date - timedelta(days=1))
    a_room(factories.center(), room="Ailleurs")
    page = page_of(head, center)
    lines = page.select("#rooms > .line")
    assert [each.h2.text for each in lines] == ["Longue", "Pressée", "Calme", "Finie"]
    assert [each["data-needs"] for each in lines] == ["1", "1", "0", "0"]
    since = datetime.fromisoformat(lines[0].select_one("[data-since]")["data-since"])
    assert timedelta(minutes=8) < timezone.now() - since < timedelta(minutes=10)
    assert "2 salles attendent" in " ".join(page.select_one(".waiting").text.split())


def test_a_line_tells_counts_needs_and_who_is_there_but_names_no_candidate(center, head):
    room = a_room(center)
    by = factories.supervisor(room, name="Nadia Bouvier")
    factories.waiting(room, birth_name="Zylberstein")
    alerting = factories.running(room, by, birth_name="Zylberstein", first_name="Ana")
    incidents.raise_alert(alerting, factories.seat_of(alerting), subject="image")
    away = factories.running(room, by, birth_name="Quirinus")
    Candidate.objects.filter(pk=away.pk).update(away_since=timezone.now())
    factories.finished(room, by)
    colleagues.renew([(room.pk, by.pk)])
    (line,) = page_of(head, center).select("#rooms > .line")
    told = " ".join(line.text.split())
    for words in (
        "3 à traiter",
        "1 problème signalé",
        "1 déconnecté",
        "1 départ à autoriser",
        "1 pas commencé",
        "2 en cours",
        "1 terminés",
        "1 hors ligne sur 3",
        "Nadia Bouvier",
    ):
        assert words in told, words
    assert not any(name in str(line).casefold() for name in ("zylberstein", "quirinus"))
    assert line.h2.a["href"] == reverse("board", args=[room.number])


def test_the_page_costs_the_same_whatever_it_lists(center, head):
    browser = logged_in(head)

    def cost() -> int:
        with fresh_boards.nothing_kept(), CaptureQueriesContext(connection) as captured:
            browser.get(reverse("center-rooms", args=[center.pk]))
        return len(captured)

    by = factories.user()
    counts = []
    for size in (1, 2, 4):
        for _ in range(size):
            room = a_room(center)
            for _ in range(3):
                factories.running(room, by)
        counts.append(cost())
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 8


# Who may


def test_the_boards_of_a_centre_are_open_to_its_administrators(center, head):
    room, elsewhere = a_room(center), a_room(factories.center())
    assert access.supervised_session(head, room.number) == room
    access.check_still_supervises(head, room)
    with pytest.raises(Missing):
        access.supervised_session(head, elsewhere.number)
    with pytest.raises(Forbidden):
        access.check_still_supervises(head, elsewhere)
    center.members.remove(head)
    with pytest.raises(Missing):
        access.supervised_session(head, room.number)
    with pytest.raises(Forbidden):
        access.check_still_supervises(head, room)


def test_an_administrator_acts_in_their_rooms_only(center, head):
    person = factories.waiting(a_room(center))
    other = factories.waiting(a_room(factories.center()))
    for each, status in ((person, 200), (other, 404)):
        path = each.sheet_url + "authorize-start/"
        body = {"idempotency_key": uuid.uuid4().hex}
        assert logged_in(head).post(path, body).status_code == status


@pytest.mark.parametrize("shown", ["center-rooms", "center-live"])
def test_a_centre_is_closed_to_others(center, head, shown):
    room = a_room(center)
    path = reverse(shown, args=[center.pk])
    member = factories.supervisor(room)
    center.members.add(member)  # in its pool, not of its administration
    for person in (factories.supervisor(room), member, factories.head(factories.center())):
        assert logged_in(person).get(path).status_code == 404
    assert Client().get(path).status_code == 403
    assert logged_in(head).get(path).status_code == 200


def test_the_way_there_is_shown_to_who_has_it(center, head):
    link = f'href="{reverse("centers")}"'
    for name in ("home", "entry"):
        assert link in logged_in(head).get(reverse(name)).content.decode()
        assert link not in logged_in(factories.user()).get(reverse(name)).content.decode()
    assert logged_in(head).get(reverse("centers"))["Location"] == reverse(
        "center-rooms", args=[center.pk]
    )
    another = factories.center(name="Lycée Simone-Veil")
    roles.give(another, head, Role.ADMINISTRATOR)
    assert "Lycée Simone-Veil" in logged_in(head).get(reverse("centers")).content.decode()


@pytest.mark.parametrize("lost", ["membership", "login", "account", "password"])
def test_what_let_a_socket_in_is_looked_at_again(center, head, lost):
    room = a_room(center)
    browser = logged_in(head)
    login = browser.session.session_key
    tickets = [
        watch.Ticket(room.pk, head.pk, login, head.password),
        watch.Ticket(0, head.pk, login, head.password, center.pk),
    ]
    assert [watch.look([room.pk], tickets).closes(each) for each in tickets] == [None, None]
    if lost == "membership":
        center.members.remove(head)
    elif lost == "login":
        browser.logout()
    elif lost == "account":
        type(head).objects.filter(pk=head.pk).update(is_active=False)
    else:
        head.set_password("un-autre-long-mot-de-passe")
        head.save()
    reason = "access" if lost == "membership" else "login"
    assert [watch.look([room.pk], tickets).closes(each) for each in tickets] == [reason] * 2


# Live


def open_line(person, center) -> WebsocketCommunicator:
    cookie = logged_in(person).cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, f"/ws/surveillance/centre/{center.pk}/", headers)


async def hear(line, wanted, seconds: float = 6) -> dict:
    """The next frame of which `wanted` is true."""
    while True:
        frame = json.loads(await line.receive_from(seconds))
        if wanted(frame):
            return frame


in_db = database_sync_to_async


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("announced", [True, False])
async def test_the_page_with_its_frames_is_what_a_reload_shows(monkeypatch, announced):
    center = await in_db(factories.center)()
    head, by = await in_db(factories.head)(center), await in_db(factories.user)()
    rooms = [await in_db(a_room)(center, room=name) for name in ("A", "B", "C")]
    people = [await in_db(factories.waiting)(room) for room in rooms]
    if not announced:
        monkeypatch.setattr(live, "hear", lambda told: None)
        monkeypatch.setattr(hub, "hear_all", lambda told: None)
    shown = Lines(await in_db(page_of)(head, center))
    line = await in_db(open_line)(head, center)
    try:
        assert (await line.connect(timeout=10))[0]
        shown.apply(await hear(line, lambda frame: len(frame.get("rooms", {})) == 3))
        assert shown.shown() == Lines(await in_db(page_of)(head, center)).shown()
        await in_db(services.authorize_start)(people[1], user=by)
        frame = await hear(line, lambda frame: frame["type"] == "rooms")
        assert set(frame["rooms"]) == {str(rooms[1].pk)}
        shown.apply(frame)
        assert shown.shown() == Lines(await in_db(page_of)(head, center)).shown()
        await in_db(services.pause_room)(rooms[2], user=by, reason="Alarme")
        shown.apply(await hear(line, lambda frame: str(rooms[2].pk) in frame.get("rooms", {})))
        new = await in_db(a_room)(center, room="D", start_time="07:00")
        shown.apply(await hear(line, lambda frame: str(new.pk) in frame.get("rooms", {})))
        await in_db(Session.objects.filter(pk=rooms[0].pk).update)(
            date=timezone.now().date() - timedelta(days=9)
        )
        shown.apply(
            await hear(line, lambda frame: rooms[0].pk not in frame.get("ids", [rooms[0].pk]))
        )
        assert len(shown.lines) == 3
        assert shown.shown() == Lines(await in_db(page_of)(head, center)).shown()
    finally:
        await line.disconnect()
        await hub.stop()


@pytest.mark.django_db(transaction=True)
async def test_the_frames_of_polling_are_those_of_the_socket():
    center = await in_db(factories.center)()
    head = await in_db(factories.head)(center)
    await in_db(factories.waiting)(await in_db(a_room)(center))
    line = await in_db(open_line)(head, center)
    try:
        assert (await line.connect(timeout=10))[0]
        pushed = await hear(line, lambda frame: frame["type"] == "rooms")
        path = reverse("center-live", args=[center.pk])
        answer = await in_db(lambda: logged_in(head).get(path))()
        (polled,) = answer.json()["frames"]
        assert {**pushed, "now": ""} == {**polled, "now": ""}
    finally:
        await line.disconnect()
        await hub.stop()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("lost", "code"), [("membership", 4403), ("login", 4401)])
async def test_a_right_that_is_withdrawn_closes_the_socket(lost, code):
    center = await in_db(factories.center)()
    head = await in_db(factories.head)(center)
    line = await in_db(open_line)(head, center)
    try:
        assert (await line.connect(timeout=10))[0]
        if lost == "membership":
            await in_db(center.members.remove)(head)
        else:
            await in_db(type(head).objects.filter(pk=head.pk).update)(is_active=False)
        told = await hear(line, lambda frame: frame["type"] == "bye")
        assert told["code"] == {4403: "access", 4401: "login"}[code]
        assert await line.receive_output(6) == {"type": "websocket.close", "code": code}
    finally:
        await line.disconnect()
        await hub.stop()


@pytest.mark.django_db(transaction=True)
async def test_a_stranger_and_an_unexpected_message_are_refused():
    center = await in_db(factories.center)()
    stranger, head = await in_db(factories.user)(), await in_db(factories.head)(center)
    refused = await in_db(open_line)(stranger, center)
    line = await in_db(open_line)(head, center)
    try:
        assert await refused.connect(timeout=10) == (False, 4403)
        assert (await line.connect(timeout=10))[0]
        await line.receive_from(6)
        await line.send_to('{"type": "resume"}')
        told = await line.receive_output(6)
        while told["type"] == "websocket.send":  # a beat may have been under way
            told = await line.receive_output(6)
        assert told == {"type": "websocket.close", "code": 4403}
    finally:
        await refused.disconnect()
        await line.disconnect()
        await hub.stop()


def test_a_change_in_one_room_reads_that_room_only(center, head):
    rooms = [a_room(center) for _ in range(20)]
    for room in rooms:
        factories.waiting(room)
    with CaptureQueriesContext(connection) as captured:
        frame, signs = center_rooms.frame(center.pk, [rooms[3].pk])
    assert list(frame["rooms"]) == [str(rooms[3].pk)]
    assert list(signs) == [rooms[3].pk]
    assert len(frame["ids"]) == 20
    # The instant twice (PostgreSQL), the sessions, one list of candidates, who is there.
    assert len(captured) <= 5


def test_answers_cost_an_overview_nothing(center, head):
    room = a_room(center)
    overviews = Overviews(None)
    overview = overviews._by_center[center.pk, "fr"] = Overview(center.pk)
    overview.take(*center_rooms.frame(center.pk))
    epoch, at = str(room.epoch), overview.known[room.pk].version
    told = announcements.Announcement(room.pk, at + 1, epoch[:8], at, {5: 2})
    overviews.hear(told)
    assert (overview.stale, overview.known[room.pk].version) == (set(), at + 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["comes", "looks"])
async def test_who_comes_during_a_look_is_sent_the_rooms_once(first):
    """Whichever is asked first, and is answered last."""
    rooms = [await in_db(a_room)(await in_db(factories.center)(name=name)) for name in ("A", "B")]
    held, go_on, told = {}, asyncio.Event(), []

    async def read(function, *args):
        answer = await in_db(function)(*args)
        if held.pop("now", False):
            await go_on.wait()
        return answer

    async def send(text):
        told.append(text)

    ours = Overviews(read)
    await ours.join(rooms[0].center_id, Socket(send=send))
    held["now"] = True
    both = {"comes": ours.join(rooms[1].center_id, Socket(send=send)), "looks": ours.look()}
    slow = asyncio.create_task(both.pop(first))
    await asyncio.sleep(0)
    await both.popitem()[1]
    await asyncio.gather(*(each.pump for each in ours._by_center.values() if each.pump))
    go_on.set()
    await slow
    await asyncio.gather(*(each.pump for each in ours._by_center.values() if each.pump))
    assert [list(json.loads(text)["rooms"]) for text in told] == [[str(each.pk)] for each in rooms]


def test_a_withdrawn_supervisor_is_still_closed_out(center):
    room = a_room(center)
    person = factories.supervisor(room)
    SupervisorAccess.objects.filter(user=person).update(revoked_at=timezone.now())
    with pytest.raises(Missing):
        access.supervised_session(person, room.number)
