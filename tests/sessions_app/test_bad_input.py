"""Whatever is sent, people read one clear French sentence, get a fitting 4xx, and nothing is
written: the same for a plain page and for a program."""

import html
import re
import uuid

import pytest
from bs4 import BeautifulSoup
from django.core import signing
from django.test import Client

from candidates import access, services
from candidates.models import Candidate
from incidents import remark_services
from incidents import services as incidents
from sessions_app import board
from sessions_app.models import Session
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
PAGE, PROGRAM = "text/html", "application/json"
FRENCH_SENTENCE = re.compile(r"[A-ZÀ-ÖØ-Þ].*[^.]\.", re.DOTALL)
NUL, BELL = "a\x00b", "a\x07b"
HUGE = "9" * 30
ENDLESS = "9" * 5_000
ROOM = "/surveillance/{number}/"
RUNNING = ROOM + "candidats/{running}/"

# The words of the sentences that matter most; the others must be French sentences.
UNKNOWN = access.UNKNOWN_CANDIDATE
CODES = "Numéro de session ou code surveillant incorrect. Vérifiez-les sur le kit de session."
MINUTES = "Le temps ajouté va de 1 à 240 minutes."
WHOLE = "Le nombre de minutes doit être un nombre entier."
GIVEN_BACK = "Le temps rendu va de 0 à 240 minutes."
INCOMPLETE = "La demande est incomplète : rechargez la page, puis recommencez."
CHOOSE = "Choisissez au moins un candidat."
NOT_HERE = "Ce candidat n’est pas inscrit dans cette session."
NO_CATEGORY = "Choisissez une catégorie d’incident."
QUESTION = "Le numéro de question va de 1 à 500."
NEEDS_QUESTION = "Indiquez le numéro de la question (de 1 à 500)."
NEEDS_TEXT = "Décrivez en une phrase ce qui s’est passé."
TOO_LONG = "Le texte est trop long : 2 000 signes au plus."
NO_QUESTION = "Cette question n’existe pas."
FINALIZED = "La session est finalisée : elle ne peut plus être modifiée."
ANY = None


class Scene:
    """A room with a candidate in each state, and another room with somebody else."""

    def __init__(self):
        self.room = factories.session()
        self.by = factories.supervisor(self.room)
        self.waiting = factories.waiting(self.room)
        self.running = factories.running(self.room, self.by)
        self.elsewhere = factories.candidate(factories.session())
        self.words = {
            "number": self.room.number,
            "waiting": self.waiting.pk,
            "running": self.running.pk,
            "elsewhere": self.elsewhere.pk,
            "key": uuid.uuid4().hex,
        }

    def supervisor(self) -> Client:
        browser = Client()
        browser.force_login(self.by)
        return browser

    def stranger(self) -> Client:
        browser = Client()
        browser.force_login(factories.user())
        return browser

    def candidate(self) -> Client:
        seat = factories.seat_of(self.running)
        return with_cookie(signing.dumps([seat.candidate_id, seat.token], salt=access.SALT))

    def filled(self, value):
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return value.format(**self.words) if isinstance(value, str) else value


def with_cookie(value: str) -> Client:
    browser = Client()
    browser.cookies["seat"] = value
    return browser


@pytest.fixture(scope="module")
def first_scene(module_db):
    return Scene()


def check_refused(scene, browser, path, body, status, sentence, accept) -> None:
    before = everything()
    response = browser.post(scene.filled(path), body, headers={"accept": accept})
    assert response.status_code == status
    if accept == PROGRAM:
        message = response.json()["message"]
        assert FRENCH_SENTENCE.fullmatch(message)
        assert sentence in (ANY, message)
    else:
        assert str(sentence or ".") in html.unescape(response.content.decode())
        assert BeautifulSoup(response.content, "html.parser").h1
    assert changes(before, everything()) == set()


both_kinds = pytest.mark.parametrize("accept", [PAGE, PROGRAM])


# The supervisor's door


