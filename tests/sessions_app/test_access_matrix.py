"""Who may open what: every address of the site × every kind of person.

A new address must get its line in `ROUTES`. A refused person learns no name and writes nothing.
"""

import re
from itertools import product

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from incidents.entries import ENTRIES
from tests.sessions_app.scenes import NAMES, PATTERNS, Scene, patterns
from tests.snapshots import changes, everything

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
REOPENING_PAGE = ("login", "login", 403, 404, 200)  # the administrators of the centre
REOPENS = ("login", "login", 403, 404, 303)
DEVELOPMENT = (404,) * 5
CENTER_PAGE = ("login", "login", 404, 404, 200)
CENTERS = ("login", "login", 404, 404, 302)  # the only one opens at once
CENTER_NO_METHOD = ("login", "login", 405, 405, 405)
SEAT_PAGE = (302, 200, 302, 302, 302)
SEAT_POLL = (403, 200, 403, 403, 403)
SEAT_ACTION = (403, 303, 403, 403, 403)
SEAT_REPORTS = (403, 302, 403, 403, 403)

ON_A_CANDIDATE = ["authorize-start", "withdraw-start", "authorize-resume", "add-time", "undo-time"]
DOCUMENTS = ["kit-pdf", "attendance-pdf", "room-pdf", "report-pdf", "fraud-pdf"]
DOCUMENTS += ["incidents-csv", "incidents-xlsx", "journal-csv", "journal-xlsx", "session-json"]
ON_A_CANDIDATE += ["end-test", "explain-end", "claim", "release", *ENTRIES]
ROUTES = {
    "home": (EVERYONE, NO_METHOD),
    **dict.fromkeys(["privacy", "legal", "accessibility"], (EVERYONE, NO_METHOD)),
    "language": (NO_METHOD, DOOR),
    "manifest": (EVERYONE, NO_METHOD),
    "worker": (EVERYONE, NO_METHOD),
    "health-live": (EVERYONE, NO_METHOD),
    "health-ready": (EVERYONE, NO_METHOD),
    "metrics": (EVERYONE, NO_METHOD),
    "entry": (ACCOUNT, ENTERS),
    "api": (ACCOUNT, ("login", "login", 405, 405, 405)),
    "centers": (CENTERS, CENTER_NO_METHOD),
    "center-rooms": (CENTER_PAGE, CENTER_NO_METHOD),
    "center-live": (CENTER_PAGE, CENTER_NO_METHOD),
    "board": (ROOM_PAGE, ROOM_NO_METHOD),
    "board-live": (ROOM_PAGE, ROOM_NO_METHOD),
    "journal": (ROOM_PAGE, ROOM_NO_METHOD),
    "sheet": (ROOM_PAGE, ROOM_NO_METHOD),
    "group": (ROOM_PAGE, ROOM_NO_METHOD),
    "room": (ROOM_PAGE, ROOM_NO_METHOD),
    "report": (ROOM_PAGE, ROOM_SAVES),
    **dict.fromkeys(DOCUMENTS, (ROOM_PAGE, ROOM_NO_METHOD)),
    "closing": (ROOM_PAGE, ROOM_NO_METHOD),
    "finalize": (ROOM_NO_METHOD, ROOM_ACTION),
    "reopening": (REOPENING_PAGE, REOPENS),
    "former-report-pdf": (ROOM_PAGE, ROOM_NO_METHOD),
    "incident": (ROOM_PAGE, ROOM_NO_METHOD),
    "correct-incident": (ROOM_NO_METHOD, ROOM_ACTION),
    "withdraw-incident": (ROOM_NO_METHOD, ROOM_ACTION),
    **dict.fromkeys(ON_A_CANDIDATE, (ROOM_NO_METHOD, ROOM_ACTION)),
    **{f"group-{name}": (ROOM_NO_METHOD, ROOM_ACTION) for name in ON_A_CANDIDATE},
    "accept-alert": (ROOM_NO_METHOD, ROOM_ACTION),
    "reject-alert": (ROOM_NO_METHOD, ROOM_ACTION),
    "note-incident": (ROOM_NO_METHOD, ROOM_ACTION),
    "note-room-incident": (ROOM_NO_METHOD, ROOM_ACTION),
    "pause-room": (ROOM_NO_METHOD, ROOM_ACTION),
    "resume-room": (ROOM_NO_METHOD, ROOM_ACTION),
    "add-candidate": (ROOM_NO_METHOD, ROOM_ACTION),
    "style": (DEVELOPMENT, NO_METHOD),
    "join": (EVERYONE, DOOR),
    "test": (SEAT_PAGE, NO_METHOD),
    "test-live": (SEAT_POLL, NO_METHOD),
    "start": (NO_METHOD, SEAT_ACTION),
    "answer": (NO_METHOD, SEAT_ACTION),
    "finish": (NO_METHOD, SEAT_ACTION),
    "raise-alert": (NO_METHOD, SEAT_REPORTS),
}
METHODS = ("GET", "POST")


@pytest.fixture(scope="module")
def first_scene(module_db, request):
    """That of one address, for all its tests; undone before that of the next."""
    with transaction.atomic():
        yield Scene(getattr(request, "param", "board"))
        transaction.set_rollback(True)


