"""What time alone causes, minute by minute: marks, overtime, ends, lapsed authorisations.

The duties run many times at each instant, as they do in several processes: what they cause is
there once. `tests/sessions_app/test_races.py` runs them at once, on PostgreSQL.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from candidates import duties, presence, seat_services, services
from candidates.access import Seat
from candidates.models import Candidate, Timer
from candidates.templatetags.candidate_rows import ended_by
from incidents import services as incidents
from sessions_app import clock, preparation, timekeeper
from sessions_app.models import Session
from sessions_app.refusals import Conflict
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
NOW, START = clock.now, datetime(2027, 1, 12, 7, 30, tzinfo=UTC)
DUTIES = (
    duties.tell_end_is_near,
    duties.note_overtime,
    duties.end_at_time,
    duties.tell_lapse_is_near,
    duties.lapse_authorizations,
)
MINUTES = {duties.tell_end_is_near: 95, duties.tell_lapse_is_near: 13}  # when each is due
BY_THE_END_HOUR = {"end_is_near", "overtime_reached", "test_ended"}
LAPSED, NEAR = "authorization_lapsed", "lapse_is_near"


@pytest.fixture
def at(monkeypatch):
    """`at(minutes=90)`: the database's clock stands so long after the start of the test."""

    def stand(**after) -> None:
        monkeypatch.setattr(clock, "now", lambda: START + timedelta(**after))

    stand()
    return stand


def run(times: int = 2) -> None:
    for _ in range(times):
        for duty in DUTIES:
            duty()


def ends_by_itself(room) -> None:
    Session.objects.filter(pk=room.pk).update(auto_end=True)


def caused(room) -> list[tuple[float, str]]:
    """Minute and name of all that the end hour caused, in the journal's order."""
    events = room.events.filter(type__in=BY_THE_END_HOUR, actor="system")
    return [
        ((event.at - START) / timedelta(minutes=1), str(event.data.get("minutes", event.type)))
        for event in events.order_by("version")
    ]


# A day of 105 minutes: what people do at which minute, what they are told at which.
# `stop`: no server runs until `go`.

OVER = "overtime_reached"
DAYS = {
    "nothing": ({}, [(90, "15"), (100, "5"), (105, OVER)]),
    "added ahead": ({80: "add 10"}, [(100, "15"), (110, "5"), (115, OVER)]),
    "added after a mark": (
        {92: "add 10"},
        [(90, "15"), (100, "15"), (110, "5"), (115, OVER)],
    ),
    "added too little": ({92: "add 1"}, [(90, "15"), (101, "5"), (106, OVER)]),
    "added after both, a little": (
        {102: "add 4"},
        [(90, "15"), (100, "5"), (104, "5"), (109, OVER)],
    ),
    "added after both, a lot": (
        {102: "add 20"},
        [(90, "15"), (100, "5"), (110, "15"), (120, "5"), (125, OVER)],
    ),
    "added and undone ahead": ({80: "add 10", 85: "undo"}, [(90, "15"), (100, "5"), (105, OVER)]),
    "undone into the last minutes": ({80: "add 30", 102: "undo"}, [(102, "5"), (105, OVER)]),
    "undone past the end": ({80: "add 30", 110: "undo"}, [(110, OVER)]),
    "paused ahead": ({50: "pause", 70: "resume"}, [(110, "15"), (120, "5"), (125, OVER)]),
    "paused after a mark": (
        {95: "pause", 115: "resume"},
        [(90, "15"), (120, "5"), (125, OVER)],
    ),
    "paused for longer than what was left": (
        {102: "pause", 142: "resume"},
        [(90, "15"), (100, "5"), (145, OVER)],
    ),
    "added during a pause": (
        {95: "pause", 100: "add 10", 115: "resume"},
        [(90, "15"), (120, "15"), (130, "5"), (135, OVER)],
    ),
    "added late in a long pause": (
        {102: "pause", 132: "add 5", 142: "resume"},
        [(90, "15"), (100, "5"), (145, "5"), (150, OVER)],
    ),
    "given back at a resume": (
        {88: "leave", 92: "authorize 20"},
        [(90, "15"), (110, "15"), (120, "5"), (125, OVER)],
    ),
    "stopped over a mark": ({85: "stop", 95: "go"}, [(95, "15"), (100, "5"), (105, OVER)]),
    "stopped over both": ({85: "stop", 102: "go"}, [(102, "5"), (105, OVER)]),
    "stopped over the end": ({85: "stop", 130: "go"}, [(130, OVER)]),
    "restarted after a mark": ({91: "stop", 96: "go"}, [(90, "15"), (100, "5"), (105, OVER)]),
    "finished": ({95: "finish"}, [(90, "15")]),
    "away to the end": ({60: "leave"}, [(90, "15"), (100, "5"), (105, OVER)]),
    "asks to resume to the end": ({60: "ask"}, [(90, "15"), (100, "5"), (105, OVER)]),
    "a problem to the end": ({60: "alert"}, [(90, "15"), (100, "5"), (105, OVER)]),
}
# Where nothing ends by itself, a day may go on past its end hour.
LATE_DAYS = {
    "a little added in overtime": (
        {107: "add 4"},
        [(90, "15"), (100, "5"), (105, OVER), (109, OVER)],
    ),
    "a lot added in overtime": (
        {107: "add 20"},
        [(90, "15"), (100, "5"), (105, OVER), (110, "15"), (120, "5"), (125, OVER)],
    ),
    "added in overtime during a pause": (
        {107: "pause", 120: "add 10", 130: "resume"},
        [(90, "15"), (100, "5"), (105, OVER), (133, "5"), (138, OVER)],
    ),
    "finished in overtime": ({107: "finish"}, [(90, "15"), (100, "5"), (105, OVER)]),
}


