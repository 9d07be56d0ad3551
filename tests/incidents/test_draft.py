"""The PV that writes itself: what is told, by whom, when; and never why someone has more time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates import presence, seat_services, services
from incidents import entry_services, remark_services
from incidents import services as incidents
from incidents.draft import draft
from incidents.report import Kind, Lived
from sessions_app import clock
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "Temps majoré, dyslexie"


def test_an_empty_session_has_an_empty_pv(room):
    report = draft(room)
    told = (report.entries, report.fraud, report.paragraphs, report.remarks, report.signatures)
    assert told == ((),) * 5
    assert (report.session.room, report.counts.enrolled) == (room.room, 0)


def test_an_incident_is_told_with_its_hour_person_and_number(room, by):
    person = factories.running(room, by)
    incidents.note_incident(person, user=by, category="E1", question=12, text="Rien.")
    line = room.incidents.get()
    (entry,) = draft(room).entries
    assert (entry.kind, entry.candidate.pk, entry.question) == (Kind.INCIDENT, person.pk, 12)
    assert (entry.category, entry.what, entry.text) == ("E1", line.get_category_display(), "Rien.")
    assert (entry.at, entry.author, entry.incident) == (line.occurred_at, str(by), line.pk)
    assert entry.at.tzinfo == room.zone


def test_fraud_stands_apart(room, by):
    person = factories.running(room, by)
    incidents.note_incident(person, user=by, category="C6", text="Téléphone.")
    report = draft(room)
    assert report.entries == ()
    assert [entry.text for entry in report.fraud] == ["Téléphone."]
    assert report.counts.incidents == 1


def test_a_corrected_incident_is_told_once_with_what_it_was(room, by):
    person = factories.running(room, by)
    incidents.note_incident(person, user=by, category="C7", text="Souris cassée.")
    first = room.incidents.get()
    incidents.correct_incident(room, incident=first, user=by, category="C8", text="Clavier cassé.")
    (entry,) = draft(room).entries
    assert (entry.category, entry.text, entry.at) == ("C8", "Clavier cassé.", first.occurred_at)
    assert [(each.category, each.text) for each in entry.history] == [("C7", "Souris cassée.")]


def test_an_incident_noted_by_mistake_is_struck_out_and_not_counted(room, by):
    incidents.note_room_incident(room, user=by, category="C7", text="Rien.")
    incidents.withdraw_incident(room, incident=room.incidents.get(), user=by)
    report = draft(room)
    assert [entry.is_withdrawn for entry in report.entries] == [True]
    assert report.counts.incidents == 0


def test_each_change_of_time_is_told_in_minutes_and_without_a_reason(room, by):
    person = factories.running(room, by, extra_time_percent=33)
    others = factories.running(room, by)
    services.add_time(person, user=by, minutes=10, reason=WHY)
    services.undo_time(factories.fresh(person), user=by)
    presence.leave(others.pk, clock.now() - timedelta(minutes=3), node="")
    services.authorize_resume(factories.fresh(others), user=by, minutes=3)
    report = draft(room)
    assert [(entry.kind, entry.minutes, entry.candidate.pk) for entry in report.entries] == [
        (Kind.TIME_ADDED, 10, person.pk),
        (Kind.TIME_UNDONE, 10, person.pk),
        (Kind.TIME_BACK, 3, others.pk),
    ]
    assert report.counts.time_changes == 3
    told = [(entry.what, entry.text, entry.history) for entry in report.entries]
    for why in (WHY, "33", "ajoré"):
        assert why not in repr(told)
    assert WHY not in repr(report)


def test_a_resume_without_minutes_is_no_change_of_time(room, by):
    person = factories.running(room, by)
    presence.leave(person.pk, clock.now() - timedelta(minutes=3), node="")
    services.authorize_resume(factories.fresh(person), user=by)
    assert draft(room).entries == ()


@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_time_given_back_with_an_alert_is_told(room, by, answer):
    person = factories.running(room, by)
    incidents.raise_alert(person, factories.seat_of(person), subject="page")
    if answer == "accept":
        incidents.accept_alert(person, user=by, category="E11", minutes=2)
    else:
        incidents.reject_alert(person, user=by, minutes=2)
    told = [(entry.kind, entry.minutes) for entry in draft(room).entries]
    line = [(Kind.INCIDENT, None)] if answer == "accept" else []
    assert told == [*line, (Kind.TIME_BACK, 2)]


def test_the_pause_of_the_room_is_one_paragraph(room, by, db_clock):
    factories.running(room, by)
    services.pause_room(room, user=by, reason="Alarme incendie")
    (during,) = draft(room).paragraphs
    assert during.until is None
    assert "est suspendue depuis" in during.text
    db_clock.forward(minutes=7)
    services.resume_room(room, user=by)
    (after,) = draft(room).paragraphs
    assert (after.kind, after.at) == (Lived.PAUSE, during.at)
    assert 420 <= after.seconds <= 421
    assert f"de {after.at:%H:%M} à {after.until:%H:%M}" in after.text
    assert "Alarme incendie" in after.text


def test_a_shared_loss_is_one_paragraph_and_says_when_all_are_back(room, by, db_clock):
    people = [factories.running(room, by) for _ in range(6)]
    from candidates.absences import Departure, declare_away

    lost_at = clock.now()
    gone = [Departure(each.pk, room.pk, lost_at, "") for each in people]
    db_clock.forward(seconds=20)
    declare_away(room.pk, gone)
    (during,) = draft(room).paragraphs
    assert (during.kind, during.until, len(during.candidates)) == (Lived.LOSS, None, 6)
    assert during.at == lost_at
    db_clock.forward(seconds=20)
    for each in people:
        presence.come_back(factories.fresh(each), factories.seat_of(each))
    (after,) = draft(room).paragraphs
    assert after.until is not None
    assert "6 candidats ont perdu la connexion en même temps" in after.text
    assert draft(room).entries == ()


def test_time_given_to_everyone_is_one_paragraph(room, by):
    people = [factories.running(room, by) for _ in range(3)]
    done = factories.finished(room, by)
    for each in people:
        services.add_time(each, user=by, minutes=5, reason=WHY)
    report = draft(room)
    (paragraph,) = report.paragraphs
    assert report.entries == ()
    assert (paragraph.kind, paragraph.minutes) == (Lived.TIME_FOR_ALL, 5)
    assert {each.pk for each in paragraph.candidates} == {each.pk for each in people}
    assert done.pk not in {each.pk for each in paragraph.candidates}
    assert report.counts.time_changes == 3
    assert WHY not in repr(report)


def test_the_same_time_for_some_of_them_is_told_for_each(room, by):
    people = [factories.running(room, by) for _ in range(3)]
    for each in people[:2]:
        services.add_time(each, user=by, minutes=5)
    report = draft(room)
    assert report.paragraphs == ()
    assert [entry.minutes for entry in report.entries] == [5, 5]


def test_a_test_that_was_not_finished_is_told_with_its_reason(room, by):
    person = factories.running(room, by)
    services.end_test(person, user=by, reason="Temps écoulé")
    factories.finished(room, by)
    report = draft(room)
    assert [(entry.kind, entry.candidate.pk, entry.text) for entry in report.entries] == [
        (Kind.ENDED, person.pk, "Temps écoulé")
    ]
    assert (report.counts.finished, report.counts.ended) == (1, 1)


def test_who_never_came_is_absent_until_they_join(room, by):
    person = factories.candidate(room)
    entry_services.service_of("mark-absent")(person, user=by)
    assert [entry.kind for entry in draft(room).entries] == [Kind.ABSENT]
    assert draft(room).counts.absent == 1
    seat_services.join(person, factories.seat_of(person))
    assert draft(room).entries == ()


def test_the_words_of_each_supervisor_are_theirs(room, by):
    other = factories.supervisor(room, name="Mme Diallo")
    remark_services.save_remark(room, user=by, text="Bus en retard.")
    remark_services.save_remark(room, user=other, text="Salle froide.")
    told = [(each.author, each.text) for each in draft(room).remarks]
    assert told == [(str(by), "Bus en retard."), ("Mme Diallo", "Salle froide.")]


def test_the_draft_costs_the_same_whatever_it_holds(room, by):
    counts = []
    for more in (1, 3, 12):
        for _ in range(more):
            person = factories.running(room, by)
            services.add_time(person, user=by, minutes=5)
            incidents.note_incident(person, user=by, category="C6")
            line = room.incidents.last()
            incidents.correct_incident(room, incident=line, user=by, category="C7", text="Non.")
            who = factories.supervisor(room)
            remark_services.save_remark(room, user=who, text="Un mot.")
        room.refresh_from_db()
        with CaptureQueriesContext(connection) as queries:
            draft(room)
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 6