@both_kinds
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"supervisor_code": "AAAAAAAA"}, CODES),
        ({"supervisor_code": "ÀÉ-œ-²"}, CODES),
        ({"supervisor_code": "' OR 1=1 --"}, CODES),
        ({"session_number": "000000"}, CODES),
        ({"session_number": "abcdef"}, CODES),
        ({"session_number": "١٢٣٤٥٦"}, CODES),
        ({"session_number": "-1"}, CODES),
        ({"session_number": BELL}, CODES),
        ({"session_number": ""}, "Ce champ est obligatoire."),
        ({"supervisor_code": ""}, "Ce champ est obligatoire."),
        ({"session_number": ENDLESS}, ANY),
        ({"supervisor_code": "A" * 5_000}, ANY),
        ({"session_number": NUL}, ANY),
        ({"supervisor_code": NUL}, ANY),
    ],
)
def test_the_door_of_the_supervisor(scene, wrong, sentence, accept):
    codes = {"session_number": scene.room.number, "supervisor_code": scene.room.supervisor_code}
    body = codes | wrong
    check_refused(scene, scene.stranger(), "/surveillance/", body, 422, sentence, accept)


# The candidate's door


@both_kinds
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"access_code": "AAAAAA"}, UNKNOWN),
        ({"access_code": "{supervisor_code}"}, UNKNOWN),
        ({"session_number": "000000"}, UNKNOWN),
        ({"session_number": "１２３４５６"}, UNKNOWN),
        ({"last_name": "<script>alert(1)</script>"}, UNKNOWN),
        ({"first_name": '"><img src=x onerror=alert(1)>'}, UNKNOWN),
        ({"last_name": BELL}, UNKNOWN),
        ({"last_name": "'-’"}, UNKNOWN),
        ({"birthdate": "24/04/2010"}, UNKNOWN),
        ({"last_name": "A" * 5_000}, ANY),
        ({"first_name": "A" * 5_000}, ANY),
        ({"session_number": ENDLESS}, ANY),
        ({"last_name": NUL}, ANY),
        ({"first_name": NUL}, ANY),
        ({"access_code": NUL}, ANY),
        ({"session_number": NUL}, ANY),
        ({"birthdate": NUL}, ANY),
        ({"last_name": ""}, "Ce champ est obligatoire."),
        ({"birthdate": ""}, "Ce champ est obligatoire."),
        ({"birthdate": "31/02/2010"}, "Écrivez la date ainsi : 23/04/2010."),
        ({"birthdate": "2010"}, "Écrivez la date ainsi : 23/04/2010."),
        ({"birthdate": "hier"}, "Écrivez la date ainsi : 23/04/2010."),
        ({"birthdate": "23/04/10"}, "Écrivez la date ainsi : 23/04/2010."),
        ({"birthdate": ENDLESS}, "Écrivez la date ainsi : 23/04/2010."),
        ({"birthdate": "23/04/1810"}, "Vérifiez l’année de naissance."),
        ({"birthdate": "23/04/3010"}, "Vérifiez l’année de naissance."),
    ],
)
def test_the_door_of_the_candidate(scene, wrong, sentence, accept):
    body = {
        "session_number": scene.room.number,
        "last_name": scene.waiting.birth_name,
        "first_name": scene.waiting.first_name,
        "birthdate": "23/04/2010",
        "access_code": scene.room.access_code,
    } | wrong
    check_refused(scene, Client(), "/candidat/", body, 422, sentence, accept)


# The supervisor's buttons

