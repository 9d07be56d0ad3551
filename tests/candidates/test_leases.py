"""A server process that dies: its candidates are not shown as present for ever."""

import pytest

from candidates import leases, presence
from candidates.absences import come_back
from candidates.models import Candidate, Node
from candidates.stages import Stage, stage_of
from sessions_app import clock
from sessions_app.models import SessionEvent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def orphan():
    """In progress, last spoken to by a process whose lease is over."""
    room = factories.session(grace_seconds=60)
    person = factories.running(room, factories.supervisor(room))
    Candidate.objects.filter(pk=person.pk).update(node="dead")
    Node.objects.create(name="dead", seen_at=clock.now())
    return factories.fresh(person)


def away(person) -> bool:
    return factories.fresh(person).away_since is not None


def test_a_running_lease_keeps_its_candidates(orphan):
    leases.declare_orphans_away()
    assert not away(orphan)


def test_the_dead_process_leaves_its_candidates_away(orphan, db_clock):
    db_clock.forward(seconds=16)
    leases.declare_orphans_away()
    leases.declare_orphans_away()
    assert away(orphan)
    assert SessionEvent.objects.filter(candidate=orphan, type="went_away").count() == 1


def test_our_own_interruption_asks_for_no_authorization(orphan, db_clock):
    """Ten minutes without a server, then back within the grace: the test goes on."""
    db_clock.forward(minutes=10)
    leases.declare_orphans_away()
    db_clock.forward(seconds=40)
    seat = factories.seat_of(orphan)
    come_back(factories.fresh(orphan), seat)
    assert stage_of(factories.fresh(orphan), seat.token) == Stage.QUESTION


def test_who_came_back_through_another_process_stays(orphan, db_clock):
    presence.connected(orphan.pk, factories.seat_of(orphan))
    db_clock.forward(seconds=16)
    Node.objects.create(name=presence.NODE, seen_at=clock.now())
    leases.declare_orphans_away()
    assert not away(orphan)


@pytest.mark.parametrize("young", [True, False])
def test_a_process_waits_for_the_browsers_after_its_start(orphan, db_clock, monkeypatch, young):
    age = 1 if young else 31
    monkeypatch.setattr(leases, "STARTED", leases.time.monotonic() - age)
    monkeypatch.setattr(leases, "_renewed_at", leases.time.monotonic() - 60)
    db_clock.forward(seconds=16)
    leases.keep_lease()
    assert Node.objects.filter(name=presence.NODE).exists()
    assert away(orphan) is not young


def test_finished_candidates_and_those_who_never_came_are_left_alone(db_clock):
    room = factories.session()
    by = factories.supervisor(room)
    people = [factories.finished(room, by), factories.candidate(room)]
    Candidate.objects.filter(pk=people[0].pk).update(node="dead")
    leases.declare_orphans_away()
    assert not any(away(person) for person in people)
