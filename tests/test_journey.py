"""Follow one click: button → view → service → journal → hub → consumer → the other's screen.

One server process on SQLite; on PostgreSQL the two people are on two processes.
"""

import json
import uuid
from contextlib import ExitStack, contextmanager
from time import monotonic

import httpx
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from websockets.sync.client import connect

from candidates import access, services
from sessions_app.models import Session, SessionEvent
from tests import factories
from tests.live_page import BY_THE_CLOCK, LivePage
from tests.servers import server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_addresses():
    """Where the supervisor is, and where the other person is."""
    with ExitStack() as stack:
        first = stack.enter_context(server())
        yield first, stack.enter_context(server()) if connection.vendor == "postgresql" else first


@pytest.fixture
def screen():
    """Opens screens, and closes them with the test."""
    with ExitStack() as stack:

        def open_screen(address: str, user, room: Session) -> Screen:
            opened = Screen(address, user, room)
            stack.callback(opened.http.close)
            return opened

        yield open_screen


def cookies_of(user) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


class Screen:
    """A supervisor's browser: the page once, then the socket."""

    def __init__(self, address: str, user, room: Session):
        self.address, self.room = address, room
        self.http = httpx.Client(base_url=address, cookies={"sessionid": cookies_of(user)})
        self.page = LivePage(self.load())

    def load(self) -> str:
        answer = self.http.get(
            f"/surveillance/{self.room.number}/", headers={"Accept": "text/html"}
        )
        assert answer.status_code == 200
        return answer.text

    @contextmanager
    def open_socket(self):
        url = f"{self.address.replace('http', 'ws')}/ws/surveillance/{self.room.number}/"
        cookie = f"sessionid={self.http.cookies['sessionid']}"
        with connect(url, origin=self.address, additional_headers={"Cookie": cookie}) as socket:
            self.socket = socket
            assert self.receive()["type"] == "hello"
            assert self.receive()["type"] == "board"
            yield socket

    def receive(self, timeout: float = 10) -> dict:
        """The next frame that tells of the room; raises `TimeoutError`."""
        deadline = monotonic() + timeout
        while True:
            frame = json.loads(self.socket.recv(timeout=max(0, deadline - monotonic())))
            if frame["type"] not in BY_THE_CLOCK:
                return frame

    def receive_until(self, version: int) -> None:
        while self.page.version < version:
            self.page.apply(self.receive())

    def post(self, candidate, action: str, **body) -> httpx.Response:
        self.load()  # the CSRF cookie
        token = self.http.cookies["csrftoken"]
        return self.http.post(
            f"/surveillance/{self.room.number}/candidats/{candidate.pk}/{action}/",
            data={"idempotency_key": uuid.uuid4().hex, **body},
            headers={"X-CSRFToken": token, "Origin": self.address},
        )


def test_a_click_reaches_the_other_screen(two_addresses, screen):
    room = factories.session()
    colleague, other = factories.supervisor(room), factories.supervisor(room)
    candidate = factories.waiting(room, birth_name="Nguyen")
    factories.candidate(room, birth_name="Salmon")
    watching = screen(two_addresses[0], colleague, room)
    acting = screen(two_addresses[1], other, room)

    with watching.open_socket():
        before = Session.objects.get(pk=room.pk).version
        answer = acting.post(candidate, "authorize-start", row_version=candidate.row_version)
        assert answer.status_code == 200, answer.text

        event = SessionEvent.objects.get(session=room, version=before + 1)
        assert (event.type, event.candidate_id) == ("start_authorized", candidate.pk)
        assert (event.actor, event.user_id) == ("supervisor", other.pk)

        frame = watching.receive(timeout=5)
        assert (frame["type"], frame["from"], frame["v"]) == ("rows", before, before + 1)
        assert list(frame["rows"]) == [str(candidate.pk)]
        watching.page.apply(frame)
    assert "authorized" in watching.page.row(candidate)["data-flags"]
    assert watching.page.shown() == LivePage(watching.load()).shown()


