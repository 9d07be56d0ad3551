"""Candidate lists in the admin: who is on them, never how their test goes."""

from decimal import Decimal

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.models import Candidate
from sessions_app.models import Session, SessionEvent
from tests import factories
from tests.admin_page import save, text, url

CANDIDATE, SESSION = "candidates_candidate", "sessions_app_session"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def superuser(client):
    user = factories.user(admin=True)
    client.force_login(user)
    return user


@pytest.fixture
def planned():
    room = factories.session()
    Session.objects.filter(pk=room.pk).update(state=Session.State.PLANNED)
    return Session.objects.get(pk=room.pk)


def line(place: int, **changes) -> dict[str, str]:
    data = {"birth_name": "Petit", "first_name": "Zoé", "birthdate": "02/03/2010"}
    data |= {"external_id": "", "extra_time_percent": "0"} | changes
    return {f"candidates-{place}-{name}": value for name, value in data.items()}


def save_list(client, room: Session, **changes):
    return save(client, url(SESSION, "change", room.pk), "session_form", **changes)


def add(client, room: Session, *lines: dict, before: int = 0):
    data = {"candidates-TOTAL_FORMS": before + len(lines)}
    for place, fields in enumerate(lines, start=before):
        data |= line(place, **fields)
    return save_list(client, room, **data)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_any_number(client, rows):
    for _ in range(rows):
        factories.candidate(factories.session())
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url(CANDIDATE)).status_code == 200
    assert len(captured) == 9


@pytest.mark.parametrize("rows", [1, 3])
def test_a_session_with_its_list_costs_the_same_for_any_number(client, rows):
    room = factories.session()
    for _ in range(rows):
        factories.candidate(room)
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url(SESSION, "change", room.pk)).status_code == 200
    assert len(captured) == 9


def test_a_person_is_found_without_accents_in_any_order(client):
    room = factories.session()
    factories.candidate(room, birth_name="D’Aubigné", first_name="Jean-Paul")
    factories.candidate(room, birth_name="Martin", first_name="Paul")
    for term in ("d'aubigne", "PAUL aubigné", "jean-paul"):
        page = text(client.get(url(CANDIDATE), {"q": term}))
        assert "D’AUBIGNÉ" in page, term
        assert "MARTIN" not in page, term
    assert "MARTIN" in text(client.get(url(CANDIDATE), {"extra": "no"}))
    assert "MARTIN" not in text(client.get(url(CANDIDATE), {"extra": "yes"}))


def test_a_list_is_typed_in_the_session(client, planned):
    answer = add(client, planned, {}, {"birth_name": "d'Aubigné", "extra_time_percent": "33"})
    assert answer.status_code == 302
    found = {row.sort_key: row.extra_time_percent for row in Candidate.objects.all()}
    assert found == {"petit zoe": 0, "daubigne zoe": Decimal(33)}
    assert not SessionEvent.objects.exists()


def test_an_open_room_is_told(client, superuser):
    room = factories.session()
    kept = factories.candidate(room, birth_name="Abadie")
    gone = factories.candidate(room, birth_name="Zeller")
    changes = {"candidates-0-first_name": "Noémie", "candidates-1-DELETE": "on"}
    data = {"candidates-TOTAL_FORMS": 3} | line(2) | changes
    assert save_list(client, room, **data).status_code == 302
    kept.refresh_from_db()
    assert (kept.first_name, kept.sort_key) == ("Noémie", "abadie noemie")
    assert not Candidate.objects.filter(pk=gone.pk).exists()
    told = SessionEvent.objects.values_list("type", "candidate", "user")
    assert list(told) == [
        ("candidate_removed", None, superuser.pk),
        ("candidate_corrected", kept.pk, superuser.pk),
        ("candidate_added", None, superuser.pk),
    ]
    room.refresh_from_db()
    assert room.version == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"birth_name": "--"}, "Ce nom ne contient aucune lettre."),
        ({"birthdate": "02/03/2090"}, "La date de naissance doit être passée"),
        ({"birthdate": "31/02/2010"}, "date valide"),
        ({"extra_time_percent": "301"}, "inférieure ou égale à 300"),
    ],
)
def test_the_rules_are_those_of_the_import(client, planned, changes, sentence):
    answer = add(client, planned, changes)
    assert answer.status_code == 200
    assert sentence in text(answer)
    assert not Candidate.objects.exists()


