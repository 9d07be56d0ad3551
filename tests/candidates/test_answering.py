"""Answers saved in groups: the same rules, one event each, nobody waits for another room."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection, connections, transaction

from candidates import answering, frames, rehearsal, services
from candidates.access import Seat
from candidates.answering import Sent
from candidates.models import Candidate
from candidates.states import State
from incidents import services as incidents
from sessions_app import board, journal
from sessions_app.gathering import Gathering
from sessions_app.models import Session, SessionEvent
from sessions_app.refusals import Conflict, Invalid, Malformed, Missing, Unavailable
from tests import factories, fresh_boards
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
SHORT = next(each.number for each in rehearsal.QUESTIONS if each.kind == rehearsal.Kind.SHORT)


def sent(person, number: int = 1, value: str = "a", seat: Seat | None = None) -> Sent:
    return Sent(person.session_id, seat or factories.seat_of(person), number, value)


def versions(room) -> list[int]:
    return list(room.events.order_by("version").values_list("version", flat=True))


def test_a_group_of_several_rooms_is_saved_with_one_event_each():
    rooms = [factories.session() for _ in range(3)]
    people = [factories.running(room, factories.supervisor(room)) for room in rooms * 2]
    before = {room.pk: Session.objects.get(pk=room.pk).version for room in rooms}
    outcomes = answering.save_all([sent(person) for person in people])
    assert [each.question for each in outcomes] == [2] * 6
    for room in rooms:
        reached = Session.objects.get(pk=room.pk).version
        assert (reached, versions(room)[-1]) == (before[room.pk] + 2, reached)
        told = room.events.filter(version__gt=before[room.pk])
        assert {(each.type, each.actor) for each in told} == {("answered", "candidate")}
        assert [each.data for each in told] == [{"question": 1}] * 2
    for person, outcome in zip(people, outcomes, strict=True):
        saved = factories.fresh(person)
        assert (saved.question, saved.question_opened_at) == (2, outcome.question_opened_at)
        assert list(saved.answers.values_list("question", "value", "late")) == [(1, "a", False)]
        assert saved.row_version == person.row_version  # no decision hangs on it


def test_a_refused_one_does_not_hold_the_others_up(room, by):
    good, alerted, ahead, elsewhere = (factories.running(room, by) for _ in range(4))
    done = factories.finished(room, by)
    incidents.raise_alert(alerted, factories.seat_of(alerted), subject="image")
    before = everything()
    outcomes = answering.save_all(
        [
            sent(alerted),
            sent(ahead, number=2),
            sent(good),
            sent(elsewhere, seat=Seat(elsewhere.pk, "another-computer")),
            sent(done),
        ]
    )
    assert [isinstance(each, Conflict) for each in outcomes] == [True, True, False, True, True]
    assert changes(before, everything()) == {
        "+Answer",
        "+SessionEvent",
        "Session.version",
        "Candidate.question",
        "Candidate.question_opened_at",
    }


@pytest.mark.parametrize("closed", ["paused", "finalized"])
def test_a_closed_room_saves_nothing(room, by, closed):
    person = factories.running(room, by)
    if closed == "paused":
        services.pause_room(room, user=by)
    else:
        Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    before = everything()
    (outcome,) = answering.save_all([sent(person)])
    assert isinstance(outcome, Conflict)
    assert changes(before, everything()) == set()


def test_an_answer_already_saved_is_told_as_saved(room, by):
    person = factories.running(room, by)
    answering.save_all([sent(person)])
    before = everything()
    (outcome,) = answering.save_all([sent(person, value="b")])
    assert (outcome.question, outcome.session.version) == (2, Session.objects.get().version)
    assert changes(before, everything()) == set()


def test_an_old_answer_sent_again_opens_the_present_question(room, by):
    person = factories.running(room, by)
    for number, value in [(1, "a"), (2, "b"), (3, "a")]:
        answering.save_all([sent(person, number=number, value=value)])
    (outcome,) = answering.save_all([sent(person)])
    told = json.loads(frames.answered_frame(outcome, 1, "fr"))
    assert (told["answered"], told["stage"]) == (1, "question")
    assert 'name="question" value="4"' in told["html"]


def test_a_candidate_who_is_twice_in_a_group_is_tried_again(room, by):
    person = factories.running(room, by)
    first, second = answering.save_all([sent(person), sent(person, number=2)])
    assert (first.question, second) == (2, None)
    (second,) = answering.save_all([sent(person, number=2)])
    assert second.question == 3


def test_nobody_answers_for_somebody_who_is_gone(room, by):
    person = factories.candidate(room)
    seat = factories.seat_of(person)
    person.delete()
    assert answering.save_all([Sent(room.pk, seat, 1, "a")]) == [None]


@pytest.mark.parametrize(
    ("question", "values", "refusal"),
    [
        (0, ["a"], Missing),
        (rehearsal.COUNT + 1, ["a"], Missing),
        ("un", ["a"], Missing),
        (None, ["a"], Missing),
        ([1], ["a"], Missing),
        (1, "a", Malformed),
        (1, None, Malformed),
        (1, [1], Malformed),
        (1, ["a", "b"], Invalid),
        (1, ["z"], Invalid),
        (SHORT, ["a\ud800"], Invalid),  # no text of any encoding: it would spoil the whole group
        (SHORT, ["a\0"], Invalid),
    ],
)
def test_what_is_no_answer_is_refused(question, values, refusal):
    with pytest.raises(refusal):
        answering.checked(question, values)


# The row after an answer is spliced, not rendered again: it must be the one that rendering gives.


def situations(room, by) -> dict[str, Candidate]:
    away = factories.running(room, by, birth_name='D\'Aubigné "at">1< data-question="1"')
    Candidate.objects.filter(pk=away.pk).update(away_since=away.started_at)
    late = factories.running(room, by, extra_time_percent=33)
    Candidate.objects.filter(pk=late.pk).update(overtime_at=late.ends_at, warned_minutes=5)
    given = factories.running(room, by)
    services.add_time(given, user=by, minutes=10)
    last = factories.running(room, by)
    Candidate.objects.filter(pk=last.pk).update(question=rehearsal.COUNT)
    return {"away": away, "late": late, "given": given, "last": last}


def after_answer(person: Candidate, question: int) -> Candidate:
    row = person.moving_row()
    row.open(question)
    assert row.row_in("fr") == row.candidate_now().row_in("fr")
    return row.candidate_now()


@pytest.mark.parametrize("name", ["away", "late", "given", "last"])
def test_answered_rows_are_those_of_a_reload(room, by, name):
    person = factories.fresh(situations(room, by)[name])
    assert person.row_html  # rendered before
    twin = after_answer(person, person.question + 1)
    Candidate.objects.filter(pk=person.pk).update(question=person.question + 1)
    assert twin.row_html == factories.fresh(person).row_html
    assert twin.row_html != person.row_html
    assert json.loads(twin.row_in("fr")) == twin.row_html
    assert person.row_html == after_answer(person, person.question).row_html


@pytest.mark.django_db(transaction=True)
def test_the_frame_of_an_answer_needs_no_query(room, by, django_assert_num_queries):
    people = [factories.running(room, by) for _ in range(3)]
    before = board.load(room.pk)
    answering.save_all([sent(people[0]), sent(people[1])])
    reached = Session.objects.get(pk=room.pk)
    since, questions = before.session.version, {person.pk: 2 for person in people[:2]}
    epoch = str(reached.epoch)
    news = journal.Announcement(room.pk, reached.version, epoch[:8], since, questions)
    assert board.answered(replace(news, history="another!"), epoch) is None
    with django_assert_num_queries(0):
        frames = board.answered(news, str(reached.epoch))
    read = board.change(room.pk, epoch, before.session.version).frame
    assert frames.keys() == {"fr"}
    assert json.loads(frames["fr"]) == read | {"from": before.session.version}
    assert board.answered(news, str(reached.epoch)) is None  # the board has moved on


@pytest.mark.django_db(transaction=True)
def test_a_board_with_answers_on_it_is_the_whole_truth(room, by):
    """Shown one by one as they are announced, in languages asked for late, and read at last."""
    people = [factories.running(room, by) for _ in range(3)]
    board.load(room.pk)
    for number, languages in [(1, ["fr"]), (2, ["fr"]), (3, ["en", "fr"]), (4, ["en"])]:
        for person in people[:2]:
            since = Session.objects.get(pk=room.pk)
            answering.save_all([sent(person, number)])
            history, version = str(since.epoch), since.version + 1
            news = journal.Announcement(
                room.pk, version, history[:8], since.version, {person.pk: number + 1}
            )
            frames = board.answered(news, history, languages)
            fresh = factories.fresh(person)
            for language in languages:
                rows = json.loads(frames[language])["rows"]
                assert rows == {str(person.pk): fresh.page_row_in(language)}
    assert board._kept._at_hand(room.pk).now().session.version == version
    assert board.whole(room.pk) == fresh_boards.whole(room.pk)


# On PostgreSQL, where locks are real.


@contextmanager
def held(take: Callable[[], object]) -> Iterator[threading.Event]:
    """Somebody else has done `take` and not committed yet; until the end, or until it is set."""
    is_held, may_end = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            take()
            is_held.set()
            may_end.wait(timeout=30)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(timeout=30)
        yield may_end
    finally:
        may_end.set()
        holder.join(timeout=30)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_room_that_somebody_writes_is_left_for_the_next_group():
    busy, free = factories.session(), factories.session()
    waits = factories.running(busy, factories.supervisor(busy))
    goes_on = factories.running(free, factories.supervisor(free))
    with held(lambda: journal.lock(busy.pk)):
        skipped, saved = answering.save_all([sent(waits), sent(goes_on)])
        assert (skipped, saved.question) == (None, 2)
    (saved,) = answering.save_all([sent(waits)])
    assert saved.question == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_is_held_by_another_is_left_by_a_group_and_awaited_by_a_request(room, by):
    """As by what notes an absence, or that a page has seen something."""
    person, other = factories.running(room, by), factories.running(room, by)
    with held(
        lambda: Candidate.objects.filter(pk=person.pk).update(unseen_version=None)
    ) as may_end:
        left, saved = answering.save_all([sent(person), sent(other)])
        assert (left, saved.question) == (None, 2)
        threading.Timer(0.5, may_end.set).start()
        answering.answer(person, factories.seat_of(person), 1, "a")
    assert factories.fresh(person).question == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_statement_announces_a_group(room, by, monkeypatch):
    people = [factories.running(room, by) for _ in range(2)]
    since = Session.objects.get(pk=room.pk).version
    with connection.cursor() as cursor:
        cursor.execute("LISTEN session_changed")
    answering.save_all([sent(person) for person in people])
    told = [each.payload for each in connection.connection.notifies(timeout=5, stop_after=1)]
    moved = ",".join(f"{person.pk}=2" for person in people)
    assert told == [f"{room.pk}:{since + 2}:{str(room.epoch)[:8]}:{since}:{moved}"]
    assert SessionEvent.objects.filter(session=room, version__gt=since).count() == 2
    assert json.dumps(told).isascii()


def test_the_state_of_the_test_is_not_touched(room, by):
    person = factories.running(room, by)
    answering.answer(person, factories.seat_of(person), 1, "a")
    assert factories.fresh(person).state == State.IN_PROGRESS


# In the loop of the hub, one by one or with others.


async def outcome_of(monkeypatch, outcomes: list) -> object:
    """What `answer_soon` tells when the groups tell these, one after the other."""

    def save(sent):
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, OSError):
            raise outcome
        return [outcome] * len(sent)

    monkeypatch.setattr(answering, "_save", Gathering(save))
    told = asyncio.get_running_loop().create_future()
    answering.answer_soon(Sent(1, Seat(1, "seat"), 1, "a"), told.set_result)
    async with asyncio.timeout(10):
        return await told


REFUSED, BROKEN = Conflict("non"), OSError("no line")


@pytest.mark.parametrize("last", [REFUSED, BROKEN])
async def test_what_becomes_of_an_answer_is_told(monkeypatch, last):
    assert await outcome_of(monkeypatch, [None, None, last]) is last


async def test_a_room_that_stays_held_up_is_given_up(monkeypatch):
    monkeypatch.setattr(answering, "PATIENCE_SECONDS", 0.1)
    assert isinstance(await outcome_of(monkeypatch, [None]), Unavailable)
