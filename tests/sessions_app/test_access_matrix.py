"""Who may open what: every address of the site and both sockets × every kind of person.

A new address must get its line in `ROUTES`. A refused person learns no name and writes nothing.
"""

import json
import re
import uuid

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from candidates import access, seat_services, services
from incidents import services as incidents
from pix_surveillance.asgi import application
from sessions_app.live import hub
from sessions_app.models import SupervisorAccess
from tests import factories
from tests.snapshots import changes, everything

NAMES = ("Zylberstein", "ZYLBERSTEIN", "Quirinus", "QUIRINUS")
PAGE, PROGRAM = "text/html", "application/json"

# Outcomes, in the order of ACTORS. "login" sends a page to the login and answers 403 to a program.
ACTORS = ("anonymous", "candidate", "supervisor", "stranger", "admin")
EVERYONE = (200,) * 5
NO_METHOD = (405,) * 5
DOOR = (302,) * 5  # the right codes open it, whoever types them
ACCOUNT = ("login", "login", 200, 200, 200)
ENTERS = ("login", "login", 302, 302, 302)
ROOM_PAGE = ("login", "login", 200, 404, 200)
ROOM_ACTION = ("login", "login", 303, 404, 303)
ROOM_SAVES = ("login", "login", 302, 404, 302)
ROOM_NO_METHOD = ("login", "login", 405, 405, 405)
SEAT_PAGE = (302, 200, 302, 302, 302)
SEAT_POLL = (403, 200, 403, 403, 403)
SEAT_ACTION = (403, 303, 403, 403, 403)
SEAT_REPORTS = (403, 302, 403, 403, 403)

ON_A_CANDIDATE = ["authorize-start", "withdraw-start", "authorize-resume", "add-time", "undo-time"]
ON_A_CANDIDATE += ["end-test"]
ROUTES = {
    "home": (EVERYONE, NO_METHOD),
    "health-live": (EVERYONE, NO_METHOD),
    "health-ready": (EVERYONE, NO_METHOD),
    "entry": (ACCOUNT, ENTERS),
    "board": (ROOM_PAGE, ROOM_NO_METHOD),
    "board-live": (ROOM_PAGE, ROOM_NO_METHOD),
    "sheet": (ROOM_PAGE, ROOM_NO_METHOD),
    "group": (ROOM_PAGE, ROOM_NO_METHOD),
    "room": (ROOM_PAGE, ROOM_NO_METHOD),
    "report": (ROOM_PAGE, ROOM_SAVES),
    **dict.fromkeys(ON_A_CANDIDATE, (ROOM_NO_METHOD, ROOM_ACTION)),
    **{f"group-{name}": (ROOM_NO_METHOD, ROOM_ACTION) for name in ON_A_CANDIDATE},
    "accept-alert": (ROOM_NO_METHOD, ROOM_ACTION),
    "reject-alert": (ROOM_NO_METHOD, ROOM_ACTION),
    "note-incident": (ROOM_NO_METHOD, ROOM_ACTION),
    "note-room-incident": (ROOM_NO_METHOD, ROOM_ACTION),
    "pause-room": (ROOM_NO_METHOD, ROOM_ACTION),
    "resume-room": (ROOM_NO_METHOD, ROOM_ACTION),
    "join": (EVERYONE, DOOR),
    "test": (SEAT_PAGE, NO_METHOD),
    "test-live": (SEAT_POLL, NO_METHOD),
    "start": (NO_METHOD, SEAT_ACTION),
    "answer": (NO_METHOD, SEAT_ACTION),
    "finish": (NO_METHOD, SEAT_ACTION),
    "raise-alert": (NO_METHOD, SEAT_REPORTS),
}
# Written by others, and guarded as a whole below.
GROUPS = ("admin/", "compte/")


# The scene of each address: the candidate as the action needs it


def ready(room, by):
    person = factories.waiting(room, **NAMED)
    services.authorize_start(person, user=by)
    return person


def running(room, by):
    return factories.running(room, by, **NAMED)


def with_time(room, by):
    person = running(room, by)
    services.add_time(person, user=by, minutes=5)
    return person


def asking_to_resume(room, by):
    person = running(room, by)
    seat_services.join(person, access.Seat(person.pk, "another-computer"))
    return person


def with_alert(room, by):
    person = running(room, by)
    incidents.raise_alert(person, factories.seat_of(person), subject="image")
    return person


def paused(room, by):
    services.pause_room(room, user=by)
    return waiting(room, by)


def waiting(room, by):
    return factories.waiting(room, **NAMED)


NAMED = {"birth_name": "Zylberstein", "first_name": "Quirinus"}
SCENES = {
    "withdraw-start": ready,
    "start": ready,
    "answer": running,
    "finish": running,
    "raise-alert": running,
    "end-test": running,
    "undo-time": with_time,
    "authorize-resume": asking_to_resume,
    "accept-alert": with_alert,
    "reject-alert": with_alert,
    "resume-room": paused,
}
BODIES = {
    "add-time": {"minutes": "5", "reason": "Temps majoré"},
    "end-test": {"reason": "Temps écoulé"},
    "accept-alert": {"category": "E1"},
    "note-incident": {"category": "C6"},
    "note-room-incident": {"category": "C6"},
    "report": {"remarks": "Rien à signaler."},
    "answer": {"question": "1", "answer": "a"},
    "raise-alert": {"subject": "image"},
}