def test_nobody_is_enrolled_twice(client, planned):
    twice = add(client, planned, {}, {"birth_name": "PÉTIT", "first_name": "zoe"})
    assert "figure deux fois dans la liste" in text(twice)
    add(client, planned, {})
    again = add(client, planned, {"first_name": "Zoë"}, before=1)
    assert "Ce candidat est déjà inscrit dans cette session." in text(again)
    data = {"session": planned.pk} | {"birth_name": "petit", "first_name": "ZOÉ"}
    data |= {"birthdate": "02/03/2010", "extra_time_percent": "0"}
    alone = save(client, url(CANDIDATE, "add"), "candidate_form", **data)
    assert "Ce candidat est déjà inscrit dans cette session." in text(alone)
    assert Candidate.objects.count() == 1


def test_who_the_journal_speaks_of_stays_on_the_list(client):
    room = factories.session()
    person = factories.waiting(room)
    save_list(client, room, **{"candidates-0-DELETE": "on"})
    refused = client.post(url(CANDIDATE, "delete", person.pk), {"post": "yes"})
    assert "le journal de la session, qui est conservé" in text(refused)
    action = {"action": "delete_selected", "_selected_action": person.pk, "post": "yes"}
    client.post(url(CANDIDATE), action)
    assert room.candidates.exists()
    absent = factories.candidate(room)
    assert client.post(url(CANDIDATE, "delete", absent.pk), {"post": "yes"}).status_code == 302
    assert list(room.candidates.all()) == [person]


def test_a_started_timer_does_not_pretend_to_move(client):
    room = factories.session()
    person = factories.running(room, factories.supervisor(room))
    address = url(CANDIDATE, "change", person.pk)
    assert "ajoutez du temps depuis la salle" in text(client.get(address))
    save(client, address, "candidate_form", extra_time_percent="50", first_name="Lise")
    save_list(client, room, **{"candidates-0-extra_time_percent": "50"})
    after = factories.fresh(person)
    assert (after.first_name, after.extra_time_percent) == ("Lise", 0)
    assert (after.ends_at, after.state) == (person.ends_at, "in_progress")


def test_state_and_facts_are_never_written(client):
    room = factories.session()
    person = factories.waiting(room)
    forged = {"state": "finished", "ended_by": "supervisor", "authorized_until": "2030-01-01"}
    save(client, url(CANDIDATE, "change", person.pk), "candidate_form", first_name="Lise", **forged)
    after = factories.fresh(person)
    assert (after.first_name, after.state) == ("Lise", "not_started")
    assert (after.ended_by, after.authorized_until) == ("", None)
    assert after.asks_start_at == person.asks_start_at


def test_a_finished_identity_is_only_shown(client):
    room = factories.session()
    person = factories.finished(room, factories.supervisor(room), first_name="Paul")
    address = url(CANDIDATE, "change", person.pk)
    assert client.get(address).status_code == 200
    assert client.post(address, {"first_name": "Autre"}).status_code == 403
    save_list(client, room, **{"candidates-0-first_name": "Autre"})
    assert factories.fresh(person).first_name == "Paul"


def test_staff_enrol_in_their_own_centre_only(client, planned):
    mine = factories.session()
    user = factories.head(mine.center)
    client.force_login(user)
    data = {"birth_name": "Petit", "first_name": "Zoé", "birthdate": "02/03/2010"}
    data |= {"extra_time_percent": "0"}
    address = url(CANDIDATE, "add")
    refused = save(client, address, "candidate_form", **data, session=planned.pk)
    assert refused.status_code == 200
    assert save(client, address, "candidate_form", **data, session=mine.pk).status_code == 302
    assert [candidate.session for candidate in Candidate.objects.all()] == [mine]