def perform(verb: str, person: Candidate, by) -> None:
    name, *number = verb.split()
    minutes = int(number[0]) if number else 0
    seat = factories.seat_of(person)
    {
        "add": lambda: services.add_time(person, user=by, minutes=minutes),
        "undo": lambda: services.undo_time(person, user=by),
        "pause": lambda: services.pause_room(person.session, user=by),
        "resume": lambda: services.resume_room(person.session, user=by),
        "leave": lambda: presence.leave(person.pk, clock.now(), person.node),
        "ask": lambda: seat_services.join(person, Seat(person.pk, "another-computer")),
        "authorize": lambda: services.authorize_resume(person, user=by, minutes=minutes),
        "alert": lambda: incidents.raise_alert(person, seat, subject="image"),
        "finish": lambda: seat_services.finish(person, seat),
        "stop": lambda: None,
        "go": lambda: None,
    }[name]()


def live_through(verbs: dict[int, str], told: list, person: Candidate, by, at) -> None:
    """The duties run at each verb, at each minute of `told` and the one before, and at the end."""
    due = {minute for minute, _ in told}
    is_stopped = False
    for minute in sorted({0, *verbs, *due, *(minute - 1 for minute in due), 155}):
        at(minutes=minute)
        if minute in verbs:
            perform(verbs[minute], factories.fresh(person), by)
            is_stopped = verbs[minute] == "stop"
        if not is_stopped:
            run()


@pytest.mark.parametrize("day", {**DAYS, **LATE_DAYS})
def test_what_the_supervisor_is_told_and_when(room, by, at, day):
    verbs, told = {**DAYS, **LATE_DAYS}[day]
    live_through(verbs, told, factories.running(room, by), by, at)
    assert caused(room) == told


