"""What the database itself refuses, whoever asks: constraints, and the ledgers that only grow."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from candidates.models import Answer, Candidate, TimeGrant, Timer
from incidents.models import Alert, Incident, Remark
from sessions_app import clock
from sessions_app.former_reports import FormerReport
from sessions_app.memberships import Invitation
from sessions_app.models import (
    Command,
    Guesses,
    Session,
    SessionEvent,
    SupervisorAccess,
    SupervisorPresence,
)
from tests import factories
from tests.snapshots import APPS, changes, everything

pytestmark = pytest.mark.django_db


class Scene:
    def __init__(self):
        self.now = clock.now()
        self.room = factories.session()
        self.by = factories.supervisor(self.room)
        self.waiting = factories.waiting(self.room)
        self.running = factories.running(self.room, self.by)
        self.finished = factories.finished(self.room, self.by)
        self.grant = self.add(TimeGrant, seconds=300, granted_at=self.now, author=self.by)
        self.alert = self.add(Alert, question=1, subject="image", raised_at=self.now)
        self.add(Answer, question=1, saved_at=self.now)
        Command.objects.create(
            session=self.room, user=self.by, key="k" * 8, fingerprint="f", answer={}
        )
        self.is_here()

    def is_here(self):
        SupervisorPresence.objects.create(session=self.room, user=self.by, seen_at=self.now)

    def add(self, model, **fields):
        return model.objects.create(candidate=self.running, **fields)

    def incident(self, **fields):
        when = {"occurred_at": self.now, "noted_at": self.now}
        fields = {"category": "C6", "author": self.by, **when} | fields
        return Incident.objects.create(session=self.room, **fields)

    def invitation(self):
        invited = {"email": "a@example.org", "sent_at": self.now}
        Invitation.objects.create(center=self.room.center, **invited)

    def former_report(self):
        FormerReport.objects.create(
            session=self.room, rank=1, report_ref=1, signed_by=self.by, signed_at=self.now,
            sealed_version=1, pdf=b"", reopened_at=self.now, reopened_by=self.by,
        )  # fmt: skip

    def remark(self):
        return Remark.objects.create(session=self.room, author=self.by, changed_at=self.now)


@pytest.fixture
def scene():
    return Scene()


def set_row(row, **columns) -> None:
    type(row).objects.filter(pk=row.pk).update(**columns)


REFUSED = {
    "session_duration_is_sane": [
        lambda s: set_row(s.room, duration_minutes=0),
        lambda s: set_row(s.room, duration_minutes=601),
    ],
    "one_access_per_supervisor": [
        lambda s: SupervisorAccess.objects.create(session=s.room, user=s.by),
    ],
    "one_count_per_window": [
        lambda s: [Guesses.objects.create(key="k", window=1) for _ in range(2)],
    ],
    "one_presence_per_supervisor": [lambda s: s.is_here()],
    "one_event_per_version": [
        lambda s: SessionEvent.objects.create(
            session=s.room, version=1, type="again", actor="system", at=s.now
        ),
    ],
    "one_answer_per_key": [
        lambda s: Command.objects.create(
            session=s.room, user=s.by, key="k" * 8, fingerprint="g", answer={}
        ),
    ],
    "one_row_per_person": [
        lambda s: factories.candidate(
            s.room, birth_name=s.waiting.birth_name.upper(), first_name="elise"
        ),
    ],
    "finished_has_its_end": [
        lambda s: set_row(s.running, state="finished"),
        lambda s: set_row(s.running, state="finished", ended_at=s.now),
        lambda s: set_row(s.running, ended_at=s.now),
        lambda s: set_row(s.running, ended_by="candidate"),
        lambda s: set_row(s.finished, state="in_progress"),
        lambda s: set_row(s.finished, ended_at=None),
        lambda s: set_row(s.finished, ended_by=""),
    ],
    "only_a_running_test_resumes": [
        lambda s: set_row(s.waiting, asks_resume_at=s.now),
        lambda s: set_row(s.finished, asks_resume_at=s.now),
    ],
    "only_who_waits_asks_to_start": [
        lambda s: set_row(s.running, asks_start_at=s.now),
        lambda s: set_row(s.finished, asks_start_at=s.now),
    ],
    "extra_time_is_sane": [
        lambda s: set_row(s.waiting, extra_time_percent="-1"),
        lambda s: set_row(s.waiting, extra_time_percent="300.01"),
    ],
    "timer_ends_after_its_start": [
        lambda s: set_row(s.running.timer, ends_at=s.running.started_at),
    ],
    "grant_is_sane": [
        lambda s: s.add(TimeGrant, seconds=0, granted_at=s.now, author=s.by),
        lambda s: s.add(TimeGrant, seconds=240 * 60 + 1, granted_at=s.now, author=s.by),
    ],
    "who_undid_is_known": [
        lambda s: set_row(s.grant, undone_at=s.now),
        lambda s: set_row(s.grant, undone_by=s.by),
    ],
    "one_answer_per_question": [lambda s: s.add(Answer, question=1, saved_at=s.now)],
    "one_open_alert": [
        lambda s: s.add(Alert, question=2, subject="other", raised_at=s.now),
    ],
    "closed_alert_has_its_outcome": [
        lambda s: set_row(s.alert, closed_at=s.now),
        lambda s: set_row(s.alert, outcome="accepted"),
    ],
    "one_block_per_supervisor": [
        lambda s: [s.remark() for _ in range(2)],
    ],
    "incident_question_is_sane": [
        lambda s: s.incident(question=0),
        lambda s: s.incident(question=501),
    ],
    "one_open_invitation": [lambda s: [s.invitation() for _ in range(2)]],
    "one_former_report_per_rank": [lambda s: [s.former_report() for _ in range(2)]],
    "incident_has_its_question": [lambda s: s.incident(category="E1")],
}
CASES = [(name, attempt) for name, attempts in REFUSED.items() for attempt in attempts]


@pytest.mark.parametrize(("name", "attempt"), CASES, ids=[name for name, _ in CASES])
def test_the_database_refuses(scene, name, attempt):
    before = everything()
    with pytest.raises(IntegrityError, match=hint(name)), transaction.atomic():
        attempt(scene)
    assert changes(before, everything()) == set()


def hint(name: str) -> str | None:
    """SQLite names the columns of a broken unique constraint, and not the constraint."""
    return None if connection.vendor == "sqlite" and name.startswith("one_") else name


def test_every_constraint_is_tried_here():
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    names = {each.name for model in models for each in model._meta.constraints}
    assert names == set(REFUSED), (
        "A constraint has no line in REFUSED (or lost its own): write a row that it must refuse; "
        "a constraint that nobody has seen refuse may refuse nothing."
    )


def test_another_alert_opens_once_the_first_is_closed(scene):
    set_row(scene.alert, closed_at=scene.now, outcome="rejected")
    scene.add(Alert, question=2, subject="other", raised_at=scene.now)


# The journal is append-only


@pytest.mark.parametrize("attempt", [
    lambda events: events.update(type="rewritten"),
    lambda events: events.update(data={"rewritten": True}),
    lambda events: events.filter(type="joined").delete(),
    lambda events: events._raw_delete(events.db),
    lambda events: events.last().delete(),
], ids=["update", "update data", "delete", "raw delete", "delete one"])  # fmt: skip
def test_the_journal_is_neither_rewritten_nor_shortened(scene, attempt):
    before = everything()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        attempt(SessionEvent.objects.all())
    assert changes(before, everything()) == set()


def test_a_person_of_the_journal_is_not_deleted(scene):
    for row in (scene.running, scene.by, scene.room):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
    assert Candidate.objects.filter(pk=scene.running.pk).exists()


# The ledger of added time is additive


@pytest.mark.parametrize("attempt", [
    lambda s: set_row(s.grant, seconds=600),
    lambda s: set_row(s.grant, candidate=s.waiting),
    lambda s: s.grant.delete(),
    lambda s: TimeGrant.objects.all()._raw_delete("default"),
], ids=["seconds", "candidate", "delete", "raw delete"])  # fmt: skip
def test_a_grant_is_neither_overwritten_nor_erased(scene, attempt):
    before = everything()
    with pytest.raises(DatabaseError, match="additive"), transaction.atomic():
        attempt(scene)
    assert changes(before, everything()) == set()


def test_a_grant_is_undone_once_and_for_all(scene):
    set_row(scene.grant, undone_at=scene.now, undone_by=scene.by)
    before = everything()
    for columns in ({"undone_at": None, "undone_by": None}, {"reason": "Autre"}):
        with pytest.raises(DatabaseError, match="additive"), transaction.atomic():
            set_row(scene.grant, **columns)
    assert changes(before, everything()) == set()


def test_nothing_else_of_the_scene_is_refused(scene):
    """The guards let the product itself work: what they refuse above is not refused by chance."""
    set_row(scene.grant, undone_at=scene.now, undone_by=scene.by)
    set_row(scene.room, duration_minutes=600)
    set_row(scene.waiting, extra_time_percent=300)
    scene.incident(category="E1", question=500)
    assert (Session.objects.count(), Timer.objects.count()) == (1, 2)