ADD, GROUP_ADD = RUNNING + "add-time/", ROOM + "add-time/"
RESUME, UNDO = RUNNING + "authorize-resume/", RUNNING + "undo-time/"
NOTE, ROOM_NOTE = RUNNING + "note-incident/", ROOM + "note-incident/"
PAUSE, PV = ROOM + "pause-room/", ROOM + "pv/"
FIVE = {"minutes": "5"}
BUTTONS = [
    *((ADD, {"minutes": minutes}, 422, MINUTES) for minutes in ("0", "-5", "241", HUGE)),
    *((ADD, {"minutes": minutes}, 422, WHOLE) for minutes in (
        "dix", "5.5", "5,5", "1e3", "²", "½", "0x10", "5 min", " ", ENDLESS, NUL, BELL)),
    *((ADD, body, 422, "Indiquez le nombre de minutes à ajouter.") for body in (
        {}, {"minutes": ""})),
    *((ADD, {**FIVE, "reason": reason}, 422, ANY) for reason in (NUL, "a" * 201)),
    *((ADD, {**FIVE, "idempotency_key": key}, 400, INCOMPLETE) for key in (
        "", " ", "short", "k" * 65, "clé-de-la-demande", "key-" + NUL, "key-key-" + BELL)),
    *((ADD, {**FIVE, "row_version": seen}, 400, INCOMPLETE) for seen in (
        "abc", "-1", "1.5", NUL, ENDLESS)),
    (ADD, {**FIVE, "row_version": "0"}, 409, ANY),
    *((RESUME, {"minutes": minutes}, 422, GIVEN_BACK) for minutes in ("-1", "241", HUGE)),
    (RESUME, {"minutes": "deux"}, 422, WHOLE),
    (RESUME, {}, 409, "Aucune reprise n’est demandée."),
    (UNDO, {}, 409, "Aucun temps ajouté n’est à annuler."),
    *((UNDO, {"grant": grant}, 422, ANY) for grant in ("0", "-3", "premier", NUL)),
    (RUNNING + "end-test/", {"reason": NUL}, 422, ANY),
    (RUNNING + "end-test/", {"reason": "a" * 201}, 422, ANY),
    (RUNNING + "authorize-start/", {}, 409, "Le test est déjà en cours."),
    (RUNNING + "accept-alert/", {"category": "E1"}, 409, "Aucun problème n’est signalé."),
    (RUNNING + "accept-alert/", {"category": "E1", "text": NUL}, 422, ANY),
    (RUNNING + "reject-alert/", {"text": NUL}, 422, ANY),
    (RUNNING + "reject-alert/", {}, 409, "Aucun problème n’est signalé."),
    *((NOTE, {"category": category}, 422, NO_CATEGORY) for category in ("", "C3", "e1", "E 1")),
    *((NOTE, {"category": category}, 422, ANY) for category in (NUL, "E1 ;", "<b>E1</b>")),
    (NOTE, {"category": "E1"}, 422, NEEDS_QUESTION),
    (NOTE, {"category": "C7"}, 422, NEEDS_TEXT),
    *((NOTE, {"category": "E1", "question": question}, 422, QUESTION) for question in (
        "0", "501", "-1", "neuf", "9.5", HUGE, NUL)),
    (NOTE, {"category": "C6", "text": "a" * 2_001}, 422, TOO_LONG),
    (NOTE, {"category": "C6", "text": NUL}, 422, ANY),
    (ROOM_NOTE, {}, 422, NO_CATEGORY),
    (ROOM_NOTE, {"category": "E1", "text": "Rien ne va."}, 422, NEEDS_QUESTION),
    (ROOM_NOTE, {"category": "C8"}, 422, NEEDS_TEXT),
    (ROOM_NOTE, {"category": "C6", "text": NUL}, 422, ANY),
    (PAUSE, {"reason": NUL}, 422, ANY),
    (PAUSE, {"reason": "a" * 201}, 422, ANY),
    (ROOM + "resume-room/", {}, 409, "La salle n’est pas suspendue."),
    (PV, {"remarks": NUL}, 422, ANY),
    (PV, {"remarks": "a" * 10_001}, 422, ANY),
    *((ROOM + f"candidats/{pk}/add-time/", FIVE, 404, NOT_HERE) for pk in (
        "{elsewhere}", "0", "999999", HUGE)),
    *((GROUP_ADD, {**FIVE, "candidate": named}, 400, CHOOSE) for named in (
        [], "", "abc", "-1", "1.0", "1 OR 1=1", "１", "²", NUL, HUGE, ENDLESS, ["{running}", "x"])),
    *((GROUP_ADD, {**FIVE, "candidate": named}, 404, NOT_HERE) for named in (
        "0", "999999", "{elsewhere}", ["{running}", "{elsewhere}"])),
    (GROUP_ADD, {"candidate": "{running}"}, 422, "Indiquez le nombre de minutes à ajouter."),
]  # fmt: skip


@both_kinds
@pytest.mark.parametrize(("path", "wrong", "status", "sentence"), BUTTONS)
def test_the_buttons_of_the_supervisor(scene, path, wrong, status, sentence, accept):
    body = {"idempotency_key": scene.words["key"], **wrong}
    body = {name: scene.filled(value) for name, value in body.items()}
    check_refused(scene, scene.supervisor(), path, body, status, sentence, accept)


@both_kinds
def test_an_action_without_a_key(scene, accept):
    check_refused(scene, scene.supervisor(), ADD, FIVE, 400, INCOMPLETE, accept)


