"""Several people at one instant: real threads with their own connections, on PostgreSQL.

SQLite lets one writer in at a time, whatever we do; here the locks of the product are at work.
"""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from candidates import answering, claims, duties, presence, seat_services, services
from candidates.access import Seat
from candidates.models import TimeGrant
from sessions_app import preparation
from sessions_app.models import Session, SessionEvent
from sessions_app.refusals import Conflict, Refusal
from tests import factories
from tests.browsers import logged_in

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SECOND = timedelta(seconds=1)


def at_once(*calls: Callable) -> list:
    """The result of each call, or the refusal that it met; all start at the same instant."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(timeout=30)
        try:
            return call()
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, each) for each in calls]]


def refused(results: list) -> list[Conflict]:
    return [each for each in results if isinstance(each, Conflict)]


def check_versions(room) -> None:
    """The journal has each version once, without a gap, up to that of the session."""
    room.refresh_from_db()
    versions = SessionEvent.objects.filter(session=room).order_by("version")
    assert list(versions.values_list("version", flat=True)) == list(range(1, room.version + 1))


def add_time(client: Client, person, key: str, minutes: int = 1):
    path = f"/surveillance/{person.session.number}/candidats/{person.pk}/add-time/"
    body = {"minutes": minutes, "idempotency_key": key}
    return lambda: client.post(path, body)


@pytest.mark.parametrize("times", [2, 8])
def test_one_intention_sent_several_times_at_once_is_one_grant(room, by, times):
    person, key = factories.running(room, by), uuid.uuid4().hex
    answers = at_once(*(add_time(logged_in(by), person, key, minutes=5) for _ in range(times)))
    assert [answer.status_code for answer in answers] == [200] * times
    assert {answer.content for answer in answers} == {answers[0].content}
    assert TimeGrant.objects.get().minutes == 5
    assert factories.fresh(person).ends_at - person.ends_at == 60 * 5 * SECOND
    check_versions(room)


def test_twenty_minutes_added_by_twenty_people_at_once(room, by):
    person = factories.running(room, by)
    people = [factories.supervisor(room) for _ in range(20)]
    answers = at_once(*(add_time(logged_in(each), person, uuid.uuid4().hex) for each in people))
    assert [answer.status_code for answer in answers] == [200] * 20
    after = factories.fresh(person)
    assert after.ends_at - person.ends_at == 20 * 60 * SECOND
    assert after.granted_minutes == 20
    check_versions(room)


def test_twenty_minutes_added_to_twenty_candidates_at_once(room, by):
    people = [factories.running(room, by) for _ in range(20)]
    at_once(*(add_time(logged_in(by), each, uuid.uuid4().hex) for each in people))
    for each in people:
        assert factories.fresh(each).ends_at - each.ends_at == 60 * SECOND
    check_versions(room)


@pytest.mark.parametrize(("action", "arrange"), [
    (services.end_test, factories.running),
    (services.authorize_start, lambda room, by: factories.waiting(room)),
    (services.authorize_resume, lambda room, by: asking(room, by)),
    (services.undo_time, lambda room, by: with_time(room, by)),
    (claims.claim, lambda room, by: factories.waiting(room)),
], ids=["end", "start", "resume", "undo", "claim"])  # fmt: skip
def test_two_supervisors_at_one_instant(room, by, action, arrange):
    """One wins; the other reads why not, and nothing is done twice."""
    person, colleague = arrange(room, by), factories.supervisor(room)
    before = room.events.count()
    results = at_once(*(lambda who=who: action(person, user=who) for who in (by, colleague)))
    assert len(refused(results)) == 1
    assert room.events.count() == before + 1
    check_versions(room)


def asking(room, by):
    person = factories.running(room, by)
    seat_services.join(person, Seat(person.pk, "another-computer"))
    return factories.fresh(person)


def with_time(room, by):
    person = factories.running(room, by)
    services.add_time(person, user=by, minutes=5)
    return factories.fresh(person)


def test_two_supervisors_who_saw_the_same_row_do_not_both_add_time(room, by):
    person = factories.running(room, by)
    results = at_once(*(
        lambda who=who: services.add_time(person, user=who, minutes=5, seen=person.row_version)
        for who in (by, factories.supervisor(room))
    ))  # fmt: skip
    assert len(refused(results)) == 1
    assert factories.fresh(person).granted_minutes == 5


def test_two_computers_that_join_at_once(room, by):
    """Both come in one after the other: the last has the seat, the other knows that it has not."""
    person = factories.candidate(room)
    seats = [Seat(person.pk, name) for name in ("left", "right")]
    at_once(*(lambda seat=seat: seat_services.join(person, seat) for seat in seats))
    events = list(room.events.all())
    assert [event.data["other_computer"] for event in events] == [False, True]
    assert factories.fresh(person).seat in {"left", "right"}
    check_versions(room)


def test_a_second_computer_joins_while_the_first_starts(room, by):
    """Either the start wins and the other must ask, or the other has the seat and none starts."""
    for _ in range(5):
        person = factories.waiting(room)
        services.authorize_start(person, user=by)
        person, other = factories.fresh(person), Seat(person.pk, "another-computer")
        at_once(
            lambda person=person: seat_services.start(person, factories.seat_of(person)),
            lambda person=person, other=other: seat_services.join(person, other),
        )
        after = factories.fresh(person)
        holder = factories.seat_of(person).token if after.started_at else other.token
        assert after.seat == holder
    check_versions(room)


def test_the_candidate_finishes_while_the_supervisor_ends(room, by):
    person = factories.running(room, by)
    results = at_once(
        lambda: seat_services.finish(person, factories.seat_of(person)),
        lambda: services.end_test(person, user=by, reason="Temps écoulé"),
    )
    assert len(refused(results)) == 1
    assert room.events.filter(type="test_ended").count() == 1
    ended = factories.fresh(person)
    assert (ended.ended_by == "supervisor") is bool(ended.end_reason)
    check_versions(room)


def test_the_answer_of_the_last_instant_is_kept_or_refused_whole(room, by):
    person = factories.running(room, by)
    results = at_once(
        lambda: answering.answer(person, factories.seat_of(person), 1, "a"),
        lambda: services.end_test(person, user=by),
    )
    assert person.answers.count() == 1 - len(refused(results))
    check_versions(room)


def test_one_answer_sent_several_times_at_once_is_one_answer(room, by):
    person = factories.running(room, by)
    seat = factories.seat_of(person)
    results = at_once(*[lambda: answering.answer(person, seat, 1, "a")] * 6)
    assert refused(results) == []
    assert (person.answers.count(), factories.fresh(person).question) == (1, 2)
    check_versions(room)


def test_several_processes_tell_the_same_lapse_once(room, by, db_clock):
    for _ in range(3):
        services.authorize_start(factories.waiting(room), user=by)
    db_clock.forward(minutes=13)
    at_once(*[duties.tell_lapse_is_near] * 6)
    assert room.events.filter(type="lapse_is_near").count() == 3
    check_versions(room)


def test_several_processes_note_the_same_overtime_once(room, by, db_clock):
    for _ in range(3):
        factories.running(room, by)
    db_clock.forward(minutes=106)
    at_once(*[duties.note_overtime] * 6)
    assert room.events.filter(type="overtime_reached").count() == 3
    check_versions(room)


@pytest.mark.parametrize(
    ("minutes", "auto_end", "told"),
    [
        (90, False, [("end_is_near", {"minutes": 15})]),
        (100, False, [("end_is_near", {"minutes": 5})]),
        (105, False, [("overtime_reached", {"late": True})]),
        (105, True, [("test_ended", {"reason": "Heure de fin"})]),
    ],
)
def test_three_timekeepers_at_the_deadline(room, by, db_clock, minutes, auto_end, told):
    """Each of them runs every duty; each candidate gets each effect once."""
    Session.objects.filter(pk=room.pk).update(auto_end=auto_end)
    people = [factories.running(room, by) for _ in range(4)]
    before = room.events.count()
    db_clock.forward(minutes=minutes)
    at_once(*[keep_time] * 3)
    caused = room.events.order_by("version")[before:]
    for each in people:
        events = [(event.type, event.data) for event in caused if event.candidate_id == each.pk]
        assert events == told
    check_versions(room)


def keep_time():
    duties.tell_end_is_near()
    duties.note_overtime()
    duties.end_at_time()


def test_time_added_at_the_instant_of_the_end(room, by, db_clock):
    """Either the time came first and the test goes on, or it has ended and that is said."""
    Session.objects.filter(pk=room.pk).update(auto_end=True)
    for head_start in range(10):  # milliseconds of the timekeeper: each comes first sometimes
        person = factories.running(room, by)
        db_clock.forward(minutes=105)
        _, added = at_once(duties.end_at_time, late_grant(person, by, head_start))
        duties.end_at_time()
        after = factories.fresh(person)
        is_added = not isinstance(added, Refusal)
        assert after.granted_minutes == 5 * is_added
        assert after.state == ("in_progress" if is_added else "finished")
        assert room.events.filter(candidate=person, type="test_ended").count() == (not is_added)
    check_versions(room)


def late_grant(person, by, milliseconds):
    def add():
        time.sleep(milliseconds / 1_000)
        services.add_time(person, user=by, minutes=5)

    return add


def test_automatic_ends_switched_on_at_the_end_hour(room, by, db_clock):
    """An overtime or an end first; an end after all, once."""
    people = [factories.running(room, by) for _ in range(4)]
    admin = factories.user(admin=True)
    db_clock.forward(minutes=105)
    room.auto_end = True
    at_once(keep_time, keep_time, lambda: preparation.keep_changes(room, ["auto_end"], user=admin))
    keep_time()
    for person in people:
        assert room.events.filter(candidate=person, type="test_ended").count() == 1
        assert room.events.filter(candidate=person, type="overtime_reached").count() <= 1
    check_versions(room)


def test_a_return_told_by_the_page_and_by_the_socket_is_noted_once(room, by, db_clock):
    person = factories.running(room, by)
    presence.leave(person.pk, db_clock.now(), person.node)
    seat = factories.seat_of(person)
    at_once(*[lambda: presence.connected(person.pk, seat)] * 4)
    assert room.events.filter(type="came_back").count() == 1
    check_versions(room)


def test_two_supervisors_pause_the_room_at_once(room, by):
    results = at_once(*[lambda: services.pause_room(room, user=by)] * 2)
    assert len(refused(results)) == 1
    results = at_once(*[lambda: services.resume_room(room, user=by)] * 2)
    assert len(refused(results)) == 1
    check_versions(room)


def test_two_rooms_do_not_wait_for_each_other(room, by):
    """A lock held in one session leaves the others free."""
    other = factories.session()
    mine, theirs = factories.running(room, by), factories.running(other, by)
    inside, done = threading.Event(), threading.Event()

    def hold():
        with services.turn(mine, services.Action.ADD_TIME, services.Actor.SUPERVISOR):
            inside.set()
            assert done.wait(timeout=30)

    def write():
        assert inside.wait(timeout=30)
        services.add_time(theirs, user=by, minutes=5)
        done.set()

    at_once(hold, write)
    assert factories.fresh(theirs).granted_minutes == 5
