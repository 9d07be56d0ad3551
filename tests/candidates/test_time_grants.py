"""Time through the services: extra time, grants, undo, pauses, hours shown, whose clock counts."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from bs4 import BeautifulSoup

from candidates import duties, seat_services, services
from candidates.models import Timer
from candidates.states import Fact
from sessions_app import board, clock
from sessions_app.models import Session, SessionEvent
from sessions_app.refusals import Conflict, Invalid
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
A_THIRD = Decimal(33)


@pytest.fixture
def stop_clock(monkeypatch):
    """Sets the database's clock to one instant."""

    def stop(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)

    return stop


def time_of(person) -> timedelta:
    """What the candidate has from start to end, as stored."""
    timer = Timer.objects.get(candidate=person)
    return timer.ends_at - timer.started_at


def start(person, by):
    services.authorize_start(person, user=by)
    seat_services.start(factories.fresh(person), factories.seat_of(person))
    return factories.fresh(person)


def instants(room, *types: str) -> list[datetime]:
    """The instants of these events, in the journal's order."""
    return [event.at for event in room.events.filter(type__in=types)]


# The end hour


@pytest.mark.parametrize("granted_before", [0, 4, 10])
def test_extra_time_and_ten_minutes_granted_before_and_during(room, by, granted_before):
    person = factories.waiting(room, extra_time_percent=A_THIRD)
    if granted_before:
        services.add_time(person, user=by, minutes=granted_before)
    person = start(person, by)
    if granted_before < 10:
        services.add_time(person, user=by, minutes=10 - granted_before)
    assert time_of(person) == timedelta(seconds=8_379 + 600)
    assert factories.fresh(person).ends_at == person.started_at + timedelta(seconds=8_979)


def test_the_end_hour_does_not_depend_on_when_time_is_added(room, by, db_clock):
    person = factories.running(room, by, extra_time_percent=A_THIRD)
    for _ in range(10):
        db_clock.forward(minutes=7, milliseconds=123)
        services.add_time(factories.fresh(person), user=by, minutes=1)
    assert time_of(person) == timedelta(seconds=8_379 + 600)


def test_a_part_of_a_second_of_extra_time_is_rounded_up(room, by):
    person = factories.running(room, by, extra_time_percent=Decimal("33.33"))
    assert time_of(person) == timedelta(seconds=8_400)


def test_each_candidate_has_their_own_time(room, by):
    room.duration_minutes = 60
    room.save(update_fields=["duration_minutes"])
    lengths = {
        percent: time_of(factories.running(room, by, extra_time_percent=Decimal(percent)))
        for percent in (0, 33, 50, 100)
    }
    seconds = {0: 3_600, 33: 4_788, 50: 5_400, 100: 7_200}
    assert lengths == {key: timedelta(seconds=value) for key, value in seconds.items()}


def test_enrolment_corrected_during_the_test_moves_no_end_hour(room, by):
    """The percentage of the start counts; what is corrected afterwards is given as a grant."""
    person = factories.running(room, by)
    person.extra_time_percent = A_THIRD
    person.save(update_fields=["extra_time_percent"])
    services.add_time(factories.fresh(person), user=by, minutes=1)
    assert time_of(person) == timedelta(seconds=6_300 + 60)


# Undo


def test_undo_takes_back_the_last_grant_and_keeps_its_line(room, by):
    person = factories.running(room, by)
    for minutes in (5, 10):
        services.add_time(person, user=by, minutes=minutes, reason="Retard de la salle")
    services.undo_time(person, user=by)
    kept, undone = person.time_grants.all()
    assert (kept.undone_at, kept.undone_by) == (None, None)
    assert (undone.minutes, undone.undone_by, undone.reason) == (10, by, "Retard de la salle")
    assert time_of(person) == timedelta(minutes=110)
    assert factories.fresh(person).granted_minutes == 5


