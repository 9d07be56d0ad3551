"""The history checker finds each kind of lie; and says nothing when there is none."""

import uuid

import pytest
from django.test import Client

from candidates import services
from candidates.models import Timer
from sessions_app.models import Command, Session
from tests import factories
from tests.faults.history import History

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(room):
    return factories.running(room, factories.supervisor(room))


@pytest.fixture
def history(room, person):
    return History([room.pk])


def send(history, by, person, action="add-time", **body):
    """An intention, sent and answered."""
    key = uuid.uuid4().hex
    path = f"/surveillance/{person.session.number}/candidats/{person.pk}/{action}/"
    body |= {"idempotency_key": key}
    if action == "add-time":
        body |= {"minutes": 1, "reason": key}
    client = Client()
    client.force_login(by)
    answer = client.post(path, body)
    intention = history.intend(
        key=key,
        session_id=person.session_id,
        user_id=by.pk,
        candidate_id=person.pk,
        action=action,
        path=path,
        body=body,
    )
    intention.status, intention.answer = answer.status_code, answer.json()
    return intention


def found(history) -> tuple[int, int, int]:
    findings = history.check()
    return findings.lost, findings.doubled, findings.wrong


def test_what_is_true_is_found_true(history, by, person):
    send(history, by, person)
    send(history, by, person, "undo-time")
    assert send(history, by, person, "undo-time").outcome == "refused"
    assert found(history) == (0, 0, 0)
    findings = history.check()
    assert (findings.acknowledged, findings.refused) == (2, 1)


def test_lost(history, by, person):
    """Told that it was done, and no trace of it."""
    intention = send(history, by, person, "undo-time")
    intention.status = 200
    assert found(history) == (1, 0, 0)


def test_lost_though_the_command_is_there(history, by, person):
    """The answer was kept, and the work it speaks of was not."""
    intention = send(history, by, person, "undo-time")
    intention.status, intention.answer = 200, {"done": [person.pk]}
    Command.objects.create(
        session=person.session, user=by, key=intention.key, fingerprint="", answer=intention.answer
    )
    assert found(history) == (1, 0, 0)


def test_doubled(history, by, person):
    intention = send(history, by, person)
    services.add_time(person, user=by, minutes=1, reason=intention.key)
    assert found(history) == (0, 1, 0)


def test_told_refused_though_it_was_done(history, by, person):
    send(history, by, person).status = 409
    assert found(history)[2] == 1


def test_another_answer_than_the_stored_one(history, by, person):
    send(history, by, person).answer = {"done": []}
    assert found(history) == (0, 0, 1)


def test_never_answered(history, by, person):
    send(history, by, person).status = None
    assert found(history)[2] == 1


def test_a_command_that_nobody_sent(history, by, person):
    Command.objects.create(session=person.session, user=by, key="x" * 12, fingerprint="", answer={})
    assert found(history) == (0, 0, 1)


def test_a_hole_in_the_versions(history, by, person):
    send(history, by, person)
    Session.objects.filter(pk=person.session_id).update(version=99)
    assert found(history) == (0, 0, 1)


def test_an_end_that_moved_alone(history, person):
    timer = Timer.objects.get(candidate=person)
    Timer.objects.filter(pk=timer.pk).update(ends_at=timer.ends_at.replace(microsecond=1))
    assert found(history) == (0, 0, 1)
