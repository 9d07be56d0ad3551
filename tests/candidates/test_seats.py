"""Who sits where: join, second computer, coming back, the grace, the resume."""

import pytest

from candidates import access, answering, duties, presence, seat_services, services
from candidates.access import Seat
from candidates.models import Candidate
from candidates.stages import Stage, stage_of
from candidates.states import Fact
from sessions_app import clock
from sessions_app.refusals import Conflict, Refusal
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
GRACE = 60


@pytest.fixture
def room():
    return factories.session(grace_seconds=GRACE)


def here(person) -> Seat:
    return factories.seat_of(person)


def there(person) -> Seat:
    return Seat(person.pk, "another-computer")


def stage(person, seat: Seat) -> Stage:
    return stage_of(factories.fresh(person), seat.token)


def leaves(person) -> None:
    presence.leave(person.pk, clock.now(), factories.fresh(person).node)


def comes_back(person, seat: Seat | None = None) -> None:
    presence.connected(person.pk, seat or here(person))


def last_event(room):
    return room.events.last()


# Joining


def test_the_first_computer_gets_the_seat_and_waits(room):
    person = factories.candidate(room)
    seat_services.join(person, here(person))
    person = factories.fresh(person)
    assert person.seat == here(person).token
    assert person.facts() == {Fact.ASKS_START}
    assert stage(person, here(person)) == Stage.WAITING
    assert last_event(room).data == {"other_computer": False}


def test_another_computer_before_the_start_takes_the_seat_without_the_authorization(room, by):
    """Confirming a presence confirms one computer: the next one is confirmed again."""
    person = factories.waiting(room)
    services.authorize_start(person, user=by)
    seat_services.join(factories.fresh(person), there(person))
    assert stage(person, there(person)) == Stage.WAITING
    assert stage(person, here(person)) == Stage.ELSEWHERE
    assert factories.fresh(person).authorized_until is None
    assert last_event(room).data == {"other_computer": True}


def test_the_computer_that_lost_the_seat_cannot_start(room, by):
    person = factories.waiting(room)
    seat_services.join(factories.fresh(person), there(person))
    services.authorize_start(factories.fresh(person), user=by)
    before = everything()
    with pytest.raises(Conflict, match="Votre test est ouvert sur un autre poste"):
        seat_services.start(factories.fresh(person), here(person))
    assert changes(before, everything()) == set()


def test_the_same_browser_that_joins_again_keeps_its_seat(room, client):
    person = factories.candidate(room)
    form = join_form(person)
    client.post("/candidat/", form)
    before = everything()
    response = client.post("/candidat/", form)
    assert (response.status_code, response["Location"]) == (302, "/candidat/test/")
    assert changes(before, everything()) == set()


def join_form(person) -> dict:
    return {
        "session_number": person.session.number,
        "last_name": person.birth_name,
        "first_name": person.first_name,
        "birthdate": person.birthdate.isoformat(),
        "access_code": person.session.access_code,
    }


def typed_number(number: str) -> str:
    return f" {number[:3]} - {number[3:]} "


def test_names_and_codes_are_accepted_as_people_type_them(room, client):
    factories.candidate(room, birth_name="D'AUBIGNÉ-Œuvrard", first_name="Jean-Noël")
    code = room.access_code
    response = client.post(
        "/candidat/",
        {
            "session_number": typed_number(room.number),
            "last_name": "d’aubigne oeuvrard",
            "first_name": "JEAN NOEL",
            "birthdate": "23/04/2010",
            "access_code": f"{code[:3]}-{code[3:]}".lower(),
        },
    )
    assert response.status_code == 302
    assert room.events.get().type == "joined"


@pytest.mark.parametrize(("hours", "joins"), [(23.9, True), (24.1, False)])
def test_a_session_can_be_joined_for_24_hours_after_its_first_start(
    room, by, db_clock, client, hours, joins
):
    factories.running(room, by)
    late = factories.candidate(room)
    db_clock.forward(hours=hours)
    assert (client.post("/candidat/", join_form(late)).status_code == 302) is joins