class Scene:
    """One room with one named candidate, and a browser for each kind of person."""

    def __init__(self, route: str):
        self.action = route.removeprefix("group-")
        self.room = factories.session()
        self.supervisor = factories.supervisor(self.room)
        self.candidate = SCENES.get(self.action, waiting)(self.room, self.supervisor)

    def path(self, route: str) -> str:
        named = {"number": self.room.number, "candidate_id": self.candidate.pk}
        takes = re.findall(r"<\w+:(\w+)>", PATTERNS[route])
        return "/" + re.sub(r"<\w+:(\w+)>", lambda m: str(named[m[1]]), PATTERNS[route]) if takes \
            else "/" + PATTERNS[route]  # fmt: skip

    def body(self, route: str) -> dict:
        body = {"idempotency_key": uuid.uuid4().hex, **BODIES.get(self.action, {})}
        if route.startswith("group"):
            body["candidate"] = self.candidate.pk
        if route == "entry":
            body |= {"supervisor_code": self.room.supervisor_code}
        if route == "join":
            body |= {
                "last_name": self.candidate.birth_name,
                "first_name": self.candidate.first_name,
                "birthdate": self.candidate.birthdate.isoformat(),
                "access_code": self.room.access_code,
            }
        return body | {"session_number": self.room.number}

    def browser(self, actor: str, **options) -> Client:
        browser = Client(**options)
        if actor == "candidate":
            browser.cookies["seat"] = seat_cookie(self.candidate)
        elif actor != "anonymous":
            browser.force_login(self.person(actor))
        return browser

    def person(self, actor: str):
        if actor == "supervisor":
            return self.supervisor
        if actor == "admin":
            return factories.user(admin=True)
        if actor == "revoked":
            person = factories.supervisor(self.room)
            grants = SupervisorAccess.objects.filter(user=person)
            grants.update(revoked_at=timezone.now())
            return person
        return factories.supervisor(factories.session())


def seat_cookie(candidate) -> str:
    response = HttpResponse()
    access.give_seat(response, factories.seat_of(candidate))
    return response.cookies["seat"].value


def patterns(resolver=None, prefix: str = "") -> list[tuple[str, str]]:
    """Every address of the site, with its name."""
    found = []
    for each in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            found += patterns(each, whole)
        else:
            found.append((whole, each.name))
    return found


PATTERNS = {name: path for path, name in patterns() if not path.startswith(GROUPS)}
METHODS = ("GET", "POST")
MATRIX = [(route, method, actor) for route in ROUTES for method in METHODS for actor in ACTORS]


def send(browser: Client, method: str, path: str, body: dict, accept: str) -> HttpResponse:
    call = browser.post if method == "POST" else browser.get
    return call(path, body, headers={"accept": accept})


def test_every_address_is_in_the_matrix():
    assert set(PATTERNS) == set(ROUTES), (
        "An address of the site has no line in ROUTES (or lost its own): say there who may GET "
        "and POST it. An address that nobody thought about is how names leak."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "method", "actor"), MATRIX)
def test_the_matrix(route, method, actor):
    outcome = ROUTES[route][METHODS.index(method)][ACTORS.index(actor)]
    check(Scene(route), route, method, actor, outcome)


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if ROOM_PAGE[3] in (
    ROUTES[route][0][3], ROUTES[route][1][3])])  # fmt: skip
def test_a_supervisor_whose_access_is_withdrawn_is_a_stranger(route):
    for method, outcomes in zip(METHODS, ROUTES[route], strict=True):
        check(Scene(route), route, method, "revoked", outcomes[ACTORS.index("stranger")])


def check(scene, route, method, actor, outcome) -> None:
    browser, path, body = scene.browser(actor), scene.path(route), scene.body(route)
    before = everything()
    if outcome in {"login", 403, 404, 405}:
        status = 403 if outcome == "login" else outcome
        check_refused(send(browser, method, path, body, PROGRAM), status)
        response = send(browser, method, path, body, PAGE)
        check_refused(response, 302 if outcome == "login" else outcome)
        if outcome == "login":
            assert response["Location"].startswith(reverse("account_login"))
        assert changes(before, everything()) == set()
        return
    response = send(browser, method, path, body, PAGE)
    assert response.status_code == outcome
    if not may_see_names(route, actor):
        assert not any(name in response.content.decode() for name in NAMES)


def check_refused(response: HttpResponse, status: int) -> None:
    assert response.status_code == status
    assert not any(name in response.content.decode() for name in NAMES)


def may_see_names(route: str, actor: str) -> bool:
    if route == "test":
        return actor == "candidate"
    return actor in {"supervisor", "admin"} and ":number>" in PATTERNS[route]


