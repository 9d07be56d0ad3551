"""One human intention is applied once; several candidates at once: who could not, and why."""

import uuid

import pytest
from django.contrib.messages import get_messages
from django.db import InterfaceError, InternalError, OperationalError
from django.http import QueryDict
from django.utils import timezone

from candidates import answering, seat_services, services
from candidates.access import Seat
from incidents import services as incidents
from sessions_app import commands, journal
from sessions_app.models import Command, Session, SupervisorAccess
from tests import factories
from tests.browsers import logged_in
from tests.snapshots import changes, everything, new_events

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}


@pytest.fixture
def browser(by):
    return logged_in(by)


def new_key() -> str:
    return uuid.uuid4().hex


def address(room, action: str, person=None) -> str:
    whom = f"candidats/{person.pk}/" if person else ""
    return f"/surveillance/{room.number}/{whom}{action}/"


# The same intention twice


def ready(room, by):
    person = factories.waiting(room)
    services.authorize_start(person, user=by)
    return factories.fresh(person)


def asking_to_resume(room, by):
    person = factories.running(room, by)
    seat_services.join(person, Seat(person.pk, "another-computer"))
    return factories.fresh(person)


def with_time(room, by):
    person = factories.running(room, by)
    services.add_time(person, user=by, minutes=5)
    services.add_time(person, user=by, minutes=5)
    return factories.fresh(person)


def with_alert(room, by):
    person = factories.running(room, by)
    incidents.raise_alert(person, factories.seat_of(person), subject="image")
    return factories.fresh(person)


def paused(room, by):
    services.pause_room(room, user=by)


ON_ONE = [
    ("authorize-start", lambda room, by: factories.waiting(room), {}),
    ("withdraw-start", ready, {}),
    ("authorize-resume", asking_to_resume, {"minutes": "3"}),
    ("add-time", factories.running, {"minutes": "5", "reason": "Retard de la salle"}),
    ("undo-time", with_time, {}),
    ("end-test", factories.running, {"reason": "Temps écoulé"}),
    ("accept-alert", with_alert, {"category": "E11"}),
    ("reject-alert", with_alert, {"text": "Continuez."}),
    ("note-incident", factories.running, {"category": "C6"}),
]
ON_THE_ROOM = [
    ("pause-room", lambda room, by: None, {"reason": "Alarme incendie"}),
    ("resume-room", paused, {}),
    ("note-incident", lambda room, by: None, {"category": "C6"}),
]