@pytest.mark.parametrize("wrong", [
    {"last_name": "Dupond"},
    {"first_name": "Elsa"},
    {"birthdate": "24/04/2010"},
    {"access_code": "ZZZZZZ"},
    {"session_number": "000000"},
])  # fmt: skip
def test_one_wrong_answer_joins_nothing_and_does_not_say_which(room, client, wrong):
    person = factories.candidate(room)
    before = everything()
    response = client.post("/candidat/", join_form(person) | wrong)
    assert response.status_code == 422
    assert response.json() == {"message": access.UNKNOWN_CANDIDATE}
    assert changes(before, everything()) == set()


# The authorisation to start


def test_an_authorization_lasts_fifteen_minutes_and_is_used_up(room, by, db_clock):
    person = factories.waiting(room)
    services.authorize_start(person, user=by)
    db_clock.forward(minutes=14, seconds=55)
    seat_services.start(factories.fresh(person), here(person))
    person = factories.fresh(person)
    assert (person.state, person.authorized_until) == ("in_progress", None)


def test_a_lapsed_authorization_starts_nothing_even_before_it_is_told(room, by, db_clock):
    person = factories.waiting(room)
    services.authorize_start(person, user=by)
    db_clock.forward(minutes=15, seconds=1)
    with pytest.raises(Conflict, match="Aucune autorisation n’est en cours"):
        seat_services.start(factories.fresh(person), here(person))
    duties.lapse_authorizations()
    assert stage(person, here(person)) == Stage.WAITING
    assert last_event(room).type == "authorization_lapsed"


def test_a_lapsed_authorization_can_be_given_again_before_it_is_told(room, by, db_clock):
    person = factories.waiting(room)
    services.authorize_start(person, user=by)
    db_clock.forward(minutes=16)
    services.authorize_start(factories.fresh(person), user=by)
    duties.lapse_authorizations()
    assert stage(person, here(person)) == Stage.READY


# A second computer during the test


def test_a_second_computer_asks_and_the_first_goes_on_untouched(room, by):
    person = factories.running(room, by)
    seat_services.join(person, there(person))
    assert stage(person, there(person)) == Stage.RESUME
    assert stage(person, here(person)) == Stage.QUESTION
    answering.answer(factories.fresh(person), here(person), 1, "a")
    with pytest.raises(Conflict, match="autre poste"):
        answering.answer(factories.fresh(person), there(person), 2, "a")
    assert Fact.ASKS_RESUME in factories.fresh(person).facts()


def test_once_authorized_the_second_computer_has_the_seat_alone(room, by):
    person = factories.running(room, by)
    seat_services.join(person, there(person))
    services.authorize_resume(factories.fresh(person), user=by, minutes=3)
    assert stage(person, there(person)) == Stage.QUESTION
    assert stage(person, here(person)) == Stage.ELSEWHERE
    with pytest.raises(Conflict, match="autre poste"):
        seat_services.finish(factories.fresh(person), here(person))
    assert factories.fresh(person).granted_minutes == 3
    assert last_event(room).data["other_computer"] is True


def test_a_third_computer_takes_the_place_of_the_second_in_the_queue(room, by):
    person = factories.running(room, by)
    seat_services.join(person, there(person))
    asked_at = factories.fresh(person).asks_resume_at
    third = Seat(person.pk, "third-computer")
    seat_services.join(factories.fresh(person), third)
    assert stage(person, third) == Stage.RESUME
    assert stage(person, there(person)) == Stage.ELSEWHERE
    assert factories.fresh(person).asks_resume_at == asked_at


def test_after_the_end_no_computer_writes_anything(room, by):
    person = factories.finished(room, by)
    before = everything()
    seat_services.join(person, there(person))
    assert stage(person, there(person)) == Stage.FINISHED
    assert changes(before, everything()) == set()


# Leaving and coming back


