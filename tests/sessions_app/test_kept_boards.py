"""A board that is kept and brought up to date is the one that reading everything gives."""

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from candidates import absences, answering, enrolment, presence, seat_services, services
from candidates.models import Candidate
from incidents import services as incidents
from sessions_app import board, clock, preparation
from sessions_app.kept_boards import KeptBoard
from sessions_app.models import Center, Session
from tests import factories, fresh_boards
from tests.fresh_boards import nothing_kept

pytestmark = pytest.mark.django_db(transaction=True)


def away(person) -> None:
    presence.leave(person.pk, clock.now(), Candidate.objects.get(pk=person.pk).node)


def all_away(people) -> None:
    lost = [
        absences.Departure(person.pk, person.session_id, clock.now(), person.node)
        for person in people
    ]
    absences.declare_away(people[0].session_id, lost)


def renamed(person, by) -> None:
    person.birth_name = "Abadie"
    enrolment.correct(person, ["birth_name"], user=by)


def moved_abroad(room) -> None:
    Center.objects.filter(pk=room.center_id).update(time_zone="Indian/Reunion")


def in_another_room(room, by) -> None:
    room.room = "Gymnase"
    preparation.keep_changes(room, ["room"], user=by)


def newcomer(room, by) -> None:
    person = Candidate(session=room, birth_name="Tard", first_name="Venu", birthdate=room.date)
    enrolment.enrol(person, user=by)


WHAT_HAPPENS = {
    "answer": lambda room, by, people: answering.answer(
        people[0], factories.seat_of(people[0]), 1, "a"
    ),
    "answers of several": lambda room, by, people: [
        answering.answer(each, factories.seat_of(each), 1, "a") for each in people
    ],
    "time": lambda room, by, people: services.add_time(people[1], user=by, minutes=5),
    "end": lambda room, by, people: services.end_test(people[1], user=by, reason="Fin"),
    "alert": lambda room, by, people: incidents.raise_alert(
        people[0], factories.seat_of(people[0]), subject="image"
    ),
    "absence": lambda room, by, people: away(people[0]),
    "network lost": lambda room, by, people: all_away(people),
    "pause": lambda room, by, people: services.pause_room(room, user=by, reason="Alarme"),
    "another name": lambda room, by, people: renamed(people[2], by),
    "newcomer": lambda room, by, people: newcomer(room, by),
    "session changed": lambda room, by, people: in_another_room(room, by),
    "time zone changed without an event": lambda room, by, people: moved_abroad(room),
    "finish": lambda room, by, people: seat_services.finish(
        people[0], factories.seat_of(people[0])
    ),
    "another history": lambda room, by, people: Session.objects.filter(pk=room.pk).update(
        epoch="00000000-0000-4000-8000-000000000001"
    ),
    "events that are missing": lambda room, by, people: Session.objects.filter(pk=room.pk).update(
        version=F("version") + 10
    ),
}


@pytest.fixture
def people(room, by):
    return [factories.running(room, by) for _ in range(6)]


@pytest.mark.parametrize("happens", WHAT_HAPPENS.values(), ids=WHAT_HAPPENS)
def test_a_kept_board_is_the_whole_truth(room, by, people, happens):
    board.whole(room.pk)
    happens(room, by, people)
    assert board.whole(room.pk) == fresh_boards.whole(room.pk)
    services.add_time(factories.fresh(people[5]), user=by, minutes=10)
    assert board.whole(room.pk) == fresh_boards.whole(room.pk)


@pytest.mark.parametrize("happens", WHAT_HAPPENS.values(), ids=WHAT_HAPPENS)
def test_a_change_is_the_same_with_or_without_a_kept_board(room, by, people, happens):
    before = board.load(room.pk).session
    services.add_time(people[3], user=by, minutes=5)
    happens(room, by, people)
    since = (room.pk, str(before.epoch), before.version)
    with nothing_kept():
        read = board.change(*since)
    assert board.change(*since) == read


def test_only_who_moved_is_read_again(room, by, people):
    board.whole(room.pk)
    with CaptureQueriesContext(connection) as asked:
        board.whole(room.pk)
    assert not [each["sql"] for each in asked if Candidate._meta.db_table in each["sql"]]
    services.add_time(people[0], user=by, minutes=5)
    before = {pk: id(row) for pk, row in board._kept._at_hand(room.pk).now().people.items()}
    board.whole(room.pk)
    after = {pk: id(row) for pk, row in board._kept._at_hand(room.pk).now().people.items()}
    assert [pk for pk in after if after[pk] != before[pk]] == [people[0].pk]