def test_undo_of_a_named_grant_is_done_once(room, by):
    person = factories.running(room, by)
    for minutes in (5, 10):
        services.add_time(person, user=by, minutes=minutes)
    first = person.time_grants.first()
    services.undo_time(person, user=by, grant=first.pk)
    assert time_of(person) == timedelta(minutes=115)
    with pytest.raises(Conflict, match="Cet ajout de temps a déjà été annulé"):
        services.undo_time(person, user=by, grant=first.pk)
    assert time_of(person) == timedelta(minutes=115)


def test_a_grant_of_someone_else_is_not_undone(room, by):
    mine, other = factories.running(room, by), factories.running(room, by)
    for person in (mine, other):
        services.add_time(person, user=by, minutes=5)
    before = everything()
    with pytest.raises(Conflict):
        services.undo_time(mine, user=by, grant=other.time_grants.get().pk)
    assert changes(before, everything()) == set()


def test_a_grant_undone_before_the_start_does_not_count(room, by):
    person = factories.waiting(room)
    services.add_time(person, user=by, minutes=20)
    services.add_time(person, user=by, minutes=7)
    services.undo_time(person, user=by, grant=person.time_grants.first().pk)
    assert time_of(start(person, by)) == timedelta(minutes=112)


def test_everything_undone_leaves_the_time_as_it_was(room, by):
    person = factories.running(room, by, extra_time_percent=A_THIRD)
    for minutes in (1, 2, 240):
        services.add_time(person, user=by, minutes=minutes)
    for _ in range(3):
        services.undo_time(person, user=by)
    assert time_of(person) == timedelta(seconds=8_379)


@pytest.mark.parametrize("minutes", [0, -1, 241, 100_000])
def test_the_service_itself_refuses_impossible_minutes(room, by, minutes):
    person = factories.running(room, by)
    before = everything()
    with pytest.raises(Invalid, match="Le temps ajouté va de 1 à 240 minutes"):
        services.add_time(person, user=by, minutes=minutes)
    assert changes(before, everything()) == set()


# Overtime


def test_overtime_is_told_and_ends_nothing(room, by, db_clock):
    person = factories.running(room, by)
    db_clock.forward(minutes=104, seconds=58)
    duties.note_overtime()
    assert Fact.OVERTIME not in factories.fresh(person).facts()
    db_clock.forward(seconds=3)
    for _ in range(2):
        duties.note_overtime()
    person = factories.fresh(person)
    assert (person.state, person.overtime_at) == ("in_progress", person.ends_at)
    assert room.events.filter(type="overtime_reached").count() == 1


def test_time_added_in_overtime_ends_the_overtime_only_when_it_suffices(room, by, db_clock):
    person = factories.running(room, by)
    db_clock.forward(minutes=110)
    duties.note_overtime()
    services.add_time(factories.fresh(person), user=by, minutes=4)
    assert factories.fresh(person).overtime_at is not None
    services.add_time(factories.fresh(person), user=by, minutes=4)
    assert factories.fresh(person).overtime_at is None


def test_undoing_time_may_bring_the_overtime_back(room, by, db_clock):
    person = factories.running(room, by)
    services.add_time(person, user=by, minutes=30)
    db_clock.forward(minutes=110)
    duties.note_overtime()
    assert factories.fresh(person).overtime_at is None
    services.undo_time(factories.fresh(person), user=by)
    duties.note_overtime()
    assert factories.fresh(person).overtime_at is not None


def test_overtime_noted_before_a_pause_lasts_no_longer_for_it(room, by, db_clock):
    person = factories.running(room, by)
    db_clock.forward(minutes=107)
    duties.note_overtime()
    services.pause_room(room, user=by)
    db_clock.forward(minutes=30)
    services.resume_room(room, user=by)
    person = factories.fresh(person)
    assert person.overtime_at == person.ends_at