@pytest.mark.parametrize(("absence", "expected"), [
    (GRACE - 5, Stage.QUESTION),
    (GRACE + 5, Stage.RESUME),
    (3_600, Stage.RESUME),
])  # fmt: skip
def test_the_grace_decides_whether_a_return_must_be_authorized(
    room, by, db_clock, absence, expected
):
    person = factories.running(room, by)
    leaves(person)
    assert Fact.AWAY in factories.fresh(person).facts()
    db_clock.forward(seconds=absence)
    comes_back(person)
    assert stage(person, here(person)) == expected
    assert factories.fresh(person).away_since is None


def test_an_absence_past_the_grace_blocks_even_before_the_return_is_noted(room, by, db_clock):
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(seconds=GRACE + 5)
    with pytest.raises(Conflict, match="La reprise doit d’abord être autorisée"):
        answering.answer(factories.fresh(person), here(person), 1, "a")


def test_who_must_ask_still_must_after_leaving_once_more(room, by, db_clock):
    """A second, short absence is no way round the authorisation, nor a new wait."""
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(seconds=GRACE + 5)
    comes_back(person)
    asked_at = factories.fresh(person).asks_resume_at
    leaves(person)
    db_clock.forward(seconds=5)
    comes_back(person)
    assert stage(person, here(person)) == Stage.RESUME
    assert factories.fresh(person).asks_resume_at == asked_at
    with pytest.raises(Conflict):
        answering.answer(factories.fresh(person), here(person), 1, "a")


def test_the_clock_keeps_running_and_the_loss_is_offered_back(room, by, db_clock, client):
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(seconds=190)
    comes_back(person)
    client.force_login(by)
    page = client.get(f"/surveillance/{room.number}/candidats/{person.pk}/")
    assert page.context["lost"].minutes == 4
    assert factories.fresh(person).ends_at == person.ends_at


def test_a_resume_with_minutes_moves_the_end_hour_and_lets_go_on(room, by, db_clock):
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(seconds=190)
    comes_back(person)
    services.authorize_resume(factories.fresh(person), user=by, minutes=4)
    after = factories.fresh(person)
    assert (after.ends_at - person.ends_at).total_seconds() == 240
    assert stage(person, here(person)) == Stage.QUESTION
    assert after.facts() == {Fact.HAS_GRANT}
    assert last_event(room).data["absent_seconds"] >= 190


def test_a_resume_authorized_ahead_is_used_up_by_the_return(room, by, db_clock):
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(seconds=GRACE + 60)
    services.authorize_resume(factories.fresh(person), user=by)
    db_clock.forward(minutes=10)
    comes_back(person)
    after = factories.fresh(person)
    assert stage(person, here(person)) == Stage.QUESTION
    assert (after.authorized_until, after.facts()) == (None, frozenset())


def test_a_resume_authorized_ahead_lapses(room, by, db_clock):
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(seconds=GRACE + 60)
    services.authorize_resume(factories.fresh(person), user=by)
    db_clock.forward(minutes=16)
    comes_back(person)
    assert stage(person, here(person)) == Stage.RESUME


def test_a_resume_authorized_ahead_serves_the_computer_that_comes(room, by, db_clock):
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(minutes=3)
    services.authorize_resume(factories.fresh(person), user=by)
    seat_services.join(factories.fresh(person), there(person))
    assert stage(person, there(person)) == Stage.QUESTION
    assert stage(person, here(person)) == Stage.ELSEWHERE


def test_a_lapsed_authorization_gives_no_other_computer_the_seat(room, by, db_clock):
    """Lapsed but not yet told by the timekeeper: the second computer asks like any other."""
    person = factories.running(room, by)
    leaves(person)
    db_clock.forward(minutes=3)
    services.authorize_resume(factories.fresh(person), user=by)
    db_clock.forward(minutes=16)
    seat_services.join(factories.fresh(person), there(person))
    assert stage(person, there(person)) == Stage.RESUME
    assert factories.fresh(person).seat == here(person).token