def test_every_action_leaves_the_page_as_a_reload_shows_it(two_addresses, screen):
    room = factories.session()
    user = factories.supervisor(room)
    people = {
        "authorize-start": factories.waiting(room),
        "add-time": factories.running(room, user),
        "end-test": factories.running(room, user, extra_time_percent=33),
        "note-incident": factories.finished(room, user),
    }
    body = {
        "add-time": {"minutes": 10, "reason": "Incident technique"},
        "end-test": {"reason": "Temps écoulé"},
        "note-incident": {"category": "C6"},
    }
    mine = screen(two_addresses[0], user, room)
    with mine.open_socket():
        for action, candidate in people.items():
            answer = mine.post(candidate, action, **body.get(action, {}))
            assert answer.status_code == 200, (action, answer.text)
            mine.receive_until(Session.objects.get(pk=room.pk).version)
            assert mine.page.shown() == LivePage(mine.load()).shown(), action
        services.pause_room(room, user=user, reason="Alarme")
        mine.receive_until(Session.objects.get(pk=room.pk).version)
        assert mine.page.shown() == LivePage(mine.load()).shown()


def test_an_answer_over_the_socket_reaches_the_board(two_addresses, screen):
    """candidate's socket → group commit → announcement → the row spliced, as a reload shows it."""
    room = factories.session()
    user = factories.supervisor(room)
    people = [factories.running(room, user) for _ in range(2)]
    watching = screen(two_addresses[0], user, room)
    with watching.open_socket(), ExitStack() as sockets:
        for person in people:
            socket = sockets.enter_context(candidate_socket(two_addresses[1], person))
            for number, value in enumerate(["a", "b"], start=1):
                socket.send(json.dumps({"type": "answer", "question": number, "answer": [value]}))
                told = hear(socket, "answered")
                assert (told["answered"], told["stage"]) == (number, "question")
                assert f'name="question" value="{number + 1}"' in told["html"]
                watching.receive_until(told["v"])
                assert watching.page.shown() == LivePage(watching.load()).shown()
        socket.send(json.dumps({"type": "answer", "question": 9, "answer": ["a"]}))
        refused = hear(socket, "status")
        assert (refused["type"], refused["question"], refused["status"]) == ("refused", 9, 409)
    assert [each.answers.count() for each in people] == [2, 2]


def candidate_socket(address: str, person):
    answer = HttpResponse()
    access.give_seat(answer, factories.seat_of(person))
    url = f"{address.replace('http', 'ws')}/ws/candidat/"
    cookie = answer.cookies.output(header="", sep=";").strip()
    return connect(url, origin=address, additional_headers={"Cookie": cookie})


def hear(socket, name: str) -> dict:
    """The next frame that holds `name`."""
    while name not in (frame := json.loads(socket.recv(timeout=10))):
        pass
    return frame


def test_a_move_rolled_back_announces_nothing(two_addresses, screen):
    room = factories.session()
    user = factories.supervisor(room)
    candidate = factories.waiting(room)
    mine = screen(two_addresses[0], user, room)
    with mine.open_socket():
        version = Session.objects.get(pk=room.pk).version
        with transaction.atomic():
            services.authorize_start(candidate, user=user)
            transaction.set_rollback(True)
        assert Session.objects.get(pk=room.pk).version == version
        with pytest.raises(TimeoutError):
            mine.receive(timeout=3)
        services.authorize_start(candidate, user=user)
        assert mine.receive(timeout=5)["v"] == version + 1


def test_what_was_missed_comes_after_a_resume(two_addresses, screen):
    room = factories.session()
    user = factories.supervisor(room)
    candidate = factories.waiting(room)
    mine = screen(two_addresses[0], user, room)
    services.authorize_start(candidate, user=user)
    services.add_time(candidate, user=user, minutes=5)
    with mine.open_socket() as socket:
        old = {"epoch": mine.page.epoch, "v": mine.page.version}
        socket.send(json.dumps({"type": "resume", **old}))
        frame = mine.receive()
        assert (frame["type"], frame["from"], frame["v"]) == ("rows", old["v"], old["v"] + 2)
        socket.send(json.dumps({"type": "resume", "epoch": str(uuid.uuid4()), "v": 1}))
        assert mine.receive()["type"] == "board"
