"""What goes when, what stays, and that nothing else is let go of."""

import json
import logging
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from candidates import services
from candidates.end_reasons import TECHNICAL
from candidates.models import Answer, TimeGrant
from incidents import closing
from incidents.models import Alert, Incident, IncidentReport
from sessions_app import clock, nightly, purge
from sessions_app.models import PurgedSession, PurgeRun, Session, SessionEvent, User
from tests import factories
from tests.snapshots import everything

pytestmark = pytest.mark.django_db
LIVE, LIST = 61, 241  # days after the end, one more than by default
TABLES = [*purge.OF_LIVE, *purge.OF_LIST, purge.REPORT]
SESSION_TABLES = {label for label, _, _ in TABLES}


@pytest.fixture
def past():
    """Makes a whole session that took place so many days ago, finalised or not."""

    def make(days: int, *, finalized: bool = True) -> Session:
        now = clock.now()
        room = factories.session(date=(now - timedelta(days=days)).date())
        by = factories.supervisor(room)
        person = factories.running(room, by)
        services.add_time(person, minutes=5, reason="alarme", user=by)
        Answer.objects.create(candidate=person, question=1, saved_at=now)
        alert = Alert.objects.create(
            candidate=person,
            question=1,
            subject="image",
            raised_at=now,
            closed_at=now,
            outcome="accepted",
        )
        line = {"session": room, "author": by, "occurred_at": now, "noted_at": now}
        first = Incident.objects.create(category="C6", alert=alert, candidate=person, **line)
        Incident.objects.create(category="C6", corrects=first, **line)
        services.end_test(factories.fresh(person), reason=TECHNICAL, user=by)
        if finalized:
            closing.finalize(room, user=by, name="Mme Lefèvre", role="Surveillante")
            at = now - timedelta(days=days)
            IncidentReport.objects.filter(session=room).update(signed_at=at)
        return room

    return make


def rows_of(room) -> dict[str, int]:
    return purge._counts(room, TABLES)


def run() -> Counter[str]:
    counts: Counter[str] = Counter()
    for label, count in purge.steps(clock.now()):
        counts[label] += count
    return counts


def test_every_table_of_a_session_is_in_the_purge():
    reached = {"sessions_app.Session", "candidates.Candidate"}
    found = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.related_model and field.related_model._meta.label in reached
    }
    assert found == SESSION_TABLES


@pytest.mark.parametrize(
    ("days", "finalized", "live", "whole"),
    [
        (0, False, False, False),
        (LIVE - 2, True, False, False),
        (LIVE, True, True, False),
        (LIVE + 6, False, False, False),
        (LIVE + 7, False, True, False),
        (LIST - 2, True, True, False),
        (LIST, True, True, True),
        (LIST + 6, False, True, False),
        (LIST + 7, False, True, True),
    ],
)
def test_a_session_leaves_in_two_times(past, days, finalized, live, whole):
    room = past(days, finalized=finalized)
    before = rows_of(room)
    assert all(before[label] for label in SESSION_TABLES - UNUSED), before
    due = purge.due(clock.now())
    gone = run()
    after = rows_of(room)
    of_live = {label for label, _, _ in purge.OF_LIVE}
    expected = SESSION_TABLES if whole else of_live if live else set()
    assert {label for label in before if before[label] and not after[label]} == (
        expected & {label for label in before if before[label]}
    )
    assert {k: after[k] for k in after if k not in expected} == {
        k: before[k] for k in before if k not in expected
    }
    assert Session.objects.filter(pk=room.pk).exists() is not whole
    assert PurgedSession.objects.filter(session_ref=room.pk).exists() is (live and not whole)
    assert gone == due
    assert run() == Counter()


# A room of this file has no colleague, no draft of a PV, no stored command, nobody erased.
UNUSED = {"sessions_app.SupervisorPresence", "incidents.Remark", "sessions_app.Command"}
UNUSED |= {"incidents.IncidentReport", "sessions_app.FormerReport", "sessions_app.Erasure"}


def test_the_purge_of_one_session_leaves_the_others(past):
    kept = past(10)
    past(LIST)
    before = rows_of(kept)
    run()
    assert rows_of(kept) == before