def test_a_candidate_who_waits_to_start_comes_back_without_asking(room, db_clock):
    person = factories.waiting(room)
    leaves(person)
    assert Fact.ASKS_START not in factories.fresh(person).facts()
    db_clock.forward(hours=1)
    comes_back(person)
    assert factories.fresh(person).facts() == {Fact.ASKS_START}
    assert stage(person, here(person)) == Stage.WAITING


def test_a_return_through_another_process_is_not_declared_away(room, by):
    """The old process notices late: the row already says that another one has the candidate."""
    person = factories.running(room, by)
    comes_back(person)
    Candidate.objects.filter(pk=person.pk).update(node="another-process")
    before = everything()
    presence.leave(person.pk, clock.now())
    assert changes(before, everything()) == set()


def test_a_blip_writes_nothing(room, by):
    person = factories.running(room, by)
    comes_back(person)
    before = everything()
    comes_back(person)
    assert changes(before, everything()) == set()


@pytest.mark.parametrize("end", [
    lambda person, by: services.end_test(person, user=by),
    lambda person, by: seat_services.finish(person, here(person)),
])  # fmt: skip
def test_the_end_clears_every_wait(room, by, end):
    person = factories.running(room, by)
    seat_services.join(person, there(person))
    leaves(person)
    assert factories.fresh(person).facts() == {Fact.ASKS_RESUME, Fact.AWAY}
    end(factories.fresh(person), by)
    assert factories.fresh(person).facts() == frozenset()
    assert factories.fresh(person).needs == []
    for seat in (here(person), there(person)):
        assert stage(person, seat) == Stage.FINISHED


def test_a_finished_test_refuses_a_second_end(room, by):
    person = factories.finished(room, by)
    with pytest.raises(Refusal, match="Le test est déjà terminé"):
        services.end_test(person, user=by)


def test_a_suspended_room_comes_back_without_asking(db_clock):
    """A power cut: everyone is away for longer than the grace, while the room is suspended."""
    room = factories.session(grace_seconds=60)
    user = factories.supervisor(room)
    person = factories.running(room, user)
    presence.leave(person.pk, clock.now(), node=person.node)
    services.pause_room(room, user=user, reason="Coupure de courant")
    db_clock.forward(minutes=12)
    presence.come_back(factories.fresh(person), factories.seat_of(person))
    person = factories.fresh(person)
    assert (person.away_since, person.asks_resume_at) == (None, None)


def test_an_absence_before_the_pause_still_asks(db_clock):
    room = factories.session(grace_seconds=60)
    user = factories.supervisor(room)
    person = factories.running(room, user)
    presence.leave(person.pk, clock.now(), node=person.node)
    db_clock.forward(seconds=61)
    services.pause_room(room, user=user)
    db_clock.forward(minutes=1)
    presence.come_back(factories.fresh(person), factories.seat_of(person))
    assert factories.fresh(person).asks_resume_at is not None


def test_an_unused_authorization_gets_the_pause_back(db_clock):
    room = factories.session()
    user = factories.supervisor(room)
    person = factories.waiting(room)
    services.authorize_start(person, user=user)
    services.pause_room(room, user=user)
    db_clock.forward(minutes=20)
    duties.lapse_authorizations()
    assert factories.fresh(person).authorized_until is not None
    services.resume_room(room, user=user)
    seat_services.start(factories.fresh(person), factories.seat_of(person))
    assert factories.fresh(person).state == "in_progress"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same computer", "another"])
def test_an_authorized_return_finds_the_timed_question_where_it_stood(
    room, by, db_clock, elsewhere
):
    person = factories.running(room, by)
    opened_at = person.question_opened_at
    presence.leave(person.pk, clock.now(), node=person.node)
    db_clock.forward(minutes=5)
    services.authorize_resume(factories.fresh(person), user=by)
    if elsewhere:
        seat_services.join(factories.fresh(person), there(person))
    else:
        presence.come_back(factories.fresh(person), here(person))
    back = factories.fresh(person)
    assert (back.away_since, back.lost_since, back.authorized_until) == (None, None, None)
    assert (back.question_opened_at - opened_at).total_seconds() == pytest.approx(300, abs=5)