def send(browser: Client, method: str, path: str, body: dict, accept: str) -> HttpResponse:
    call = browser.post if method == "POST" else browser.get
    return call(path, body, headers={"accept": accept})


def test_every_address_is_in_the_matrix():
    assert set(PATTERNS) == set(ROUTES), (
        "An address of the site has no line in ROUTES (or lost its own): say there who may GET "
        "and POST it. An address that nobody thought about is how names leak."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "actor"), list(product(METHODS, ACTORS)))
@pytest.mark.parametrize("first_scene", ROUTES, indirect=True)
def test_the_matrix(scene, method, actor):
    outcome = ROUTES[scene.route][METHODS.index(method)][ACTORS.index(actor)]
    check(scene, method, actor, outcome)


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if ROOM_PAGE[3] in (
    ROUTES[route][0][3], ROUTES[route][1][3])])  # fmt: skip
def test_a_supervisor_whose_access_is_withdrawn_is_a_stranger(route):
    for method, outcomes in zip(METHODS, ROUTES[route], strict=True):
        check(Scene(route), method, "revoked", outcomes[ACTORS.index("stranger")])


@pytest.mark.django_db
@pytest.mark.parametrize(("actor", "as_actor"), [("head", "admin"), ("other head", "stranger")])
@pytest.mark.parametrize("route", [route for route in ROUTES if ":number>" in PATTERNS[route]])
def test_an_administrator_of_the_centre_supervises_its_rooms_only(route, actor, as_actor):
    for method, outcomes in zip(METHODS, ROUTES[route], strict=True):
        check(Scene(route), method, actor, outcomes[ACTORS.index(as_actor)])


@pytest.mark.django_db
@pytest.mark.parametrize("route", ["center-rooms", "center-live"])
def test_the_rooms_of_a_centre_are_for_its_administrators(route):
    check(Scene(route), "GET", "head", 200)
    check(Scene(route), "GET", "other head", 404)


@pytest.mark.django_db
@pytest.mark.parametrize("first_scene", ROUTES, indirect=True)
def test_a_candidate_of_another_session_reaches_nothing_of_this_one(scene):
    """Where a seat opens something, it is the sender's own: nobody else is shown, nor moved."""
    browser, path, body = scene.browser("other candidate"), scene.path(), scene.body()
    for method, outcomes in zip(METHODS, ROUTES[scene.route], strict=True):
        if outcomes in (SEAT_PAGE, SEAT_POLL, SEAT_ACTION, SEAT_REPORTS):
            before = everything()
            response = send(browser, method, path, body, PAGE)
            assert response.status_code < 500
            assert not any(name in response.content.decode() for name in NAMES)
            assert rows_of_room(scene, everything()) == rows_of_room(scene, before)
        else:
            check(scene, method, "other candidate", outcomes[ACTORS.index("candidate")])


def rows_of_room(scene, rows: dict) -> list[dict]:
    """The session, its candidate, and all that belongs to either."""
    room, person = scene.room.pk, scene.candidate.pk
    own = {("Session", room), ("Candidate", person)}
    return [
        row
        for key, row in rows.items()
        if key in own or row.get("session_id") == room or row.get("candidate_id") == person
    ]


def check(scene, method, actor, outcome) -> None:
    browser, path, body = scene.browser(actor), scene.path(), scene.body()
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
    if not may_see_names(scene.route, actor):
        assert not any(name in response.content.decode() for name in NAMES)


def check_refused(response: HttpResponse, status: int) -> None:
    assert response.status_code == status
    assert not any(name in response.content.decode() for name in NAMES)


def may_see_names(route: str, actor: str) -> bool:
    if route == "test":
        return actor == "candidate"
    return actor in {"supervisor", "admin", "head"} and ":number>" in PATTERNS[route]


# Forged forms


@pytest.mark.django_db
@pytest.mark.parametrize(
    "first_scene", [route for route in ROUTES if ROUTES[route][1] != NO_METHOD], indirect=True
)
def test_a_form_from_another_site_is_refused(scene):
    is_seat = ROUTES[scene.route][1] in (SEAT_ACTION, SEAT_REPORTS)
    actor = "candidate" if is_seat else "supervisor"
    browser = scene.browser(actor, enforce_csrf_checks=True)
    before = everything()
    response = browser.post(scene.path(), scene.body(), headers={"accept": PROGRAM})
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
def test_the_admin_is_closed_to_who_is_not_staff(scene, path, actor):
    browser = scene.browser(actor)
    before = everything()
    for method in METHODS:
        response = send(browser, method, path, {}, PAGE)
        assert response.status_code in {302, 403}
        check_refused(response, response.status_code)
        assert "/login/" in response.get("Location", "/login/") or path == "/admin/logout/"
    assert changes(before, everything()) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("path", grouped("admin/"))
def test_the_admin_is_open_to_an_administrator(scene, path):
    response = scene.browser("admin").get(path, headers={"accept": PAGE})
    assert response.status_code < 500
    assert "/login/" not in response.get("Location", "") or path == "/admin/login/"


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("path", grouped("compte/"))
def test_the_account_pages_never_speak_of_a_room(scene, path, actor):
    browser = scene.browser(actor)
    for method in METHODS:
        response = send(browser, method, path, {}, PAGE)
        assert response.status_code < 500
        check_refused(response, response.status_code)