# Forged forms


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if ROUTES[route][1] != NO_METHOD])
def test_a_form_from_another_site_is_refused(route):
    scene = Scene(route)
    actor = "candidate" if ROUTES[route][1] in (SEAT_ACTION, SEAT_REPORTS) else "supervisor"
    browser = scene.browser(actor, enforce_csrf_checks=True)
    before = everything()
    response = browser.post(scene.path(route), scene.body(route), headers={"accept": PROGRAM})
    assert response.status_code == 403
    assert response.json() == {
        "message": "Cette page n’est plus à jour. Rechargez-la, puis recommencez."
    }
    assert changes(before, everything()) == set()


# The admin and the account pages, as groups


def grouped(prefix: str) -> list[str]:
    """Their addresses, with something in the place of each argument."""
    paths = [path for path, _ in patterns() if path.startswith(prefix)]
    filled = {re.sub(r"\^|\$|\\.|<\w+:\w+>|\(\?P<\w+>[^)]*\)", "1", path) for path in paths}
    return sorted("/" + path for path in filled)


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ACTORS[:-1])
@pytest.mark.parametrize("path", grouped("admin/"))
def test_the_admin_is_closed_to_who_is_not_staff(path, actor):
    browser = Scene("board").browser(actor)
    before = everything()
    for method in METHODS:
        response = send(browser, method, path, {}, PAGE)
        assert response.status_code in {302, 403}
        check_refused(response, response.status_code)
        assert "/login/" in response.get("Location", "/login/") or path == "/admin/logout/"
    assert changes(before, everything()) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("path", grouped("admin/"))
def test_the_admin_is_open_to_an_administrator(path):
    response = Scene("board").browser("admin").get(path, headers={"accept": PAGE})
    assert response.status_code < 500
    assert "/login/" not in response.get("Location", "") or path == "/admin/login/"


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("path", grouped("compte/"))
def test_the_account_pages_never_speak_of_a_room(path, actor):
    browser = Scene("board").browser(actor)
    for method in METHODS:
        response = send(browser, method, path, {}, PAGE)
        assert response.status_code < 500
        check_refused(response, response.status_code)


# Sockets

GOOD_ORIGIN = settings.ORIGINS[0]
ELSEWHERE = "https://evil.example"
ANOTHER_PORT = GOOD_ORIGIN.rpartition(":")[0] + ":8111"
SOCKETS = [
    ("room", "anonymous", GOOD_ORIGIN, False),
    ("room", "candidate", GOOD_ORIGIN, False),
    ("room", "supervisor", GOOD_ORIGIN, True),
    ("room", "stranger", GOOD_ORIGIN, False),
    ("room", "revoked", GOOD_ORIGIN, False),
    ("room", "admin", GOOD_ORIGIN, True),
    ("seat", "anonymous", GOOD_ORIGIN, False),
    ("seat", "candidate", GOOD_ORIGIN, True),
    ("seat", "supervisor", GOOD_ORIGIN, False),
    ("seat", "stranger", GOOD_ORIGIN, False),
    ("seat", "admin", GOOD_ORIGIN, False),
    ("no such path", "admin", GOOD_ORIGIN, False),
    ("no such room", "admin", GOOD_ORIGIN, False),
    *(
        (socket, actor, origin, False)
        for socket, actor in [("room", "supervisor"), ("room", "admin"), ("seat", "candidate")]
        for origin in [ELSEWHERE, None, ANOTHER_PORT, GOOD_ORIGIN.replace("http", "https")]
    ),
]


@pytest.fixture
def scene(transactional_db):
    scene = Scene("answer")
    factories.waiting(scene.room, birth_name="Voisin", first_name="Léa")
    return scene


@pytest.mark.parametrize(("socket", "actor", "origin", "opens"), SOCKETS)
async def test_the_sockets(scene, socket, actor, origin, opens):
    browser = await database_sync_to_async(scene.browser)(actor)
    paths = {"room": f"/ws/surveillance/{scene.room.number}/", "seat": "/ws/candidat/"}
    paths["no such room"] = "/ws/surveillance/000000/"
    headers = [(b"cookie", browser.cookies.output(header="", sep=";").encode())]
    if origin:
        headers.append((b"origin", origin.encode()))
    line = WebsocketCommunicator(application, paths.get(socket, "/ws/ailleurs/"), headers)
    try:
        is_open, _ = await line.connect(timeout=10)
        assert is_open is opens
        if opens:
            check_frames(socket, [json.loads(await line.receive_from(10)) for _ in range(2)])
        else:
            assert hub.rooms == {}
    finally:
        await line.disconnect()
        await hub.stop()


def check_frames(socket: str, frames: list[dict]) -> None:
    """A room sees everybody; a candidate's socket names nobody at all."""
    text = json.dumps(frames, ensure_ascii=False)
    kinds = [frame["type"] for frame in frames]
    if socket == "room":
        assert kinds == ["hello", "board"]
        assert "ZYLBERSTEIN" in text
        assert "VOISIN" in text
    else:
        assert kinds == ["hello", "seat"]
        assert not any(name in text for name in (*NAMES, "Voisin", "VOISIN", "Léa"))