def test_time_added_during_a_pause_counts_from_its_beginning(room, by, db_clock):
    """Two minutes over, ten added thirty minutes into the pause: eight are left."""
    person = factories.running(room, by)
    db_clock.forward(minutes=107)
    duties.note_overtime()
    services.pause_room(room, user=by)
    db_clock.forward(minutes=30)
    services.add_time(factories.fresh(person), user=by, minutes=10)
    assert factories.fresh(person).overtime_at is None
    services.resume_room(room, user=by)
    duties.note_overtime()
    assert factories.fresh(person).overtime_at is None


# The marks before the end


def near(person) -> str:
    """The badge of the row, as people read it."""
    row = BeautifulSoup(factories.fresh(person).row_html, "html.parser")
    return " ".join(each.text.replace("\xa0", " ") for each in row.select(".left.near"))


def test_the_badge_of_a_row_comes_and_goes(room, by, db_clock):
    person = factories.running(room, by)
    shown = []
    for minutes in (89, 2, 9, 6):
        db_clock.forward(minutes=minutes)
        duties.tell_end_is_near()
        duties.note_overtime()
        shown.append(near(person))
    assert shown == ["", "moins de 15 min", "moins de 5 min", ""]
    services.add_time(factories.fresh(person), user=by, minutes=10)
    assert near(person) == "moins de 15 min"
    services.add_time(factories.fresh(person), user=by, minutes=10)
    assert near(person) == ""


def test_a_finished_test_is_near_no_end(room, by, db_clock):
    person = factories.running(room, by)
    db_clock.forward(minutes=101)
    duties.tell_end_is_near()
    services.end_test(factories.fresh(person), user=by)
    assert near(person) == ""


# The room pauses


def test_a_pause_is_given_back_exactly(room, by, db_clock):
    person = factories.running(room, by, extra_time_percent=A_THIRD)
    db_clock.forward(minutes=20)
    services.pause_room(room, user=by, reason="Alarme incendie")
    db_clock.forward(minutes=12, milliseconds=345)
    services.resume_room(room, user=by)
    paused_at, resumed_at = instants(room, "room_paused", "room_resumed")
    assert time_of(person) == timedelta(seconds=8_379) + (resumed_at - paused_at)


def test_two_pauses_and_a_grant_in_the_middle_add_up(room, by, db_clock):
    person = factories.running(room, by)
    pauses = []
    for minutes in (3, 8):
        services.pause_room(room, user=by)
        db_clock.forward(minutes=minutes)
        services.add_time(factories.fresh(person), user=by, minutes=5)
        services.resume_room(room, user=by)
        paused_at, resumed_at = instants(room, "room_paused", "room_resumed")[-2:]
        pauses.append(resumed_at - paused_at)
    assert time_of(person) == timedelta(minutes=115) + sum(pauses, timedelta())


def test_a_pause_gives_nothing_to_who_has_not_started_or_has_finished(room, by, db_clock):
    late, done = factories.waiting(room), factories.finished(room, by)
    ended = Timer.objects.get(candidate=done)
    services.pause_room(room, user=by)
    db_clock.forward(minutes=10)
    services.resume_room(room, user=by)
    assert Timer.objects.get(candidate=done).ends_at == ended.ends_at
    assert time_of(start(factories.fresh(late), by)) == timedelta(minutes=105)


def test_a_test_ended_during_the_pause_keeps_its_end_hour(room, by, db_clock):
    person = factories.running(room, by)
    services.pause_room(room, user=by)
    services.end_test(factories.fresh(person), user=by)
    db_clock.forward(minutes=10)
    services.resume_room(room, user=by)
    assert time_of(person) == timedelta(minutes=105)


def test_nobody_goes_into_overtime_while_the_room_is_paused(room, by, db_clock):
    person = factories.running(room, by)
    db_clock.forward(minutes=100)
    services.pause_room(room, user=by)
    db_clock.forward(minutes=30)
    duties.note_overtime()
    services.resume_room(room, user=by)
    duties.note_overtime()
    assert factories.fresh(person).overtime_at is None