@both_kinds
def test_a_key_used_again_for_something_else(scene, accept):
    browser, key = scene.supervisor(), {"idempotency_key": scene.words["key"]}
    browser.post(scene.filled(ADD), {**FIVE, **key})
    body = {"minutes": "6", **key}
    sentence = "Cette demande a déjà servi pour une autre action. Rechargez la page."
    check_refused(scene, browser, ADD, body, 422, sentence, accept)


@pytest.mark.parametrize("path", [ADD, PAUSE, NOTE, ROOM_NOTE, PV])
def test_control_characters_break_nothing(scene, path):
    """They may be kept or refused; they never become an error of ours, then or later."""
    body = {"idempotency_key": scene.words["key"], **FIVE, "category": "C6"}
    body |= dict.fromkeys(("reason", "text", "remarks"), "".join(map(chr, range(1, 32))) + "\x7f")
    browser = scene.supervisor()
    assert browser.post(scene.filled(path), body).status_code < 500
    for page in (ROOM, RUNNING, PV):
        assert browser.get(scene.filled(page)).status_code == 200


NOT_NUMBERS = ["%00", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "' --", ENDLESS]


@both_kinds
@pytest.mark.parametrize("number", NOT_NUMBERS, ids=lambda number: number[:10])
def test_an_address_that_holds_no_session_number(scene, number, accept):
    response = scene.supervisor().get(f"/surveillance/{number}/", headers={"accept": accept})
    assert response.status_code == 404
    told = response.json()["message"] if accept == PROGRAM else response.content.decode()
    assert "Cette page n’existe pas, ou vous n’y avez pas accès." in told


# The candidate's buttons


ANSWER, REPORT = "/candidat/repondre/", "/candidat/signaler/"
SEAT_BUTTONS = [
    *((ANSWER, {"question": question, "answer": "a"}, 404, NO_QUESTION) for question in (
        "", "0", "-1", "21", "abc", "1.5", HUGE, ENDLESS, NUL)),
    (ANSWER, {"question": "2", "answer": ""}, 409, "Cette question n’est pas encore ouverte."),
    (ANSWER, {"question": "1", "answer": "z"}, 422, "Choisissez parmi les réponses proposées."),
    (ANSWER, {"question": "1", "answer": ["a", "b"]}, 422, "Choisissez une seule réponse."),
    (ANSWER, {"question": "1", "answer": NUL}, 422, ANY),
    (ANSWER, {"question": "1", "answer": "a" * 5_000}, 422, ANY),
    *((REPORT, {"subject": subject}, 422, "Choisissez ce qui ne va pas.") for subject in (
        "", "autre", "<b>", BELL)),
    (REPORT, {"subject": NUL}, 422, ANY),
    (REPORT, {"subject": "image", "text": NUL}, 422, ANY),
    (REPORT, {"subject": "image", "text": "a" * 501}, 422, ANY),
]  # fmt: skip


@both_kinds
@pytest.mark.parametrize(("path", "body", "status", "sentence"), SEAT_BUTTONS)
def test_the_buttons_of_the_candidate(scene, path, body, status, sentence, accept):
    check_refused(scene, scene.candidate(), path, body, status, sentence, accept)


FORGED = {
    "nothing": "",
    "no signature": "abc",
    "not ascii": "é" * 20,
    "signed for something else": signing.dumps([1, "x"], salt="elsewhere"),
    "tampered": signing.dumps([1, "x"], salt=access.SALT)[:-1] + "_",
    "too long": "a:" * 2_000,
    "of nobody": signing.dumps([10**9, "x"], salt=access.SALT),
}


@both_kinds
@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("path", [ANSWER, REPORT, "/candidat/commencer/", "/candidat/terminer/"])
def test_a_seat_that_we_did_not_give(scene, cookie, path, accept):
    body = {"question": "1", "answer": "a", "subject": "image"}
    check_refused(
        scene, with_cookie(cookie), path, body, 403, "Rejoignez d’abord votre session.", accept
    )


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED)
def test_the_page_of_the_test_sends_such_a_seat_to_the_door(scene, cookie):
    page = with_cookie(cookie).get("/candidat/test/", headers={"accept": PAGE})
    assert (page.status_code, page["Location"]) == (302, "/candidat/")
    assert with_cookie(cookie).get("/candidat/test/").status_code == 403


# A finalised session


