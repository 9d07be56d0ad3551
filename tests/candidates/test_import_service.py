"""The import writes all or nothing, and only in the centre it was asked for."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.import_service import import_sessions
from candidates.models import Candidate
from sessions_app.models import Session, SessionEvent
from tests import factories

SAMPLE = Path(__file__).parents[2] / "candidates" / "sample-import.csv"
HEADER = (
    "Numéro de session préexistante;Nom du site;Nom de la salle;Date de début;Heure de début;"
    "Surveillant(s);Observations;Nom de naissance;Prénom;Date de naissance;Sexe;"
    "Pays de naissance;Identifiant externe;Temps majoré\n"
)
pytestmark = pytest.mark.django_db


def new_session(room: str) -> str:
    return f";Collège;{room};15/06/2027;09:00;Mme Kervella;;"


def number(value: str) -> str:
    return f"{value};;;;;;;"


def person(name: str, extra: str = "") -> str:
    return f"{name};Léa;23/04/2010;F;FRANCE;;{extra}"


def csv(*lines: str) -> bytes:
    return (HEADER + "\n".join(lines)).encode()


def run(content: bytes, center=None, **options):
    return import_sessions(content, "liste.csv", center or factories.center(), **options)


def codes(result) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in result.errors]


def test_the_sample_is_imported_whole():
    center = factories.center()
    result = import_sessions(SAMPLE.read_bytes(), SAMPLE.name, center)
    assert (result.errors, result.warnings) == ([], [])
    assert result.candidates == Candidate.objects.count() == 31
    rooms = [(done.session.room, done.candidates, done.is_new) for done in result.sessions]
    assert rooms == [("Salle informatique 2", 14, True), ("CDI", 10, True), ("B-112", 7, True)]
    first = Session.objects.get(room="Salle informatique 2")
    assert (first.center, first.date, first.start_time) == (center, date(2027, 6, 15), time(9))
    assert (first.state, len(first.number), first.version) == ("planned", 6, 0)


def test_a_bulk_insert_fills_the_keys_as_a_save_does():
    run(csv(new_session("CDI") + person("D'Aubigné", "33%")))
    candidate = Candidate.objects.get()
    made = (candidate.sort_key, candidate.identity_key)
    assert made == ("daubigne lea", "daubigne lea 2010-04-23")
    assert candidate.extra_time_percent == Decimal(33)
    candidate.save()
    assert made == (candidate.sort_key, candidate.identity_key)


def test_with_an_error_nothing_is_written():
    result = run(csv(new_session("CDI") + person("Durand"), new_session("B1") + person("")))
    assert codes(result) == [(3, "BIRTH_NAME_MISSING")]
    assert result.sessions == []
    assert not Session.objects.exists()


def test_a_dry_run_finds_the_same_and_writes_nothing():
    room = factories.session()
    factories.candidate(room, birth_name="Avant")
    lines = csv(number(room.number) + person("Durand"), new_session("CDI") + person("Petit"))
    result = run(lines, room.center, dry_run=True)
    assert (len(result.sessions), result.candidates, result.errors) == (2, 2, [])
    assert [done.session.number for done in result.sessions] == [room.number, ""]
    assert [candidate.birth_name for candidate in Candidate.objects.all()] == ["Avant"]
    assert Session.objects.get() == room
    assert not SessionEvent.objects.exists()


def test_a_numbered_session_gets_the_new_list_and_keeps_what_the_file_leaves_empty():
    room = factories.session(room="CDI")
    factories.candidate(room, birth_name="Avant")
    result = run(csv(number(room.number) + person("Durand")), room.center)
    assert [(done.session.pk, done.is_new) for done in result.sessions] == [(room.pk, False)]
    assert [candidate.birth_name for candidate in room.candidates.all()] == ["Durand"]
    before, room = room, Session.objects.get(pk=room.pk)
    assert (room.room, room.site, room.date) == ("CDI", before.site, before.date)
    assert room.supervisor_code == before.supervisor_code


def test_a_numbered_session_takes_what_the_file_says():
    room = factories.session(room="CDI")
    line = f"{room.number};Lycée;B-204;16/06/2027;10:30;M. Roux;Salle froide;"
    run(csv(line + person("Durand")), room.center)
    room.refresh_from_db()
    assert (room.site, room.room, room.supervisors) == ("Lycée", "B-204", "M. Roux")
    assert (room.date, room.start_time) == (date(2027, 6, 16), time(10, 30))
    assert room.remarks == "Salle froide"


def test_an_open_room_is_told_and_a_planned_one_can_still_be_deleted():
    user = factories.user()
    room = factories.session()
    run(csv(number(room.number) + person("Durand")), room.center, user=user)
    event = SessionEvent.objects.get()
    assert (event.type, event.user, event.version) == ("list_replaced", user, 1)
    planned = factories.session(center=room.center)
    Session.objects.filter(pk=planned.pk).update(state=Session.State.PLANNED)
    run(csv(number(planned.number) + person("Durand")), room.center)
    assert not planned.events.exists()


def test_the_session_of_another_centre_is_as_unknown_as_one_that_does_not_exist():
    theirs = factories.session()
    factories.candidate(theirs, birth_name="Secret")
    unused = "100001" if theirs.number != "100001" else "100002"
    mine = factories.center()
    there = run(csv(number(theirs.number) + person("Durand")), mine)
    nowhere = run(csv(number(unused) + person("Durand")), mine)
    assert there.errors == nowhere.errors
    assert codes(there) == [(2, "SESSION_NUMBER_UNKNOWN")]
    assert [candidate.birth_name for candidate in theirs.candidates.all()] == ["Secret"]


def test_a_refused_session_stops_the_whole_file():
    room = factories.session()
    factories.waiting(room, birth_name="Présente")
    lines = csv(new_session("CDI") + person("Petit"), number(room.number) + person("Durand"))
    assert codes(run(lines, room.center)) == [(3, "SESSION_BEGUN")]
    assert [candidate.birth_name for candidate in Candidate.objects.all()] == ["Présente"]


@pytest.mark.parametrize("stage", ["waiting", "running", "finished", "given_time"])
def test_once_someone_is_there_the_list_stays(stage):
    room = factories.session()
    user = factories.supervisor(room)
    if stage == "given_time":
        from candidates import services

        services.add_time(factories.candidate(room), user=user, minutes=5)
    elif stage == "waiting":
        factories.waiting(room)
    else:
        getattr(factories, stage)(room, user)
    result = run(csv(number(room.number) + person("Durand")), room.center)
    assert codes(result) == [(2, "SESSION_BEGUN")]


def test_a_finalised_session_stays():
    room = factories.session()
    Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    result = run(csv(number(room.number) + person("Durand")), room.center)
    assert codes(result) == [(2, "SESSION_FINALIZED")]


def test_the_same_file_twice_is_said_but_not_refused():
    center = factories.center()
    lines = csv(new_session("CDI") + person("Durand"))
    (done,) = run(lines, center).sessions
    elsewhere = run(lines, factories.center())
    assert elsewhere.warnings == []
    again = run(lines, center)
    assert [(fault.line, fault.code) for fault in again.warnings] == [(2, "SESSION_EXISTS")]
    assert done.session.spaced_number in again.warnings[0].message
    assert center.sessions.count() == 2


def test_a_number_already_drawn_is_drawn_again(monkeypatch):
    taken = factories.session().number
    free = "100001" if taken != "100001" else "100002"
    draws = iter([taken, free])
    field = Session._meta.get_field("number")
    monkeypatch.setattr(field, "_get_default", lambda: next(draws))
    monkeypatch.setattr("sessions_app.codes.new_number", lambda: next(draws))
    (done,) = run(csv(new_session("CDI") + person("Durand"))).sessions
    assert done.session.number == free


def queries(lines: bytes, center) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert run(lines, center).errors == []
    return len(captured)


def test_a_session_costs_a_constant_number_of_queries():
    center = factories.center()

    def file(name: str, sessions: int, candidates: int) -> bytes:
        return csv(
            *(
                (new_session(f"{name}{s}") if c == 0 else ";" * 7) + person(f"Nom{'x' * c}")
                for s in range(sessions)
                for c in range(candidates)
            )
        )

    one, three = queries(file("a", 1, 20), center), queries(file("b", 3, 20), center)
    assert (three - one) / 2 == 3  # is the number free? the session, its candidates
    assert queries(file("c", 1, 3), center) == one