def test_a_timed_question_gets_the_pause_back_too(room, by, db_clock):
    """The clock of the question stands still with that of the test."""
    person = factories.running(room, by)
    opened_at = person.question_opened_at
    services.pause_room(room, user=by)
    db_clock.forward(minutes=10)
    services.resume_room(room, user=by)
    paused_at, resumed_at = instants(room, "room_paused", "room_resumed")
    assert factories.fresh(person).question_opened_at == opened_at + (resumed_at - paused_at)


@pytest.mark.parametrize("is_paused", [True, False])
def test_pausing_and_resuming_are_intentions_not_toggles(room, by, is_paused):
    if is_paused:
        services.pause_room(room, user=by)
    before = everything()
    with pytest.raises(Conflict):
        (services.pause_room if is_paused else services.resume_room)(room, user=by)
    assert changes(before, everything()) == set()


# Hours as people read them


def shown_end(room) -> str:
    html = BeautifulSoup(board.whole(room.pk)["html"], "html.parser")
    return html.select_one("li .time .end").text


@pytest.mark.parametrize(
    ("zone", "started_at", "end"),
    [
        ("Europe/Paris", datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "04:15"),
        ("Europe/Paris", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "03:15"),
        ("Europe/Paris", datetime(2027, 10, 30, 22, 30, tzinfo=UTC), "02:15"),
        ("Europe/Paris", datetime(2027, 1, 12, 7, 30, tzinfo=UTC), "10:15"),
        ("Indian/Reunion", datetime(2027, 1, 12, 4, 30, tzinfo=UTC), "10:15"),
        ("Pacific/Tahiti", datetime(2027, 1, 12, 18, 30, tzinfo=UTC), "10:15"),
        ("America/Cayenne", datetime(2027, 1, 12, 22, 30, tzinfo=UTC), "21:15"),
    ],
)
def test_the_board_shows_the_local_end_hour(stop_clock, zone, started_at, end):
    room = factories.session(center=factories.center(time_zone=zone))
    stop_clock(started_at)
    person = factories.running(room, factories.supervisor(room))
    assert (person.started_at, time_of(person)) == (started_at, timedelta(minutes=105))
    assert shown_end(room) == end


@pytest.mark.parametrize(
    ("zone", "instant"),
    [
        ("Europe/Paris", datetime(2027, 7, 1, 6, 30, tzinfo=UTC)),
        ("Indian/Reunion", datetime(2027, 7, 1, 4, 30, tzinfo=UTC)),
        ("Pacific/Tahiti", datetime(2027, 7, 1, 18, 30, tzinfo=UTC)),
    ],
)
def test_half_past_eight_is_the_centre_s_own(zone, instant):
    room = factories.session(
        center=factories.center(time_zone=zone), date=date(2027, 7, 1), start_time=time(8, 30)
    )
    assert room.scheduled_start == instant


# The clock that decides


@pytest.mark.parametrize("error", [timedelta(days=1), timedelta(days=-1), timedelta(hours=3)])
def test_a_process_with_a_wrong_clock_changes_nothing(room, by, error):
    before = clock.now()
    with time_machine.travel(datetime.now(UTC) + error, tick=True):
        person = factories.running(room, by, extra_time_percent=A_THIRD)
        services.add_time(person, user=by, minutes=10)
        duties.note_overtime()
        duties.lapse_authorizations()
    person = factories.fresh(person)
    assert before <= person.started_at <= clock.now()
    assert time_of(person) == timedelta(seconds=8_979)
    assert (person.overtime_at, person.state) == (None, "in_progress")


def test_every_instant_of_the_journal_is_the_database_s(room, by):
    before = clock.now()
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC), tick=True):
        services.add_time(factories.running(room, by), user=by, minutes=10)
        seat_services.finish(*both(room))
    instants = SessionEvent.objects.values_list("at", flat=True)
    assert all(before <= at <= clock.now() for at in instants)
    assert before <= Session.objects.get(pk=room.pk).first_started_at <= clock.now()


def both(room):
    person = factories.fresh(room.candidates.get())
    return person, factories.seat_of(person)
