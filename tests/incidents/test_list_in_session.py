"""The list of an open session, as the supervisor of the room completes and corrects it."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from candidates import access, seat_services, services
from candidates.models import Candidate
from incidents.draft import draft
from incidents.models import Incident
from sessions_app import board
from sessions_app.models import Session
from tests import factories, fresh_boards
from tests.live_page import LivePage
from tests.snapshots import changes, everything, new_events

pytestmark = pytest.mark.django_db
NEW = {"birth_name": "Hoareau", "first_name": "Maël", "birthdate": "05/04/2009"}
PROGRAM = {"accept": "application/json"}


@pytest.fixture
def browser(by):
    browser = Client()
    browser.force_login(by)
    return browser


@pytest.fixture
def person(room):
    return factories.candidate(room, **{**NEW, "birthdate": date(2009, 4, 5)})


def add(browser, room, key=None, **body):
    body = {"idempotency_key": key or uuid.uuid4().hex, **NEW, **body}
    return browser.post(reverse("add-candidate", args=[room.number]), body, headers=PROGRAM)


def correct(browser, person, key=None, **body):
    body = {"idempotency_key": key or uuid.uuid4().hex, **NEW, **body}
    path = reverse("correct-identity", args=[person.session.number, person.pk])
    return browser.post(path, body, headers=PROGRAM)


def joins(room, **who) -> bool:
    told = {"last_name": "hoareau", "first_name": "mael", "birthdate": date(2009, 4, 5), **who}
    codes = {"session_number": room.number, "access_code": room.access_code}
    try:
        return bool(access.candidate_who_joins(**codes, **told, admits=bool))
    except access.Invalid:
        return False


def test_who_was_forgotten_is_added_once_and_can_join(browser, room, by):
    assert not joins(room)
    before, key = everything(), uuid.uuid4().hex
    first = add(browser, room, key, extra_time_percent="33 %")
    again = add(browser, room, key, extra_time_percent="33 %")
    assert (first.status_code, again.content) == (200, first.content)
    added = room.candidates.get()
    assert added.extra_time_percent == Decimal(33)
    (event,) = new_events(before, everything())
    assert (event["type"], event["user_id"]) == ("candidate_added", by.pk)
    assert event["data"] == {"candidate": added.pk}
    assert joins(room)


def test_extra_time_of_who_is_added_counts(browser, room, by):
    add(browser, room, extra_time_percent="33,33")
    person = factories.fresh(room.candidates.get())
    seat_services.join(person, factories.seat_of(person))
    services.authorize_start(factories.fresh(person), user=by)
    seat_services.start(factories.fresh(person), factories.seat_of(person))
    after = factories.fresh(person)
    assert (after.ends_at - after.started_at).total_seconds() == 8400  # 105 min × 4/3, rounded up


WRONG = [
    ({"birth_name": ""}, 422, "nom de naissance"),
    ({"first_name": " "}, 422, "prénom"),
    ({"first_name": "---"}, 422, "aucune lettre"),
    ({"birth_name": "x" * 121}, 422, "120"),
    ({"birthdate": ""}, 422, "date de naissance"),
    ({"birthdate": "31/02/2009"}, 422, "date qui existe"),
    ({"birthdate": "05/04/2109"}, 422, "passée"),
    ({"extra_time_percent": "beaucoup"}, 422, "pourcentage"),
    ({"extra_time_percent": "301"}, 422, "pourcentage"),
    ({"idempotency_key": "x"}, 400, "incomplète"),
]


@pytest.mark.parametrize(("body", "status", "words"), WRONG)
def test_a_wrong_line_is_refused_in_one_sentence(browser, room, body, status, words):
    before = everything()
    answer = add(browser, room, **body)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert changes(before, everything()) == set()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_person_already_there_is_refused_however_typed(browser, room, person, accept):
    before = everything()
    body = {
        "idempotency_key": uuid.uuid4().hex,
        **NEW,
        "birth_name": "HOAREAU",
        "first_name": "mael",
    }
    path = reverse("add-candidate", args=[room.number])
    answer = browser.post(path, body, headers={"accept": accept})
    assert answer.status_code == 409
    told = answer.json()["message"] if accept == PROGRAM["accept"] else answer.content.decode()
    assert "déjà inscrit" in told
    assert changes(before, everything()) == set()


def test_nothing_moves_once_finalised(browser, room, person):
    Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    before = everything()
    for answer in (
        add(browser, room, first_name="Zoé"),
        correct(browser, person, first_name="Zoé"),
    ):
        assert answer.status_code == 409
        assert "finalisée" in answer.json()["message"]
    assert changes(before, everything()) == set()


def test_a_wrong_birthdate_is_corrected_and_told_once(browser, room, by, person):
    before = everything()
    answer = correct(browser, person, birthdate="04/05/2009", row_version=person.row_version)
    assert answer.status_code == 200
    assert (joins(room), joins(room, birthdate=date(2009, 5, 4))) == (False, True)
    (event,) = new_events(before, everything())
    line = Incident.objects.get()
    told = {"fields": ["birthdate"], "incident": line.pk, "category": "C1"}
    assert (event["type"], event["user_id"], event["data"]) == ("identity_corrected", by.pk, told)
    journal = browser.get(reverse("journal", args=[room.number])).content.decode()
    assert "date de naissance" in journal
    (entry,) = draft(room).entries
    nb = "\u00a0"
    assert entry.text == (
        f"Date de naissance{nb}: «{nb}04/05/2009{nb}» au lieu de «{nb}05/04/2009{nb}»."
    )


def test_a_corrected_name_is_everywhere(browser, room, person):
    assert correct(browser, person, birth_name="Hoarau", text="Vu sur la carte.").status_code == 200
    (entry,) = draft(room).entries
    assert entry.candidate.name == "HOARAU Maël"
    assert entry.text.endswith("Vu sur la carte.")
    after = Candidate.objects.get(pk=person.pk)
    assert (after.sort_key, after.identity_key) == ("hoarau mael", "hoarau mael 2009-04-05")


def test_the_second_who_corrects_sees_what_the_first_did(browser, person):
    seen = {"row_version": person.row_version}
    assert correct(browser, person, birthdate="04/05/2009", **seen).status_code == 200
    late = correct(browser, person, first_name="Maëlle", **seen)
    assert late.status_code == 409
    assert "Identité déjà corrigée" in late.json()["message"]
    assert str(person.pk) in late.json()["rows"]
    assert Candidate.objects.get(pk=person.pk).birthdate == date(2009, 5, 4)


def test_pressed_again_an_old_form_does_not_bring_the_old_values_back(browser, person):
    shown = person.identity_key
    assert correct(browser, person, birthdate="04/05/2009", shown=shown).status_code == 200
    version = factories.fresh(person).row_version
    again = correct(browser, person, first_name="Maëlle", shown=shown, row_version=version)
    assert (again.status_code, "ouvrez-la de nouveau" in again.json()["message"]) == (409, True)
    assert Candidate.objects.get(pk=person.pk).birthdate == date(2009, 5, 4)


def test_nothing_that_differs_needs_words(browser, person):
    before = everything()
    assert correct(browser, person).status_code == 422
    assert changes(before, everything()) == set()
    assert correct(browser, person, text="Prénom d’usage.").status_code == 200
    assert Incident.objects.get().text == "Prénom d’usage."


def test_a_correction_may_not_make_two_of_one(browser, room, person):
    other = factories.candidate(room, birth_name="Hoarau", birthdate=date(2009, 4, 5))
    before = everything()
    answer = correct(browser, person, birth_name="Hoarau", first_name=other.first_name)
    assert answer.status_code == 409
    assert "déjà inscrit" in answer.json()["message"]
    assert changes(before, everything()) == set()


def test_who_has_finished_is_noted_only(browser, room, by):
    person = factories.finished(room, by, **{**NEW, "birthdate": date(2009, 4, 5)})
    before = everything()
    answer = correct(browser, person, first_name="Maëlle")
    assert (answer.status_code, "terminé" in answer.json()["message"]) == (409, True)
    assert changes(before, everything()) == set()
    page = browser.get(person.sheet_url).content.decode()
    assert 'name="birth_name"' not in page


@pytest.mark.parametrize("act", [add, correct])
def test_the_board_with_its_frames_is_what_a_reload_shows(browser, room, by, person, act):
    factories.running(room, by, birth_name="Ivanov")
    html = browser.get(reverse("board", args=[room.number])).content.decode()
    page = LivePage(html)
    line = room if act is add else person
    assert act(browser, line, birth_name="Zidi").status_code == 200
    page.apply(board.missed(room.pk, page.epoch, page.version))
    with fresh_boards.nothing_kept():
        reloaded = LivePage(browser.get(reverse("board", args=[room.number])).content.decode())
    assert "ZIDI" in page.shown()
    assert page.shown() == reloaded.shown()


def test_the_forms_work_without_scripts(browser, room, person):
    dialog = browser.get(reverse("room", args=[room.number]) + "?action=add-candidate")
    assert '<details class="fold" open>' in dialog.content.decode()
    body = {"idempotency_key": uuid.uuid4().hex, **NEW, "first_name": "Zoé"}
    page = {"accept": "text/html"}
    answer = browser.post(reverse("add-candidate", args=[room.number]), body, headers=page)
    assert (answer.status_code, answer["Location"]) == (303, reverse("board", args=[room.number]))
    sheet = browser.get(person.sheet_url, headers=page).content.decode()
    assert 'value="05/04/2009"' in sheet
