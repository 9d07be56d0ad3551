"""The journal of a session as its supervisors read it."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates import services
from incidents import services as incidents
from incidents.models import Incident
from sessions_app.event_names import NAMES
from sessions_app.event_sentences import DETAILS, KINDS, details
from sessions_app.models import SessionEvent
from tests import factories
from tests.sessions_app.scenes import Scene

pytestmark = pytest.mark.django_db
# Keys of other rows, and what the name of the event says already.
NOT_TOLD = {"alert", "grant", "incident", "access", "candidate", "fields"}
NOT_TOLD |= {"ends_at", "since", "subject", "together"}


@pytest.fixture
def reader(client, by):
    client.force_login(by)
    return client


def lines(client, room, query: str = "") -> list[str]:
    page = client.get(
        f"/surveillance/{room.number}/journal/{query}", headers={"accept": "text/html"}
    )
    assert page.status_code == 200
    assert page["Cache-Control"].find("no-store") >= 0
    soup = BeautifulSoup(page.content, "html.parser")
    return [" ".join(each.get_text(" ").split()) for each in soup.select(".journal li")]


def test_newest_first_with_who_what_and_how_much(reader, room, by):
    person = factories.running(room, by, birth_name="Nguyen", first_name="Léa")
    services.add_time(person, user=by, minutes=10, reason="Alarme")
    told = lines(reader, room)
    assert f"Temps ajouté · NGUYEN Léa · 10\u00a0min · «\u00a0Alarme\u00a0» {by}".replace(
        "\u00a0", " "
    ) in told[0].replace("\u00a0", " ")
    assert told[-1].endswith("candidat")
    assert "Arrivée dans la salle d’attente" in told[-1]


def test_what_may_be_chosen(reader, room, by):
    person, other = factories.running(room, by), factories.running(room, by)
    services.add_time(person, user=by, minutes=10)
    incidents.raise_alert(other, factories.seat_of(other), subject="image")
    assert all(other.display_name in each for each in lines(reader, room, f"?candidat={other.pk}"))
    assert len(lines(reader, room, "?genre=incidents")) == 1
    assert len(lines(reader, room, f"?surveillant={by.pk}")) == 3
    assert lines(reader, room, "?candidat=x&genre=y&surveillant=-1&avant=") == lines(reader, room)


def test_pages(reader, room, by, monkeypatch):
    monkeypatch.setattr("sessions_app.session_journal.PAGE", 2)
    factories.running(room, by)
    newest = lines(reader, room)
    page = reader.get(f"/surveillance/{room.number}/journal/", headers={"accept": "text/html"})
    older = BeautifulSoup(page.content, "html.parser").find("a", string="Plus ancien")["href"]
    assert len(newest) == 2
    assert len(lines(reader, room, older)) == 1


def test_the_way_back_from_an_older_page_keeps_the_choice(reader, room, by):
    person = factories.running(room, by)
    chosen = f"?candidat={person.pk}&avant=2"
    page = reader.get(f"/surveillance/{room.number}/journal/{chosen}")
    link = BeautifulSoup(page.content, "html.parser").find("a", string="Au plus récent")
    assert link["href"] == f"?candidat={person.pk}"


def test_what_became_of_an_incident_is_of_its_kind(reader, room, by):
    incidents.note_room_incident(room, user=by, category="C6")
    first = Incident.objects.get()
    incidents.correct_incident(room, incident=first, user=by, category="C6", text="Deux fois.")
    incidents.withdraw_incident(room, incident=Incident.objects.latest("pk"), user=by)
    assert len(lines(reader, room, "?genre=incidents")) == 3


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_queries_for_each_length(reader, room, by, count):
    for _ in range(count):
        factories.running(room, by)
    with CaptureQueriesContext(connection) as asked:
        lines(reader, room)
    assert len(asked) == 6  # login, account, session, events, candidates, supervisors


def test_of_another_session_nothing(client, room, by):
    factories.running(room, by, birth_name="Nguyen")
    client.force_login(factories.supervisor(factories.session()))
    answer = client.get(f"/surveillance/{room.number}/journal/", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "NGUYEN" not in answer.content.decode()


def test_what_people_typed_is_text(reader, room, by):
    person = factories.running(room, by)
    services.add_time(person, user=by, minutes=1, reason="<script>alert(1)</script>")
    page = reader.get(f"/surveillance/{room.number}/journal/", headers={"accept": "text/html"})
    assert "<script>alert" not in page.content.decode()


def test_hours_are_those_of_the_centre(reader, by):
    room = factories.session(center=factories.center(time_zone="Indian/Reunion"))
    factories.waiting(room)
    reader.force_login(factories.supervisor(room))
    at = SessionEvent.objects.get(session=room).at.astimezone(room.zone)
    assert lines(reader, room)[0].startswith(f"{at:%H:%M:%S}")


def test_every_detail_of_a_whole_scene_is_told_or_left_out_on_purpose(module_db):
    Scene("board")
    keys = {key for data in SessionEvent.objects.values_list("data", flat=True) for key in data}
    assert keys
    assert keys <= DETAILS.keys() | NOT_TOLD


def test_the_tables_name_events_that_exist():
    assert {each for _, types in KINDS.values() for each in types} <= NAMES.keys()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"minutes": 10, "reason": ""}, ["10\u00a0min"]),
        ({"minutes": 0, "absent_seconds": 190}, ["absence 3\u00a0min\u00a010\u00a0s"]),
        ({"candidates": [4, 5, 6]}, ["3 candidats"]),
        ({"category": "E1", "question": 9}, ["E1", "question 9"]),
        ({"question": None, "other_computer": False}, []),
        ({"seconds": 60}, ["durée 1\u00a0min"]),
        ({"unheard of": 1}, []),
    ],
)
def test_details(data, told):
    assert details(data) == told
