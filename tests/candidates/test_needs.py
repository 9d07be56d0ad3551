"""Who needs a person: lapsing authorisations, claims, acknowledgements, lost time, closing time."""

from datetime import UTC, datetime, timedelta

import pytest

from candidates import (
    acknowledgements,
    claims,
    duties,
    lost_time,
    presence,
    seat_services,
    services,
)
from candidates.access import Seat
from candidates.acknowledgements import Seen
from incidents import services as incidents
from sessions_app import board, clock
from sessions_app.models import SessionEvent
from sessions_app.refusals import Conflict
from tests import factories
from tests.live_page import LivePage

pytestmark = pytest.mark.django_db
START = datetime(2027, 1, 12, 7, 30, tzinfo=UTC)
NEAR = "lapse_is_near"


@pytest.fixture
def at(monkeypatch):
    """`at(minutes=90)`: the database's clock stands so long after the start of the test."""

    def stand(**after) -> None:
        monkeypatch.setattr(clock, "now", lambda: START + timedelta(**after))

    stand()
    return stand


def run(times: int = 2) -> None:
    for _ in range(times):
        duties.tell_lapse_is_near()
        duties.lapse_authorizations()
        duties.note_overtime()


# Authorisations about to lapse


@pytest.mark.parametrize(("late", "is_due"), [(-1, False), (0, True), (1, True)])
def test_three_minutes_before_it_lapses_the_supervisor_is_told_once(room, by, at, late, is_due):
    services.authorize_start(factories.waiting(room), user=by)
    at(minutes=12, milliseconds=late)
    run(times=5)
    assert room.events.filter(type=NEAR).count() == is_due


def test_what_is_about_to_lapse_is_a_need_and_may_be_extended(room, by, at):
    person = factories.waiting(room)
    services.authorize_start(person, user=by)
    at(minutes=12)
    run()
    person = factories.fresh(person)
    assert [fact.value for fact, _ in person.needs] == ["lapsing"]
    assert person.needs_me_since == START + timedelta(minutes=12)
    assert (person.likely_label, person.likely_is_one_tap) == ("Prolonger 15\u00a0min", True)
    at(minutes=13)
    services.authorize_start(person, user=by)
    run()
    person = factories.fresh(person)
    assert (person.needs, person.authorized_until) == ([], START + timedelta(minutes=28))
    at(minutes=25)
    run()
    assert room.events.filter(type=NEAR).count() == 2  # the new one is told in its turn
    at(minutes=28)
    run()
    assert [fact.value for fact, _ in factories.fresh(person).needs] == ["asks-start"]


def test_an_advance_authorisation_to_resume_is_extended_without_time_given_twice(room, by, at):
    person = factories.running(room, by)
    presence.leave(person.pk, clock.now(), person.node)
    at(minutes=2)
    services.authorize_resume(factories.fresh(person), user=by, minutes=2)
    at(minutes=14)
    run()
    person = factories.fresh(person)
    assert person.likely_label == "Prolonger 15\u00a0min"
    assert lost_time.of(person).minutes == 0
    services.authorize_resume(person, user=by)
    person = factories.fresh(person)
    assert (person.granted_minutes, person.is_lapsing) == (2, False)
    assert person.authorized_until == START + timedelta(minutes=29)


def test_a_pause_shifts_the_notice(room, by, at):
    services.authorize_start(factories.waiting(room), user=by)
    at(minutes=5)
    services.pause_room(room, user=by)
    at(minutes=25)
    services.resume_room(room, user=by)
    for minute, told in [(31, 0), (32, 1), (33, 1)]:
        at(minutes=minute)
        run()
        assert room.events.filter(type=NEAR).count() == told


# “Je m’en occupe”


@pytest.fixture
def waiting(room):
    return factories.waiting(room)


def claimed_by(person) -> int | None:
    return factories.fresh(person).claimed_by_id


def test_a_claim_is_shown_to_all_and_makes_no_sight_stale(room, by, waiting):
    claims.claim(waiting, user=by)
    person = factories.fresh(waiting)
    assert (person.is_claimed, person.row_version) == (True, waiting.row_version)
    assert f"{by} s’en occupe" in person.row_html
    services.authorize_start(waiting, user=by, seen=waiting.row_version)


def test_twice_by_the_same_is_one_claim(room, by, waiting):
    for _ in range(2):
        claims.claim(waiting, user=by)
    assert room.events.filter(type="claimed").count() == 1