def test_what_is_not_committed_is_not_kept(room, by, people):
    with transaction.atomic():
        services.add_time(people[0], user=by, minutes=5)
        board.whole(room.pk)
        transaction.set_rollback(True)
    services.add_time(factories.fresh(people[1]), user=by, minutes=7)
    assert board.whole(room.pk) == fresh_boards.whole(room.pk)


def test_the_list_of_a_planned_session_changes_without_events():
    room = factories.session()
    Session.objects.filter(pk=room.pk).update(state=Session.State.PLANNED)
    factories.candidate(room)
    board.whole(room.pk)
    late = factories.candidate(room)
    assert f'data-candidate="{late.pk}"' in board.whole(room.pk)["html"]


def test_only_so_many_are_kept(monkeypatch):
    monkeypatch.setattr("sessions_app.kept_boards.MOST", 2)
    rooms = [factories.session() for _ in range(3)]
    with nothing_kept():
        for room in rooms:
            board.load(room.pk)
        assert list(board._kept._boards) == [room.pk for room in rooms[1:]]


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("happens", WHAT_HAPPENS.values(), ids=WHAT_HAPPENS)
def test_changes_read_together_are_those_read_one_by_one(room, by, people, happens, is_kept):
    """Of a room that moves, twice from different versions, and of one that does not."""
    still = factories.session()
    factories.running(still, factories.supervisor(still))
    first = board.load(room.pk).session
    services.add_time(people[3], user=by, minutes=5)
    second = board.load(room.pk).session
    still_at = board.load(still.pk).session
    happens(room, by, people)
    asked = [
        board.Asked(each.pk, str(each.epoch), each.version, ("fr", "en"))
        for each in (first, still_at, second)
    ]
    if not is_kept:
        with nothing_kept():
            alone = [board.change(*each) for each in asked]
        with nothing_kept():
            assert board.changes(asked) == alone
    else:
        assert board.changes(asked) == [board.change(*each) for each in asked]


def test_a_session_that_is_gone_harms_no_other(room, people):
    at = board.load(room.pk).session
    known = board.Asked(room.pk, str(at.epoch), at.version)
    gone, told = board.changes([board.Asked(0, str(at.epoch), 0), known])
    assert isinstance(gone, Session.DoesNotExist)
    assert told == board.change(*known)


def test_what_cannot_be_told_of_one_harms_no_other(room, people, monkeypatch):
    at = board.load(room.pk).session
    asked = [board.Asked(room.pk, str(at.epoch), at.version, named) for named in (["xx"], ["fr"])]
    really = board.languages.in_each

    def in_each(wanted, make):
        if "xx" in wanted:
            raise LookupError("xx")
        return really(wanted, make)

    monkeypatch.setattr(board.languages, "in_each", in_each)
    failed, told = board.changes(asked)
    assert isinstance(failed, LookupError)
    assert told.version == at.version


def test_boards_are_taken_at_hand_together_in_as_many_queries(room, by, people):
    counts, rooms = [], [room, *(factories.session() for _ in range(3))]
    for each in rooms[1:]:
        factories.running(each, factories.supervisor(each))
    for some in (rooms[:1], rooms):
        with nothing_kept(), CaptureQueriesContext(connection) as asked:
            board.take_at_hand([each.pk for each in some])
            assert all(board.is_at_hand(each.pk) for each in some)
        counts.append(len(asked))
        with nothing_kept():
            board.take_at_hand([each.pk for each in some])
            assert [board.whole(each.pk) for each in some] == [
                fresh_boards.whole(each.pk) for each in some
            ]
    assert counts[0] == counts[1]


def test_an_answer_shown_while_the_board_is_read_stays_on_it(room, people):
    """A page reads in a thread; at worst it comes just before the lock is taken."""
    pk = people[0].pk
    kept = KeptBoard(board.load(room.pk))
    kept.answer(kept.version + 1, {pk: 2})
    lock = kept._lock

    class Late:
        def __enter__(self):
            kept._lock = lock
            assert kept.now().people[pk].question == 2
            lock.acquire()

        def __exit__(self, *error):
            lock.release()

    kept._lock = Late()
    kept.answer(kept.version + 1, {pk: 3})
    assert kept.now().people[pk].question == 3