@pytest.mark.parametrize("day", DAYS)
def test_the_same_day_where_each_test_ends_by_itself(room, by, at, day):
    """An end instead of the overtime, never both."""
    ends_by_itself(room)
    verbs, told = DAYS[day]
    person = factories.running(room, by)
    live_through(verbs, told, person, by, at)
    assert caused(room) == [(when, "test_ended" if name == OVER else name) for when, name in told]
    assert factories.fresh(person).state == "finished"


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (4, [(4, OVER)]),
        (5, [(5, OVER)]),
        (6, [(1, "5"), (6, OVER)]),
        (10, [(5, "5"), (10, OVER)]),
        (15, [(10, "5"), (15, OVER)]),
        (16, [(1, "15"), (11, "5"), (16, OVER)]),
    ],
)
def test_a_short_test_is_not_told_that_it_is_short(room, by, at, minutes, told):
    Session.objects.filter(pk=room.pk).update(duration_minutes=minutes)
    live_through({}, told, factories.running(room, by), by, at)
    assert caused(room) == told


def test_a_pause_does_not_make_a_short_test_long(room, by, at):
    Session.objects.filter(pk=room.pk).update(duration_minutes=10)
    told = [(25, "5"), (30, OVER)]
    live_through({2: "pause", 22: "resume"}, told, factories.running(room, by), by, at)
    assert caused(room) == told


# Never early, at the instant itself, and once


DUE = {
    "15": (False, 90, "15"),
    "5": (False, 100, "5"),
    "overtime": (False, 105, OVER),
    "end": (True, 105, "test_ended"),
}


@pytest.mark.parametrize("effect", DUE)
@pytest.mark.parametrize(
    ("late", "is_due"), [(-1_000, False), (-1, False), (0, True), (1, True), (1_000, True)]
)
def test_never_early_by_a_millisecond(room, by, at, effect, late, is_due):
    auto_end, minute, name = DUE[effect]
    Session.objects.filter(pk=room.pk).update(auto_end=auto_end)
    factories.running(room, by)
    at(minutes=minute, milliseconds=late)
    run(times=5)
    assert [each for _, each in caused(room)].count(name) == is_due


@pytest.mark.parametrize(("late", "is_due"), [(-1, False), (0, True), (1, True)])
def test_an_authorization_lapses_at_its_instant_and_once(room, by, at, late, is_due):
    services.authorize_start(factories.waiting(room), user=by)
    at(minutes=15, milliseconds=late)
    run(times=5)
    assert room.events.filter(type=LAPSED).count() == is_due


@pytest.mark.parametrize("state", ["paused", "finalized"])
def test_nothing_is_due_in_a_room_that_stands_still_or_is_over(room, by, at, state):
    ends_by_itself(room)
    for minutes in (0, 10, 20):
        services.add_time(factories.running(room, by), user=by, minutes=minutes or 1)
    services.authorize_start(factories.waiting(room), user=by)
    column = {"paused": {"paused_at": START}, "finalized": {"state": "finalized"}}[state]
    Session.objects.filter(pk=room.pk).update(**column)
    before = everything()
    at(minutes=110)
    assert [queries(duty) for duty in DUTIES] == [1] * len(DUTIES)  # found nobody, locked nothing
    assert changes(before, everything()) == set()


@pytest.mark.parametrize("duty", DUTIES)
def test_a_room_suspended_between_the_look_and_the_lock(room, by, at, duty, monkeypatch):
    """What was found due is looked at again: the pause came first, and gives the time back."""
    Session.objects.filter(pk=room.pk).update(auto_end=duty is duties.end_at_time)
    factories.running(room, by)
    services.authorize_start(factories.waiting(room), user=by)
    at(minutes=MINUTES.get(duty, 106))
    turn = duties.turn

    def late_turn(*args):
        if Session.objects.get(pk=room.pk).paused_at is None:
            services.pause_room(room, user=by)
        return turn(*args)

    monkeypatch.setattr(duties, "turn", late_turn)
    duty()
    assert not room.events.filter(type__in={*BY_THE_END_HOUR, LAPSED, NEAR}).exists()
    assert room.events.filter(type="room_paused").count() == 1


# The end that needs nobody