def test_who_has_not_read_the_colleague_s_name_is_told_it(room, by, waiting):
    colleague = factories.supervisor(room, name="Mme Martin")
    claims.claim(waiting, user=colleague)
    with pytest.raises(Conflict, match=r"^Mme Martin s’en occupe depuis"):
        claims.claim(waiting, user=by)
    claims.claim(waiting, user=by, instead_of=colleague.pk)
    assert claimed_by(waiting) == by.pk
    assert room.events.last().data == {"instead_of": colleague.pk}


ENDS = {
    "a decision": lambda person, by: services.authorize_start(person, user=by),
    "no need any more": lambda person, by: presence.leave(person.pk, clock.now(), person.node),
    "released": lambda person, by: claims.release(person, user=by),
}
STAYS = {
    "a note": lambda person, by: incidents.note_incident(person, user=by, category="C6"),
    "another computer": lambda person, by: seat_services.join(person, Seat(person.pk, "other")),
}


@pytest.mark.parametrize("happens", {**ENDS, **STAYS})
def test_when_a_claim_ends(room, by, waiting, happens):
    claims.claim(waiting, user=by)
    {**ENDS, **STAYS}[happens](factories.fresh(waiting), by)
    assert (claimed_by(waiting) is None) is (happens in ENDS)


def test_a_claim_outlasts_the_need_that_follows_from_the_first(room, by, at):
    """Who walks to an absent candidate finds them asking to resume."""
    person = factories.running(room, by)
    presence.leave(person.pk, clock.now(), person.node)
    claims.claim(factories.fresh(person), user=by)
    at(minutes=3)
    presence.come_back(factories.fresh(person), factories.seat_of(person))
    assert factories.fresh(person).is_claimed
    services.end_test(factories.fresh(person), user=by)
    assert claimed_by(person) is None


def test_who_waits_for_nobody_is_not_claimed(room, by):
    with pytest.raises(Conflict, match="n’attend plus personne"):
        claims.claim(factories.candidate(room), user=by)


# Sent, applied, seen


def seen(person, token: str = "") -> None:
    person = factories.fresh(person)
    seat = Seat(person.pk, token or person.seat)
    acknowledgements.note_all([Seen(seat, person.unseen_version)])


def test_an_action_waits_for_the_computer_of_the_candidate(room, by, waiting):
    services.authorize_start(waiting, user=by)
    person = factories.fresh(waiting)
    assert (person.unseen_version, person.is_unseen) == (room.events.last().version, True)
    assert "pas encore reçu par le poste" in person.row_html
    seen(waiting)
    person = factories.fresh(waiting)
    assert "pas encore reçu" not in person.row_html
    event = room.events.last()
    assert (event.type, event.candidate_id, event.actor) == ("action_seen", person.pk, "candidate")
    assert person.row_version == event.version - 1  # nobody's sight is stale


def test_who_has_no_computer_yet_is_not_waited_for(room, by):
    person = factories.candidate(room)
    services.add_time(person, user=by, minutes=5)
    assert factories.fresh(person).unseen_version is None


@pytest.mark.parametrize("wrong", ["older", "newer", "another seat", "nothing waits"])
def test_what_is_not_waited_for_writes_nothing(room, by, waiting, wrong):
    if wrong != "nothing waits":
        services.authorize_start(waiting, user=by)
    person, count = factories.fresh(waiting), room.events.count()
    version = (person.unseen_version or 1) + {"older": -1, "newer": 1}.get(wrong, 0)
    seat = Seat(person.pk, "elsewhere" if wrong == "another seat" else person.seat)
    acknowledgements.note_all([Seen(seat, version)])
    assert room.events.count() == count
    assert factories.fresh(person).unseen_version == person.unseen_version


@pytest.mark.parametrize("sent", [None, "", "abc", "-1", "1.5", [1], {"v": 1}, 1.5, "9" * 40, "²"])
def test_what_no_page_of_ours_sends(sent):
    assert acknowledgements.read(Seat(1, "a"), sent) is None


def test_a_pause_names_whom_it_has_not_reached(room, by):
    people = [factories.running(room, by) for _ in range(3)]
    for each in people:
        assert factories.fresh(each).unseen_version is None  # who starts has read it
    services.pause_room(room, user=by)
    assert board.load(room.pk).without_pause == people
    page = LivePage(board.whole(room.pk)["html"])
    before = room.events.last().version
    room.refresh_from_db()
    seen(people[0])
    services.add_time(people[0], user=by, minutes=5)  # not received either, but it is no pause
    page.apply(board.missed(room.pk, str(room.epoch), before))
    assert page.shown() == LivePage(board.whole(room.pk)["html"]).shown()
    assert board.load(room.pk).without_pause == people[1:]