@pytest.mark.parametrize(("action", "arrange", "body"), ON_ONE + ON_THE_ROOM)
def test_a_repeat_gets_the_stored_answer_and_is_not_applied(
    room, by, browser, action, arrange, body
):
    person = arrange(room, by)
    path, body = address(room, action, person), {"idempotency_key": new_key(), **body}
    before = everything()
    first = browser.post(path, body)
    applied = everything()
    again = browser.post(path, body | {"csrfmiddlewaretoken": "another"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json() == {"done": [person.pk] if person else [], "refused": []}
    assert len(new_events(before, applied)) == 1
    assert changes(applied, everything()) == set()


@pytest.mark.parametrize(("action", "arrange", "body"), ON_ONE + ON_THE_ROOM)
def test_a_plain_form_goes_back_to_the_room_each_time(room, by, browser, action, arrange, body):
    person = arrange(room, by)
    path, body = address(room, action, person), {"idempotency_key": new_key(), **body}
    for _ in range(2):
        response = browser.post(path, body, headers=PAGE)
        assert response.status_code == 303
        assert response["Location"] == f"/surveillance/{room.number}/"


@pytest.mark.parametrize(("action", "arrange", "body"), ON_ONE)
def test_who_acts_on_an_older_sight_is_told(room, by, browser, action, arrange, body):
    """Stale at the very last decisive change, and accepted with the version of that change."""
    person = arrange(room, by)
    path, seen = address(room, action, person), person.row_version
    before = everything()
    body = {"idempotency_key": new_key(), **body}
    stale = browser.post(path, body | {"row_version": seen - 1})
    if seen:
        assert stale.status_code == 409
        assert stale.json()["row_version"] == seen
        assert stale.json()["candidate"] == person.pk
        assert changes(before, everything()) == set()
    assert browser.post(path, body | {"row_version": seen}).status_code == 200


def test_what_no_decision_hangs_on_makes_nothing_stale(room, by, browser):
    person = factories.running(room, by)
    answering.answer(person, factories.seat_of(person), 1, "a")
    body = {"idempotency_key": new_key(), "row_version": person.row_version, "minutes": "5"}
    assert browser.post(address(room, "add-time", person), body).status_code == 200


# Keys


def test_another_supervisor_may_use_the_same_key(room, by, browser):
    person, key = factories.running(room, by), new_key()
    body = {"idempotency_key": key, "minutes": "5"}
    colleague = logged_in(factories.supervisor(room))
    for each in (browser, colleague):
        assert each.post(address(room, "add-time", person), body).status_code == 200
    assert factories.fresh(person).granted_minutes == 10
    assert Command.objects.filter(key=key).count() == 2


def test_the_same_key_serves_in_another_room(room, by, browser):
    other = factories.session()
    SupervisorAccess.objects.create(session=other, user=by)
    body = {"idempotency_key": new_key(), "minutes": "5"}
    for each in (room, other):
        person = factories.running(each, by)
        assert browser.post(address(each, "add-time", person), body).json()["done"] == [person.pk]


@pytest.mark.parametrize("changed", ["minutes", "reason", "path", "action", "repeated"])
def test_the_same_key_for_anything_else_is_refused(room, by, browser, changed):
    person, neighbour = factories.running(room, by), factories.running(room, by)
    body = {"idempotency_key": new_key(), "minutes": "5", "reason": "Retard"}
    path = address(room, "add-time", person)
    assert browser.post(path, body).status_code == 200
    if changed == "path":
        path = address(room, "add-time", neighbour)
    elif changed == "action":
        path = address(room, "authorize-resume", person)
    else:
        other = {"minutes": "6", "reason": "", "repeated": ["5", "5"]}
        body[{"repeated": "minutes"}.get(changed, changed)] = other[changed]
    before = everything()
    assert browser.post(path, body).status_code == 422
    assert changes(before, everything()) == set()


def test_a_refusal_uses_up_no_key(room, by, browser):
    """What was refused was not done: the same form may be sent again once it can be."""
    person = factories.waiting(room)
    body = {"idempotency_key": new_key(), "reason": "Temps écoulé"}
    path = address(room, "end-test", person)
    assert browser.post(path, body).status_code == 409
    services.authorize_start(person, user=by)
    seat_services.start(factories.fresh(person), factories.seat_of(person))
    assert browser.post(path, body).status_code == 200


def test_a_right_withdrawn_since_the_page_was_opened_is_checked_again(room, by):
    """Between the look at the right and the lock: `run_once` asks again."""
    person = factories.running(room, by)
    SupervisorAccess.objects.filter(user=by).update(revoked_at=timezone.now())
    body = {"idempotency_key": new_key()}
    with pytest.raises(commands.access.Forbidden):
        commands.run_once(room, by, "/", query(body), lambda: services.end_test(person, user=by))
    assert factories.fresh(person).state == "in_progress"


def query(body: dict):
    form = QueryDict(mutable=True)
    form.update(body)
    return form


def test_the_fingerprint_tells_bodies_apart():
    prints = [
        commands.fingerprint(path, query(body))
        for path, body in [
            ("/a/", {"x": "1"}),
            ("/a/", {"x": "2"}),
            ("/a/", {"y": "1"}),
            ("/b/", {"x": "1"}),
            ("/a/", {"x": "1", "y": ""}),
        ]
    ]
    assert len(set(prints)) == len(prints)
    with_token = query({"x": "1", "csrfmiddlewaretoken": "t"})
    assert commands.fingerprint("/a/", with_token) == prints[0]


# Several at once


def group(*people, **body) -> dict:
    return {"idempotency_key": new_key(), "candidate": [each.pk for each in people], **body}


def test_a_group_action_is_one_event_each_and_one_answer(room, by, browser):
    people = [factories.running(room, by) for _ in range(5)]
    body, before = group(*people, *people[:2], minutes="10"), everything()
    for _ in range(2):
        response = browser.post(address(room, "add-time"), body)
        assert sorted(response.json()["done"]) == sorted(each.pk for each in people)
    events = new_events(before, everything())
    assert [event["type"] for event in events] == ["time_added"] * 5
    assert {factories.fresh(each).granted_minutes for each in people} == {10}


def test_who_could_not_is_named_with_the_reason(room, by, browser):
    able = factories.waiting(room)
    started = factories.running(room, by, birth_name="Nguyen", first_name="Léa")
    done = factories.finished(room, by, birth_name="Costa", first_name="Arthur")
    body = group(able, started, done)
    response = browser.post(address(room, "authorize-start"), body)
    assert (response.status_code, response.json()["done"]) == (200, [able.pk])
    assert {each["candidate"]: each["message"] for each in response.json()["refused"]} == {
        started.pk: "NGUYEN Léa : Le test est déjà en cours.",
        done.pk: "COSTA Arthur : Le test est déjà terminé.",
    }
    assert browser.post(address(room, "authorize-start"), body).json() == response.json()


def test_a_plain_page_says_too_who_could_not(room, by, browser):
    able = factories.waiting(room)
    started = factories.running(room, by, birth_name="Nguyen", first_name="Léa")
    response = browser.post(address(room, "authorize-start"), group(able, started), headers=PAGE)
    told = [str(message) for message in get_messages(response.wsgi_request)]
    assert (response.status_code, told) == (303, ["NGUYEN Léa : Le test est déjà en cours."])


def test_when_nobody_could_everyone_is_named_and_nothing_is_written(room, by, browser):
    people = [
        factories.finished(room, by, birth_name=name, first_name="Léa") for name in ("Nguyen", "Lo")
    ]
    before = everything()
    response = browser.post(address(room, "end-test"), group(*people))
    assert response.status_code == 409
    for name in ("NGUYEN Léa", "LO Léa"):
        assert f"{name} : Le test est déjà terminé." in response.json()["message"]
    assert changes(before, everything()) == set()


def test_an_error_in_the_middle_undoes_those_before(room, by, browser, monkeypatch):
    """Anything else than a refusal leaves nothing half done, the key included."""
    people = [factories.running(room, by) for _ in range(3)]
    done = []
    shift = services._shift_end

    def break_at_the_third(candidate, seconds):
        done.append(candidate.pk)
        if len(done) == 3:
            raise RuntimeError("the database is gone")
        shift(candidate, seconds)

    monkeypatch.setattr(services, "_shift_end", break_at_the_third)
    before = everything()
    with pytest.raises(RuntimeError):
        browser.post(address(room, "add-time"), group(*people, minutes="5"))
    assert changes(before, everything()) == set()


def test_one_stale_row_does_not_hold_the_others_back(room, by, browser):
    """The page of the group shows the version of the room: who moved since is named."""
    still, moved = factories.running(room, by), factories.running(room, by)
    room.refresh_from_db()
    services.add_time(moved, user=by, minutes=5)
    body = group(still, moved, minutes="10", row_version=room.version)
    answer = browser.post(address(room, "add-time"), body).json()
    assert (answer["done"], [each["candidate"] for each in answer["refused"]]) == (
        [still.pk],
        [moved.pk],
    )
    assert f"Temps déjà ajouté (5\u00a0min) par {by}" in answer["refused"][0]["message"]


# What a refusal shows


def test_a_stale_click_gets_the_fresh_row(room, by, browser):
    person, neighbour = factories.running(room, by), factories.running(room, by)
    seen = person.row_version
    services.end_test(person, user=by, reason="Départ anticipé")
    body = {"idempotency_key": new_key(), "minutes": "5", "row_version": seen}
    answer = browser.post(address(room, "add-time", person), body)
    room.refresh_from_db()
    fresh = answer.json()
    assert (answer.status_code, fresh["v"], fresh["epoch"]) == (409, room.version, str(room.epoch))
    assert fresh["rows"] == {str(person.pk): factories.fresh(person).row_html}
    assert fresh["row_version"] == factories.fresh(person).row_version > seen
    assert 'data-state="finished"' in fresh["rows"][str(person.pk)]
    assert neighbour.birth_name not in answer.text


def test_a_group_that_all_refuse_gets_each_fresh_row(room, by, browser):
    people = [factories.finished(room, by) for _ in range(2)]
    answer = browser.post(address(room, "end-test"), group(*people)).json()
    assert set(answer["rows"]) == {str(each.pk) for each in people}


def test_what_was_answered_stays_answered_once_the_session_is_finalised(room, by, browser):
    person = factories.running(room, by)
    path, body = address(room, "end-test", person), {"idempotency_key": new_key()}
    first = browser.post(path, body)
    Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    before = everything()
    again = browser.post(path, body)
    other = browser.post(path, {"idempotency_key": new_key()})
    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert "finalisée" in other.json()["message"]
    assert changes(before, everything()) == set()


def test_a_click_on_another_history_is_refused(room, by, browser):
    """After a restored backup: versions of the history that was seen say nothing any more."""
    person = factories.running(room, by)
    path, body = address(room, "add-time", person), {"minutes": "5", "row_version": 10**6}
    before = everything()
    other = {"idempotency_key": new_key(), "epoch": str(uuid.uuid4()), **body}
    answer = browser.post(path, other)
    assert (answer.status_code, answer.json()["epoch"]) == (409, str(room.epoch))
    assert "restaurée" in answer.json()["message"]
    assert changes(before, everything()) == set()
    same = {"idempotency_key": new_key(), "epoch": str(room.epoch), **body}
    assert browser.post(path, same).status_code == 200


# A database that does not answer


@pytest.mark.parametrize(
    ("error", "status"),
    [(OperationalError, 503), (InterfaceError, 503), (InternalError, 503), (ValueError, 500)],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_outage_is_told_in_one_sentence(room, by, monkeypatch, error, status, accept):
    """503 is what our scripts send again; nothing of the error is told."""
    browser = logged_in(by)
    browser.raise_request_exception = False
    person = factories.running(room, by)

    def fail(*args, **kwargs):
        raise error("FATAL: password authentication failed for secret_user")

    monkeypatch.setattr(journal, "record", fail)
    before = everything()
    body = {"idempotency_key": new_key(), "minutes": "5"}
    answer = browser.post(address(room, "add-time", person), body, headers={"accept": accept})
    assert (answer.status_code, answer.get("Retry-After")) == (status, {503: "2"}.get(status))
    assert "secret_user" not in answer.text
    text = answer.json()["message"] if accept == "application/json" else answer.text
    assert "Réessayez dans un instant." in text
    assert changes(before, everything()) == set()
    monkeypatch.undo()
    assert browser.post(address(room, "add-time", person), body).status_code == 200