SITUATIONS = {
    "nothing": {},
    "a problem": {50: "alert"},
    "away": {50: "leave"},
    "lost": {50: "leave", 60: "ask"},
    "asks to resume": {50: "ask"},
    "authorised to come back": {50: "leave", 95: "authorize 1"},
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_end_hour_ends_whatever_the_situation(room, by, at, situation):
    ends_by_itself(room)
    person = factories.running(room, by)
    for minute, verb in SITUATIONS[situation].items():
        at(minutes=minute)
        perform(verb, factories.fresh(person), by)
    at(minutes=107)
    run()
    event = room.events.get(type="test_ended")
    person, timer = factories.fresh(person), Timer.objects.get(candidate=person)
    assert (event.actor, event.user, event.data) == ("system", None, {"reason": "Heure de fin"})
    assert (person.state, person.ended_by, person.end_reason) == (
        "finished",
        "system",
        "Heure de fin",
    )
    assert person.ended_at == timer.ended_at == clock.now()
    assert person.flags == []
    assert (person.needs, person.likely_action) == ([], None)
    assert not person.alerts.filter(closed_at=None).exists()
    assert not room.events.filter(type=OVER).exists()


def test_switched_on_it_ends_those_already_in_overtime(room, by, at):
    person = factories.running(room, by)
    at(minutes=106)
    run()
    room.auto_end = True
    preparation.keep_changes(room, ["auto_end"], user=factories.user(admin=True))
    at(minutes=107)
    run()
    assert factories.fresh(person).state == "finished"
    assert [name for _, name in caused(room)] == [OVER, "test_ended"]


def test_switched_off_it_ends_nobody(room, by, at):
    ends_by_itself(room)
    person = factories.running(room, by)
    room.auto_end = False
    preparation.keep_changes(room, ["auto_end"], user=factories.user(admin=True))
    at(minutes=106)
    run()
    assert factories.fresh(person).state == "in_progress"


@pytest.mark.parametrize("auto_end", [True, False])
def test_switched_between_the_look_and_the_lock(room, by, at, auto_end, monkeypatch):
    """Exactly one of an end or an overtime, by what the session says under the lock."""
    Session.objects.filter(pk=room.pk).update(auto_end=not auto_end)
    factories.running(room, by)
    at(minutes=106)
    turn = duties.turn

    def late_turn(*args):
        Session.objects.filter(pk=room.pk).update(auto_end=auto_end)
        return turn(*args)

    monkeypatch.setattr(duties, "turn", late_turn)
    run()
    assert [name for _, name in caused(room)] == ["test_ended" if auto_end else OVER]


def test_an_ended_test_gets_no_more_time(room, by, at):
    ends_by_itself(room)
    person = factories.running(room, by)
    at(minutes=105)
    run()
    with pytest.raises(Conflict, match="Le test est déjà terminé"):
        services.add_time(person, user=by, minutes=5)


def test_the_administrator_chooses_it(room, client):
    client.force_login(factories.user(admin=True))
    page = client.get(f"/admin/sessions_app/session/{room.pk}/change/")
    assert b'name="auto_end"' in page.content


# What people read


@pytest.mark.parametrize(
    ("who", "reason", "words"),
    [
        ("candidate", "", "par le candidat"),
        ("supervisor", "", "par le surveillant"),
        ("supervisor", "Temps écoulé", "Temps écoulé"),
        ("system", "Heure de fin", "fin automatique"),
    ],
)
def test_who_ended_the_test(who, reason, words):
    assert ended_by(Candidate(ended_by=who, end_reason=reason)) == words


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("candidate", None),
        ("supervisor", "Votre surveillant a mis fin au test."),
        ("system", "L’heure de fin est arrivée : votre test s’est terminé automatiquement."),
    ],
)
def test_the_candidate_reads_who_ended_the_test(who, sentence):
    candidate = Candidate(first_name="Élise", ended_by=who)
    page = render_to_string(
        "candidates/stages/finished.html", {"candidate": candidate, "answered": 3}
    )
    told = {text for text in ("mis fin", "automatiquement") if text in page}
    assert len(told) == (sentence is not None)
    assert sentence is None or sentence in page


# Cheap, and one who fails holds up nobody


def queries(call) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