def test_many_at_once_are_one_event_that_wakes_no_candidate(room, by):
    people = [factories.running(room, by) for _ in range(4)]
    services.pause_room(room, user=by)
    room.refresh_from_db()
    rows = [factories.fresh(each) for each in people]
    acknowledgements.note_all([Seen(Seat(r.pk, r.seat), r.unseen_version) for r in rows])
    assert SessionEvent.objects.filter(type="action_seen").count() == 1
    change = board.change(room.pk, str(room.epoch), room.version)
    assert not any(change.concerns(each.pk) for each in people)


# The time lost


def test_the_wait_for_the_supervisor_counts(room, by, at):
    person = factories.running(room, by)
    presence.leave(person.pk, clock.now(), person.node)
    at(minutes=3)
    presence.come_back(factories.fresh(person), factories.seat_of(person))
    at(minutes=4, seconds=1)
    person = factories.fresh(person)
    assert person.likely_label == "Autoriser et rendre 3\u00a0min"
    assert lost_time.of(person).minutes == 5


def test_on_another_computer_the_wait_alone_may_be_lost(room, by, at):
    person = factories.running(room, by)
    seat_services.join(person, Seat(person.pk, "another-computer"))
    at(minutes=2)
    assert lost_time.of(factories.fresh(person)).minutes == 2


@pytest.mark.parametrize(("until", "minutes"), [(8, 5), (30, 10)])
def test_a_pause_is_not_given_back_twice(room, by, at, until, minutes):
    """Lost at 0; suspended from 5 to 25: what is looked at during the pause, and after it."""
    person = factories.running(room, by)
    presence.leave(person.pk, clock.now(), person.node)
    at(minutes=5)
    services.pause_room(room, user=by)
    if until > 25:
        at(minutes=25)
        services.resume_room(room, user=by)
    at(minutes=until)
    assert lost_time.of(factories.fresh(person)).minutes == minutes


# Who did what meanwhile


def test_an_old_sight_reads_who_did_what_and_when(room, by, at):
    person = factories.waiting(room)
    at(minutes=71)
    services.authorize_start(person, user=factories.supervisor(room, name="Mme Martin"))
    with pytest.raises(Conflict, match=r"^Départ déjà autorisé par Mme Martin à 09:41\.$") as told:
        services.authorize_start(person, user=by, seen=person.row_version)
    assert told.value.details["row_version"] == factories.fresh(person).row_version


# Closing time


def end_hours(page) -> list[str]:
    card = page.board.find(id="closing-time")
    return [each["value"] for each in card.select("[name=candidate]")] if card else []


def test_who_is_past_the_end_hour_is_proposed_together(room, by, at):
    """Each by their own end hour; the page with its frames equals a reload at each step."""
    early, late = factories.running(room, by), factories.running(room, by)
    longer = factories.running(room, by, extra_time_percent=50)
    page = LivePage(board.whole(room.pk)["html"])

    def follow() -> list[str]:
        frame = board.missed(room.pk, page.epoch, page.version)
        page.apply(frame)
        assert page.shown() == LivePage(board.whole(room.pk)["html"]).shown()
        return end_hours(page)

    services.add_time(early, user=by, minutes=1)
    at(minutes=105)
    run()
    assert follow() == []
    at(minutes=106)
    run()
    assert follow() == [str(early.pk), str(late.pk)]
    services.add_time(factories.fresh(late), user=by, minutes=10)
    assert follow() == []
    at(minutes=160)
    run()
    assert follow() == [str(each.pk) for each in (early, late, longer)]
    services.end_test(factories.fresh(early), user=by)
    services.end_test(factories.fresh(late), user=by)
    assert follow() == []


def test_the_whole_board_is_sent_only_when_the_card_changes(room, by, at):
    people = [factories.running(room, by) for _ in range(3)]
    at(minutes=106)

    def frame_of(happens) -> str:
        room.refresh_from_db()
        since = (room.pk, str(room.epoch), room.version)
        happens()
        return board.missed(*since)["type"]

    assert frame_of(lambda: run()) == "board"
    assert frame_of(lambda: services.add_time(people[0], user=by, minutes=20)) == "board"
    assert frame_of(lambda: services.add_time(people[0], user=by, minutes=1)) == "rows"
    assert frame_of(lambda: services.end_test(people[1], user=by)) == "board"
    assert frame_of(lambda: services.end_test(people[2], user=by)) == "rows"
