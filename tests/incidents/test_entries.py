"""The entries of the day: one tap, one event, at the right minute; some are an incident, too."""

import uuid
from datetime import time

import pytest
from bs4 import BeautifulSoup

from candidates.states import State
from incidents.draft import draft
from incidents.entries import ENTRIES, EVENTS
from incidents.entry_services import service_of
from incidents.models import Incident
from sessions_app.event_names import NAMES
from sessions_app.refusals import Conflict, Invalid
from tests import factories
from tests.snapshots import changes, everything, new_events

pytestmark = pytest.mark.django_db
NEEDS_WORDS = {"correct-identity", "leave-early"}
IS_INCIDENT = {"signature-missing": "C4", "correct-identity": "C1"}
WORDS = "Prénom : Aïda."


@pytest.fixture
def person(room, by):
    return factories.candidate(room)


def test_the_table_is_what_the_day_needs():
    assert set(ENTRIES) == {
        "late-arrival",
        "leave-room",
        "return-to-room",
        "change-seat",
        "signature-missing",
        "signature-given",
        "correct-identity",
        "leave-early",
        "mark-absent",
    }
    assert len(EVENTS) == len(ENTRIES)
    assert EVENTS.keys() <= NAMES.keys()


@pytest.mark.parametrize("action", ENTRIES)
def test_an_entry_is_one_event_and_an_incident_where_it_belongs(person, by, action):
    before = everything()
    service_of(action)(person, user=by, text=WORDS if action in NEEDS_WORDS else "")
    (event,) = new_events(before, everything())
    assert (event["type"], event["user_id"]) == (ENTRIES[action].event, by.pk)
    assert event["candidate_id"] == person.pk
    lines = Incident.objects.values_list("category", flat=True)
    assert list(lines) == ([IS_INCIDENT[action]] if action in IS_INCIDENT else [])
    wanted = {"Session.version", "+SessionEvent"}
    wanted |= {"+Incident"} if action in IS_INCIDENT else set()
    assert changes(before, everything()) == wanted
    (entry,) = draft(person.session).entries
    assert (entry.at, entry.candidate.pk) == (event["at"], person.pk)


@pytest.mark.parametrize("action", sorted(NEEDS_WORDS))
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_words_that_are_required_are_asked_for(client, person, by, action, accept):
    client.force_login(by)
    before = everything()
    with pytest.raises(Invalid):
        service_of(action)(person, user=by, text=" ")
    body = {"idempotency_key": uuid.uuid4().hex}
    path = f"/surveillance/{person.session.number}/candidats/{person.pk}/{action}/"
    assert client.post(path, body, headers={"accept": accept}).status_code == 422
    assert changes(before, everything()) == set()


def test_several_are_noted_at_once(client, room, by):
    people = [factories.candidate(room) for _ in range(3)]
    client.force_login(by)
    body = {"idempotency_key": uuid.uuid4().hex, "candidate": [each.pk for each in people]}
    answer = client.post(f"/surveillance/{room.number}/mark-absent/", body)
    assert answer.json() == {"done": [each.pk for each in people], "refused": []}
    assert draft(room).counts.absent == 3


def test_an_early_leave_ends_the_test_that_runs_with_its_reason(room, by):
    person = factories.running(room, by)
    service_of("leave-early")(person, user=by, text="Malade, parti avec sa mère.")
    after = factories.fresh(person)
    assert (after.state, after.ended_by, after.end_reason) == (
        State.FINISHED,
        "supervisor",
        "Départ anticipé",
    )
    told = [(entry.what, entry.text) for entry in draft(room).entries]
    assert told == [
        ("Test non terminé", "Départ anticipé"),
        ("Départ anticipé", "Malade, parti avec sa mère."),
    ]


def test_who_has_started_is_not_absent(room, by):
    with pytest.raises(Conflict, match="n’est pas absent"):
        service_of("mark-absent")(factories.running(room, by), user=by)


def test_the_precise_hour_is_kept_and_may_not_lie_ahead(room, by, person):
    midnight = time(0, 0)
    service_of("late-arrival")(person, user=by, hour=midnight)
    (entry,) = draft(room).entries
    assert f"{entry.at:%H:%M}" == "00:00"
    assert entry.noted_at >= entry.at
    with pytest.raises(Invalid, match="pas encore passée"):
        service_of("late-arrival")(person, user=by, hour=time(23, 59, 59))


def offered(client, person) -> list[str]:
    path = f"/surveillance/{person.session.number}/candidats/{person.pk}/"
    page = BeautifulSoup(client.get(path).content, "html.parser")
    addresses = [form["action"].split("/")[-2] for form in page.select("form[action]")]
    return [name for name in addresses if name in ENTRIES]


def test_the_sheet_offers_what_may_come_next(client, room, by):
    person = factories.running(room, by)
    client.force_login(by)
    assert {"leave-room", "signature-missing", "leave-early"} <= set(offered(client, person))
    assert not {"return-to-room", "signature-given", "mark-absent"} & set(offered(client, person))
    service_of("leave-room")(person, user=by)
    service_of("signature-missing")(person, user=by)
    assert {"return-to-room", "signature-given"} <= set(offered(client, person))
    assert not {"leave-room", "signature-missing"} & set(offered(client, person))
    service_of("return-to-room")(person, user=by)
    assert "leave-room" in offered(client, person)
    assert "mark-absent" in offered(client, factories.candidate(room))