@pytest.mark.parametrize("minute", [10, 95])
def test_to_find_nothing_due_costs_one_query_a_duty(room, by, at, minute):
    """Once all has been told, whatever the number of candidates; the clock's own is replaced."""
    for _ in range(3):
        factories.running(room, by)
    at(minutes=minute)
    run()
    assert [queries(duty) for duty in DUTIES] == [1] * len(DUTIES)
    assert queries(duties.do_what_is_due) == 1  # for all of them


@pytest.mark.parametrize("auto_end", [True, False])
def test_an_end_and_an_overtime_do_not_look_for_the_same_people(room, by, at, auto_end):
    Session.objects.filter(pk=room.pk).update(auto_end=auto_end)
    factories.running(room, by)
    at(minutes=106)
    assert queries(duties.note_overtime if auto_end else duties.end_at_time) == 1


@pytest.mark.parametrize("duty", DUTIES[:3])
def test_ten_who_are_due_are_found_in_one_query(room, by, at, duty):
    Session.objects.filter(pk=room.pk).update(auto_end=duty is duties.end_at_time)
    counts = []
    for size in (1, 10):
        at()
        for _ in range(size):
            factories.running(room, by)
        at(minutes=95 if duty is duties.tell_end_is_near else 106)
        counts.append(queries(duty))
        Candidate.objects.all().update(warned_minutes=5, overtime_at=clock.now())
    one, ten = counts
    assert ten - 1 == 10 * (one - 1)


def whose_turn_it_is(duty, room, by, at, *names: str) -> list[Candidate]:
    """These people, for whom that duty has something to do now."""
    Session.objects.filter(pk=room.pk).update(auto_end=duty is duties.end_at_time)
    if duty in {duties.lapse_authorizations, duties.tell_lapse_is_near}:
        people = [factories.waiting(room, birth_name=name) for name in names]
        for each in people:
            services.authorize_start(each, user=by)
    else:
        people = [factories.running(room, by, birth_name=name) for name in names]
    at(minutes=MINUTES.get(duty, 106))
    return people


@pytest.mark.parametrize("duty", DUTIES)
def test_one_who_fails_holds_up_nobody(room, by, at, duty, monkeypatch, caplog):
    people = whose_turn_it_is(duty, room, by, at, "Aba", "Bel", "Caz")
    turn = duties.turn

    def failing_turn(candidate, *args):
        if candidate.pk == people[0].pk:
            raise RuntimeError(f"Failing row contains ({people[0]}, {people[0].birthdate}).")
        return turn(candidate, *args)

    monkeypatch.setattr(duties, "turn", failing_turn)
    duty()
    reached = room.events.filter(type__in={*BY_THE_END_HOUR, LAPSED, NEAR})
    assert {event.candidate_id for event in reached} == {each.pk for each in people[1:]}
    assert f"candidate {people[0].pk}, session {room.pk} failed: RuntimeError" in caplog.text
    assert "failing_turn" in caplog.text  # where it happened
    assert [name for name in ("ABA", "Élise", "2010-04") if name in caplog.text] == []


def test_the_timekeeper_runs_every_duty():
    assert duties.do_what_is_due in timekeeper._duties, "register it in candidates/apps.py"
    assert set(DUTIES) == set(duties.DUTIES)


@pytest.mark.parametrize("duty", DUTIES)
def test_the_one_question_finds_who_each_duty_is_for(room, by, at, duty, monkeypatch):
    whose_turn_it_is(duty, room, by, at, "Aba")
    reached = room.events.filter(type__in={*BY_THE_END_HOUR, LAPSED, NEAR})
    assert not reached.exists()
    that_is_now(monkeypatch)
    duties.do_what_is_due()
    assert reached.count() == 1


def that_is_now(monkeypatch) -> None:  # the database's own clock, which runs
    ahead = clock.now() - NOW()
    Timer.objects.update(started_at=F("started_at") - ahead, ends_at=F("ends_at") - ahead)
    Candidate.objects.update(authorized_until=F("authorized_until") - ahead)
    monkeypatch.setattr(clock, "now", NOW)
