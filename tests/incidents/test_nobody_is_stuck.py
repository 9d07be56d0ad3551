"""Alert × test × connection, in any order: nobody ever stays on a waiting screen.

Hypothesis plays the candidate, two computers, the supervisor, the network and the clock through
the product's own services. After each step, whatever the stage of the browser that sits there,
either the candidate can go on by themselves, or the buttons that the supervisor has bring them
on, or the test is over.
"""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates import answering, duties, presence, seat_services, services
from candidates.access import Seat
from candidates.models import Candidate
from candidates.stages import Stage, stage_of
from candidates.states import State
from incidents import closing, entry_services
from incidents import services as incidents
from incidents.models import Alert
from sessions_app import clock
from sessions_app.models import Session
from sessions_app.refusals import Conflict, Refusal
from tests import factories

pytestmark = pytest.mark.django_db
GOES_ON = {Stage.QUESTION, Stage.REVIEW, Stage.READY}
OVER = {Stage.FINISHED, Stage.CLOSED}


class Life:
    """One candidate in one room, and everything that may befall them."""

    def __init__(self):
        self.ahead, self.real = timedelta(), clock.now
        self.room = factories.session(grace_seconds=60)
        self.by = factories.supervisor(self.room)
        self.pk = factories.running(self.room, self.by).pk
        self.seat = Seat(self.pk, f"seat-{self.pk}")

    def now(self):
        return self.real() + self.ahead

    @property
    def person(self) -> Candidate:
        return factories.fresh(Candidate(pk=self.pk))

    @property
    def stage(self) -> Stage:
        return stage_of(self.person, self.seat.token)

    # What the candidate does

    def answers(self):
        person = self.person
        answering.answer(person, self.seat, person.question or 1, "")

    def reports(self):
        incidents.raise_alert(self.person, self.seat, subject="page")

    def reports_what_was_answered(self):
        incidents.raise_alert(self.person, self.seat, subject="page", question=99)

    def finishes(self):
        seat_services.finish(self.person, self.seat)

    def sits_elsewhere(self):
        self.seat = Seat(self.pk, f"another-{self.person.session.version}")
        seat_services.join(self.person, self.seat)

    # What the network and the clock do

    def leaves(self):
        presence.leave(self.pk, clock.now(), node="")

    def comes_back(self):
        presence.come_back(self.person, self.seat)

    def some_seconds_pass(self):
        self.ahead += timedelta(seconds=20)

    def minutes_pass(self):
        self.ahead += timedelta(minutes=4)

    def the_end_hour_passes(self):
        self.ahead += timedelta(hours=2)
        duties.note_overtime()

    def the_session_ends_it(self):
        Session.objects.filter(pk=self.room.pk).update(auto_end=True)
        duties.end_at_time()

    def authorizations_lapse(self):
        duties.lapse_authorizations()

    # What the supervisor does

    def accepts(self):
        incidents.accept_alert(self.person, user=self.by, category="E11", minutes=2)

    def refuses(self):
        incidents.reject_alert(self.person, user=self.by, text="Continuez.", minutes=1)

    def authorizes(self):
        services.authorize_resume(self.person, user=self.by, minutes=1)

    def ends(self):
        services.end_test(self.person, user=self.by, reason="Problème technique")

    def lets_leave_early(self):
        entry_services.service_of("leave-early")(self.person, user=self.by, text="Malade.")

    def suspends(self):
        services.pause_room(self.room, user=self.by)

    def resumes(self):
        services.resume_room(self.room, user=self.by)

    def finalizes(self):
        closing.finalize(self.room, user=self.by, name="Mme Lefèvre", role="Surveillante")


STEPS = [name for name in vars(Life) if not name.startswith("_")]
STEPS = [name for name in STEPS if name not in {"now", "person", "stage"}]
HELPS = {
    Stage.PAUSED: Life.resumes,
    Stage.ALERT: Life.refuses,
    Stage.RESUME: Life.authorizes,
    Stage.ELSEWHERE: Life.sits_elsewhere,
}


def check_alert(life: Life) -> None:
    """An alert is open only in a running test of an open session, on the question shown."""
    person, alerts = life.person, Alert.objects.filter(candidate=life.pk, closed_at=None)
    assert alerts.count() <= 1
    for alert in alerts:
        assert (person.state, alert.question) == (State.IN_PROGRESS, person.question)
        assert person.session.state == Session.State.OPEN
        assert {"accept-alert", "reject-alert"} <= set(person.actions)
        assert person.needs_me_since is not None
    assert ("alert" in person.flags) == alerts.exists()


def check_not_stuck(life: Life) -> None:
    """Whoever helps, within a few moves, brings the browser on; all is undone afterwards."""
    seat, ahead = life.seat, life.ahead
    with transaction.atomic():
        person = life.person
        if person.away_since and seat.token == person.seat:
            presence.come_back(person, seat)  # a browser that shows anything is connected
        for _ in range(5):
            if life.stage in GOES_ON | OVER:
                break
            HELPS[life.stage](life)
        assert life.stage in GOES_ON | OVER
        if life.stage == Stage.QUESTION:
            life.answers()
        transaction.set_rollback(True)
    life.seat, life.ahead = seat, ahead


@settings(max_examples=150)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=14))
def test_nobody_is_ever_stuck(steps):
    with transaction.atomic():
        life = Life()
        with mock.patch.object(clock, "now", life.now):
            for step in steps:
                seat = life.seat
                try:
                    with transaction.atomic():
                        getattr(life, step)()
                except Refusal:
                    life.seat = seat
                check_alert(life)
                check_not_stuck(life)
        transaction.set_rollback(True)


@pytest.mark.parametrize("ending", [
    "finishes", "ends", "lets_leave_early", "the_session_ends_it",
])  # fmt: skip
def test_an_alert_ends_with_the_test(ending):
    life = Life()
    with mock.patch.object(clock, "now", life.now):
        life.reports()
        if ending == "the_session_ends_it":
            life.ahead += timedelta(hours=2)
        getattr(life, ending)()
    assert life.stage == Stage.FINISHED
    assert Alert.objects.get().outcome == Alert.Outcome.DROPPED


def test_a_session_is_not_finalised_over_an_open_alert():
    life = Life()
    life.reports()
    with pytest.raises(Conflict, match="Des signalements attendent"):
        life.finalizes()
    check_alert(life)
    assert life.stage == Stage.ALERT


def test_who_still_waited_at_the_door_is_told_that_the_session_is_over():
    life = Life()
    late = factories.waiting(life.room)
    entry_services.service_of("mark-absent")(late, user=life.by)
    life.ends()
    life.finalizes()
    assert stage_of(factories.fresh(late), factories.seat_of(late).token) == Stage.CLOSED