def test_a_purge_cut_short_is_taken_up_again(past, monkeypatch):
    monkeypatch.setattr(purge, "BATCH", 1)
    room = past(LIST)
    taken = 0
    while Session.objects.filter(pk=room.pk).exists():
        next(purge.steps(clock.now()))  # and killed after one batch
        taken += 1
    assert taken > len(SESSION_TABLES - UNUSED)
    assert not any(rows_of(room).values())
    assert not PurgedSession.objects.exists()


def test_a_dry_run_changes_nothing(past):
    past(LIST)
    before = everything()
    out = StringIO()
    call_command("purge", dry_run=True, json=True, stdout=out)
    assert everything() == before
    assert json.loads(out.getvalue())["rows"]["sessions_app.Session"] == 1


def test_the_log_of_a_purge_holds_counts_only(past, caplog):
    room = past(LIST)
    caplog.set_level(logging.INFO)
    call_command("purge", stdout=StringIO())
    (line,) = [each.getMessage() for each in caplog.records if each.name == "sessions_app.purge"]
    assert "sessions_app.Session 1" in line
    for hidden in (room.number, room.access_code, room.room, "Durand", "Lefèvre"):
        assert hidden not in line


# What the database lets go of


GROWING = {SessionEvent: "session", Incident: "session", TimeGrant: "candidate__session"}


@pytest.mark.parametrize("model", GROWING)
@pytest.mark.parametrize(
    ("days", "released", "goes"), [(90, True, True), (90, False, False), (10, True, False)]
)
def test_a_growing_table_lets_go_of_a_released_old_session_only(past, model, days, released, goes):
    room = past(days)
    past(days)  # a second one, whose lines stay
    if released:
        purge._let_go(room, clock.now())
    rows = model.objects.filter(**{GROWING[model]: room})
    others = model.objects.exclude(**{GROWING[model]: room})
    for pk in rows.order_by("-pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                model.objects.filter(pk=pk).delete()
        except DatabaseError:
            assert not goes
    assert rows.exists() is not goes
    with pytest.raises(DatabaseError), transaction.atomic():
        others.first().__class__.objects.filter(pk=others.last().pk).delete()


def test_a_released_journal_is_still_not_rewritten(past):
    room = past(90)
    purge._let_go(room, clock.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        SessionEvent.objects.filter(session=room).update(type="other")


def test_a_purged_journal_is_told_as_purged_not_as_broken(past):
    room = past(LIVE)
    run()
    out = StringIO()
    call_command("check_journals", session=room.number, stdout=out)
    assert f"{room.number}\u00a0: journal purgé le {timezone.localdate():%d/%m/%Y}." in (
        out.getvalue()
    )
    assert "Anomalies\u00a0: 0." in out.getvalue()


# By night, once


@pytest.fixture
def night(monkeypatch, db_clock):
    """A night of the purge, at three o'clock."""
    monkeypatch.setattr(nightly, "HOURS", range(24))
    monkeypatch.setattr(nightly, "LOOK_EVERY", -1)
    return db_clock


def ticks(process: nightly.Night, count: int = 60) -> None:
    for _ in range(count):
        process.tick()


def test_one_process_purges_a_night_once(past, night):
    room = past(LIST)
    first, second = nightly.Night(), nightly.Night()
    first.tick()
    second.tick()
    assert first._steps is not None
    assert second._steps is None
    ticks(first)
    assert not Session.objects.filter(pk=room.pk).exists()
    assert PurgeRun.objects.get().done_at
    second.tick()
    assert second._steps is None


def test_a_night_whose_process_died_is_taken_up(past, night):
    room = past(LIST)
    dead, other = nightly.Night(), nightly.Night()
    ticks(dead, 3)
    other.tick()
    assert other._steps is None
    night.forward(minutes=3)
    ticks(other)
    assert not Session.objects.filter(pk=room.pk).exists()


def test_nothing_is_purged_by_day(past, monkeypatch):
    monkeypatch.setattr(nightly, "HOURS", range(0))
    past(LIST)
    before = everything()
    ticks(nightly.Night(), 3)
    assert everything() == before


def test_accounts_stay(past):
    past(LIST)
    people = User.objects.count()
    run()
    assert User.objects.count() == people