@both_kinds
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ADD, FIVE),
        (GROUP_ADD, {**FIVE, "candidate": "{running}"}),
        (RUNNING + "end-test/", {}),
        (RUNNING + "authorize-start/", {}),
        (NOTE, {"category": "C6"}),
        (ROOM_NOTE, {"category": "C6"}),
        (PAUSE, {}),
        (PV, {"remarks": "Trop tard."}),
    ],
)
def test_a_finalised_session_moves_no_more(scene, path, body, accept):
    Session.objects.filter(pk=scene.room.pk).update(state="finalized")
    body = {"idempotency_key": scene.words["key"]} | {k: scene.filled(v) for k, v in body.items()}
    check_refused(scene, scene.supervisor(), path, body, 409, FINALIZED, accept)


@both_kinds
@pytest.mark.parametrize(("path", "body"), [
    (ANSWER, {"question": "1", "answer": "a"}), (REPORT, {"subject": "image"}),
    ("/candidat/terminer/", {}),
])  # fmt: skip
def test_a_candidate_of_a_finalised_session_moves_no_more(scene, path, body, accept):
    Session.objects.filter(pk=scene.room.pk).update(state="finalized")
    check_refused(scene, scene.candidate(), path, body, 409, FINALIZED, accept)


# What a page that polls says it shows

EPOCH = "0b0e7c4e-6f0c-4c1e-9a51-3c2f6a4d9e10"
LIVE = "/surveillance/{number}/live/"
SHOWN = [
    *({"epoch": EPOCH, "v": version} for version in (
        "", "-1", "1.5", "abc", "²", "１", " 1", HUGE, ENDLESS, NUL)),
    *({"epoch": epoch, "v": "1"} for epoch in (
        "", "abc", EPOCH + "0", "'; --", NUL, BELL, "é" * 36, ENDLESS)),
    {"epoch": EPOCH},
    {"v": "1"},
]  # fmt: skip


@both_kinds
@pytest.mark.parametrize("query", SHOWN, ids=lambda query: str(query)[:60])
def test_a_page_that_says_nonsense_of_what_it_shows(scene, query, accept):
    browser, before = scene.supervisor(), everything()
    response = browser.get(scene.filled(LIVE), query, headers={"accept": accept})
    assert response.status_code == 400
    told = response.json()["message"] if accept == PROGRAM else response.content.decode()
    assert "Cette page ne sait plus ce qu’elle affiche. Rechargez-la." in told
    assert changes(before, everything()) == set()


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED)
def test_a_seat_that_we_did_not_give_is_told_nothing(scene, cookie):
    response = with_cookie(cookie).get("/candidat/live/")
    assert response.status_code == 403
    assert response.json() == {"message": "Rejoignez d’abord votre session."}


# Text that would be code


def test_names_and_words_are_shown_and_never_run(scene):
    attack = {"birth_name": "<script>alert(1)</script>", "first_name": '"><img src=x onerror=a>'}
    person = factories.running(scene.room, scene.by, **attack)
    text = "</textarea><script>alert(2)</script>"
    incidents.raise_alert(person, factories.seat_of(person), subject="image", text=text)
    incidents.note_incident(person, user=scene.by, category="C7", text=text)
    remark_services.save_remark(scene.room, user=scene.by, text=text)
    services.add_time(person, user=scene.by, minutes=1, reason=text)
    services.pause_room(scene.room, user=scene.by, reason=text)
    for path in (ROOM, f"{ROOM}candidats/{person.pk}/", f"{ROOM}groupe/?candidate={person.pk}", PV):
        page = scene.supervisor().get(scene.filled(path), headers={"accept": PAGE})
        check_harmless(page.content.decode(), "&lt;")
    check_harmless(board.whole(scene.room.pk)["html"], "&lt;")
    row = board.change(scene.room.pk, str(scene.room.epoch), scene.room.version).frame
    check_harmless(row["html"], "&lt;")


def check_harmless(page: str, escaped: str) -> None:
    soup = BeautifulSoup(page, "html.parser")
    assert escaped in page
    assert soup.find("img", onerror=True) is None
    assert [script for script in soup.find_all("script") if "alert" in script.text.lower()] == []


def test_the_candidate_s_own_page_shows_names_and_words_too(scene):
    Candidate.objects.filter(pk=scene.running.pk).update(first_name="<script>alert(1)</script>")
    services.pause_room(scene.room, user=scene.by, reason="<script>alert(2)</script>")
    page = scene.candidate().get("/candidat/test/", headers={"accept": PAGE})
    check_harmless(page.content.decode(), "&lt;")
