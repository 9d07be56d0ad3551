"""The table of transitions, pair by pair: every state × action × actor × deciding facts.

What the table allows goes through the real service of the action and changes exactly what
`EFFECTS` says, with one event. What it refuses says so in French and writes nothing.
"""

import copy
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, combinations, product

import pytest

from candidates import answering, claims, duties, presence, seat_services, services, states
from candidates.access import Seat
from candidates.models import Candidate, TimeGrant, Timer
from candidates.states import TRANSITIONS, Action, Actor, Fact, State
from candidates.turns import move, turn
from incidents import services as incidents
from incidents.models import Alert
from sessions_app import clock
from sessions_app.models import Session
from sessions_app.refusals import Conflict
from tests import factories
from tests.snapshots import changes, everything, new_events

NOT_STARTED, IN_PROGRESS, FINISHED = State.NOT_STARTED, State.IN_PROGRESS, State.FINISHED
Facts = frozenset[Fact]
NONE: Facts = frozenset()
FRENCH_SENTENCE = re.compile(r"[A-ZÀ-ÖØ-Þ].*[^.]\.", re.DOTALL)

# What may be true beside each state; the rest is refused by the database or makes no sense.
POSSIBLE = {
    NOT_STARTED: {
        *(Fact.AUTHORIZED, Fact.LAPSING, Fact.AWAY, Fact.PAUSED, Fact.HAS_GRANT, Fact.CLAIMED)
    },
    IN_PROGRESS: set(Fact) - {Fact.ASKS_START},
    FINISHED: {Fact.OVERTIME, Fact.PAUSED, Fact.HAS_GRANT},
}

# The event of each allowed pair, and all that it may change beside the version of the session.
# A name alone is a column of the candidate's row; "+Model" is a new row.
EFFECTS = {
    (NOT_STARTED, Action.JOIN): ("joined", "seat asks_start_at row_version"),
    (NOT_STARTED, Action.AUTHORIZE_START): ("start_authorized", "authorized_until row_version"),
    (NOT_STARTED, Action.WITHDRAW_START): ("start_withdrawn", "authorized_until row_version"),
    (NOT_STARTED, Action.NEAR_LAPSE): ("lapse_is_near", "lapse_told"),
    (NOT_STARTED, Action.CLAIM): ("claimed", "claimed_by_id claimed_at"),
    (NOT_STARTED, Action.RELEASE): ("released", "claimed_by_id claimed_at"),
    (NOT_STARTED, Action.LOSE_AUTHORIZATION): (
        "authorization_lapsed",
        "authorized_until row_version",
    ),
    (NOT_STARTED, Action.START): (
        "test_started",
        "state authorized_until asks_start_at question question_opened_at row_version "
        "+Timer Session.first_started_at",
    ),
    (NOT_STARTED, Action.ADD_TIME): ("time_added", "row_version +TimeGrant"),
    (NOT_STARTED, Action.UNDO_TIME): (
        "time_undone",
        "row_version TimeGrant.undone_at TimeGrant.undone_by_id",
    ),
    (NOT_STARTED, Action.NOTE_INCIDENT): ("incident_noted", "+Incident"),
    (NOT_STARTED, Action.LEAVE): ("went_away", "away_since"),
    (NOT_STARTED, Action.COME_BACK): ("came_back", "away_since"),
    (IN_PROGRESS, Action.ASK_RESUME): ("resume_asked", "waiting_seat asks_resume_at row_version"),
    (IN_PROGRESS, Action.AUTHORIZE_RESUME): ("resume_authorized", "asks_resume_at row_version"),
    (IN_PROGRESS, Action.NEAR_LAPSE): ("lapse_is_near", "lapse_told"),
    (IN_PROGRESS, Action.CLAIM): ("claimed", "claimed_by_id claimed_at"),
    (IN_PROGRESS, Action.RELEASE): ("released", "claimed_by_id claimed_at"),
    (IN_PROGRESS, Action.LOSE_AUTHORIZATION): (
        "authorization_lapsed",
        "authorized_until row_version",
    ),
    (IN_PROGRESS, Action.ADD_TIME): ("time_added", "row_version +TimeGrant Timer.ends_at"),
    (IN_PROGRESS, Action.UNDO_TIME): (
        "time_undone",
        "row_version TimeGrant.undone_at TimeGrant.undone_by_id Timer.ends_at",
    ),
    (IN_PROGRESS, Action.ANSWER): ("answered", "question question_opened_at +Answer"),
    (IN_PROGRESS, Action.RAISE_ALERT): ("alert_raised", "row_version +Alert"),
    (IN_PROGRESS, Action.ACCEPT_ALERT): (
        "alert_accepted",
        "row_version question_opened_at "
        "Alert.closed_at Alert.closed_by_id Alert.outcome Alert.reply +Incident",
    ),
    (IN_PROGRESS, Action.REJECT_ALERT): (
        "alert_rejected",
        "row_version question_opened_at "
        "Alert.closed_at Alert.closed_by_id Alert.outcome Alert.reply",
    ),
    (IN_PROGRESS, Action.NOTE_INCIDENT): ("incident_noted", "+Incident"),
    (IN_PROGRESS, Action.FINISH): (
        "test_ended",
        "state ended_at ended_by row_version Timer.ended_at",
    ),
    (IN_PROGRESS, Action.END_TEST): (
        "test_ended",
        "state ended_at ended_by end_reason row_version Timer.ended_at",
    ),
    (IN_PROGRESS, Action.LEAVE): ("went_away", "away_since"),
    (IN_PROGRESS, Action.COME_BACK): ("came_back", "away_since"),
    (IN_PROGRESS, Action.NEAR_END): ("end_is_near", "warned_minutes"),
    (IN_PROGRESS, Action.REACH_OVERTIME): ("overtime_reached", "overtime_at row_version"),
    (IN_PROGRESS, Action.END_AT_TIME): (
        "test_ended",
        "state ended_at ended_by end_reason row_version Timer.ended_at",
    ),
    (FINISHED, Action.NOTE_INCIDENT): ("incident_noted", "+Incident"),
    (FINISHED, Action.EXPLAIN_END): ("end_explained", "end_reason row_version"),
}

# The rules that people rely on, in the words that they read: state, facts, action, sentence.
PAUSED = "La salle est suspendue : attendez la reprise."
LOST = "La reprise doit d’abord être autorisée par le surveillant."
ALERT = "Le problème signalé doit d’abord être traité par le surveillant."
GIVEN = "L’autorisation a déjà été donnée."
NOT_GIVEN = "Aucune autorisation n’est en cours."
NOTHING_TO_UNDO = "Aucun temps ajouté n’est à annuler."
NO_ALERT = "Aucun problème n’est signalé."
NOTED = "L’absence est déjà notée."
NOT_AWAY = "Aucune absence n’est en cours."
OVERTIME = "Le dépassement est déjà noté."
LAPSE_TOLD = "L’expiration proche est déjà signalée."
NOBODY_GOES = "Personne ne s’occupe de ce candidat."
REASONS = [
    (NOT_STARTED, {}, Action.NEAR_LAPSE, NOT_GIVEN),
    (NOT_STARTED, {Fact.AUTHORIZED, Fact.LAPSING}, Action.NEAR_LAPSE, LAPSE_TOLD),
    (NOT_STARTED, {Fact.AUTHORIZED, Fact.PAUSED}, Action.NEAR_LAPSE, PAUSED),
    (NOT_STARTED, {}, Action.RELEASE, NOBODY_GOES),
    (IN_PROGRESS, {}, Action.NEAR_LAPSE, NOT_GIVEN),
    (IN_PROGRESS, {Fact.AUTHORIZED, Fact.LAPSING}, Action.NEAR_LAPSE, LAPSE_TOLD),
    (IN_PROGRESS, {Fact.AUTHORIZED, Fact.PAUSED}, Action.NEAR_LAPSE, PAUSED),
    (IN_PROGRESS, {}, Action.CLAIM, "Ce candidat n’attend plus personne."),
    (IN_PROGRESS, {}, Action.RELEASE, NOBODY_GOES),
    (NOT_STARTED, {Fact.AUTHORIZED}, Action.AUTHORIZE_START, GIVEN),
    (NOT_STARTED, {}, Action.WITHDRAW_START, NOT_GIVEN),
    (NOT_STARTED, {}, Action.LOSE_AUTHORIZATION, NOT_GIVEN),
    (NOT_STARTED, {Fact.AUTHORIZED, Fact.PAUSED}, Action.LOSE_AUTHORIZATION, PAUSED),
    (NOT_STARTED, {}, Action.START, NOT_GIVEN),
    (NOT_STARTED, {Fact.AUTHORIZED, Fact.PAUSED}, Action.START, PAUSED),
    (NOT_STARTED, {}, Action.UNDO_TIME, NOTHING_TO_UNDO),
    (NOT_STARTED, {Fact.AWAY}, Action.LEAVE, NOTED),
    (NOT_STARTED, {}, Action.COME_BACK, NOT_AWAY),
    (IN_PROGRESS, {Fact.AUTHORIZED}, Action.ASK_RESUME, GIVEN),
    (IN_PROGRESS, {}, Action.AUTHORIZE_RESUME, "Aucune reprise n’est demandée."),
    (IN_PROGRESS, {Fact.AUTHORIZED, Fact.AWAY}, Action.AUTHORIZE_RESUME, GIVEN),
    (IN_PROGRESS, {}, Action.LOSE_AUTHORIZATION, NOT_GIVEN),
    (IN_PROGRESS, {Fact.AUTHORIZED, Fact.PAUSED}, Action.LOSE_AUTHORIZATION, PAUSED),
    (IN_PROGRESS, {}, Action.UNDO_TIME, NOTHING_TO_UNDO),
    (IN_PROGRESS, {Fact.LOST}, Action.ANSWER, LOST),
    (IN_PROGRESS, {Fact.ALERT}, Action.ANSWER, ALERT),
    (IN_PROGRESS, {Fact.PAUSED}, Action.ANSWER, PAUSED),
    (IN_PROGRESS, {Fact.LOST}, Action.RAISE_ALERT, LOST),
    (IN_PROGRESS, {Fact.ALERT}, Action.RAISE_ALERT, ALERT),
    (IN_PROGRESS, {Fact.PAUSED}, Action.RAISE_ALERT, PAUSED),
    (IN_PROGRESS, {}, Action.ACCEPT_ALERT, NO_ALERT),
    (IN_PROGRESS, {}, Action.REJECT_ALERT, NO_ALERT),
    (IN_PROGRESS, {Fact.LOST}, Action.FINISH, LOST),
    (IN_PROGRESS, {Fact.PAUSED}, Action.FINISH, PAUSED),
    (IN_PROGRESS, {Fact.AWAY}, Action.LEAVE, NOTED),
    (IN_PROGRESS, {}, Action.COME_BACK, NOT_AWAY),
    (IN_PROGRESS, {Fact.OVERTIME}, Action.NEAR_END, OVERTIME),
    (IN_PROGRESS, {Fact.PAUSED}, Action.NEAR_END, PAUSED),
    (IN_PROGRESS, {Fact.OVERTIME}, Action.REACH_OVERTIME, OVERTIME),
    (IN_PROGRESS, {Fact.PAUSED}, Action.REACH_OVERTIME, PAUSED),
    (IN_PROGRESS, {Fact.PAUSED}, Action.END_AT_TIME, PAUSED),
]


def elsewhere(candidate: Candidate) -> Seat:
    return Seat(candidate.pk, "another-computer")


def read_as(candidate: Candidate, state: State) -> Candidate:
    """The candidate as read just before somebody else moved it."""
    earlier = copy.copy(candidate)
    earlier.state, earlier.authorized_until = state, None
    return earlier


# The door of each action in the product: how it is really asked.
PERFORM = {
    Action.JOIN: lambda c, by: seat_services.join(read_as(c, NOT_STARTED), elsewhere(c)),
    Action.ASK_RESUME: lambda c, by: seat_services.join(read_as(c, IN_PROGRESS), elsewhere(c)),
    Action.AUTHORIZE_START: lambda c, by: services.authorize_start(c, user=by),
    Action.WITHDRAW_START: lambda c, by: services.withdraw_start(c, user=by),
    Action.AUTHORIZE_RESUME: lambda c, by: services.authorize_resume(c, user=by),
    Action.ADD_TIME: lambda c, by: services.add_time(c, user=by, minutes=5),
    Action.UNDO_TIME: lambda c, by: services.undo_time(c, user=by),
    Action.END_TEST: lambda c, by: services.end_test(c, user=by, reason="Temps écoulé"),
    Action.EXPLAIN_END: lambda c, by: services.explain_end(c, user=by, reason="Temps écoulé"),
    Action.START: lambda c, by: seat_services.start(c, factories.seat_of(c)),
    Action.ANSWER: lambda c, by: answering.answer(c, factories.seat_of(c), 1, "a"),
    Action.FINISH: lambda c, by: seat_services.finish(c, factories.seat_of(c)),
    Action.RAISE_ALERT: lambda c, by: incidents.raise_alert(
        c, factories.seat_of(c), subject="image"
    ),
    Action.ACCEPT_ALERT: lambda c, by: incidents.accept_alert(
        c, user=by, category="E11", text="L’image manque."
    ),
    Action.REJECT_ALERT: lambda c, by: incidents.reject_alert(c, user=by, text="Continuez."),
    Action.NOTE_INCIDENT: lambda c, by: incidents.note_incident(c, user=by, category="C6"),
    Action.LEAVE: lambda c, by: presence.leave(c.pk, clock.now(), c.node),
    Action.COME_BACK: lambda c, by: presence.come_back(c, factories.seat_of(c)),
    Action.NEAR_END: lambda c, by: duties.tell_end_is_near(),
    Action.REACH_OVERTIME: lambda c, by: duties.note_overtime(),
    Action.END_AT_TIME: lambda c, by: duties.end_at_time(),
    Action.NEAR_LAPSE: lambda c, by: duties.tell_lapse_is_near(),
    Action.LOSE_AUTHORIZATION: lambda c, by: duties.lapse_authorizations(),
    Action.CLAIM: lambda c, by: claims.claim(c, user=by),
    Action.RELEASE: lambda c, by: claims.release(c, user=by),
}
# Nobody waits for their answer: refused, they do nothing and say nothing.
QUIET = {
    Action.LEAVE,
    Action.NEAR_LAPSE,
    Action.NEAR_END,
    Action.REACH_OVERTIME,
    Action.END_AT_TIME,
    Action.LOSE_AUTHORIZATION,
}


def subsets(facts: set[Fact]) -> Iterator[Facts]:
    sizes = range(len(facts) + 1)
    yield from map(frozenset, chain(*(combinations(sorted(facts), size) for size in sizes)))


def makes_sense(facts: Facts) -> bool:
    """What is about to lapse has been given."""
    return Fact.LAPSING not in facts or Fact.AUTHORIZED in facts


def enough(state: State, action: Action) -> Facts:
    """The fewest facts with which the pair is allowed; none for a pair that never is."""
    rule = TRANSITIONS.get((state, action))
    return frozenset(rule.needs[:1]) if rule else NONE


def fact_sets(state: State, action: Action, actor: Actor) -> Iterator[Facts]:
    rule = TRANSITIONS.get((state, action))
    if rule is None:
        yield from (NONE, frozenset(POSSIBLE[state] - {Fact.AUTHORIZED, Fact.LAPSING}))
    elif rule.actor != actor:
        yield enough(state, action)
    else:
        yield from filter(makes_sense, subsets({*rule.needs, *rule.forbids, *rule.lifts}))


CASES = [
    (state, action, actor, facts)
    for state, action, actor in product(State, Action, Actor)
    for facts in fact_sets(state, action, actor)
]


def name_of(value) -> str:
    is_facts = isinstance(value, frozenset | set | dict)
    return "+".join(sorted(value)) or "nothing" if is_facts else str(value)


def is_allowed(state: State, action: Action, actor: Actor, facts: Facts) -> bool:
    rule = TRANSITIONS.get((state, action))
    if rule is None or rule.actor != actor:
        return False
    if facts & set(rule.forbids) and not facts & set(rule.lifts):
        return False
    return not rule.needs or bool(facts & set(rule.needs))


def arrange(state: State, facts: Facts, action: Action):
    """A room with one candidate in `state` with `facts`, and its supervisor."""
    room = factories.session()
    by = factories.supervisor(room)
    made = {NOT_STARTED: factories.waiting, IN_PROGRESS: factories.running}
    if state == FINISHED:
        person = factories.finished(room, by)
    else:
        person = made[state](room, **({"by": by} if state == IN_PROGRESS else {}))
    now = clock.now()
    for fact in facts:
        SET_UP[fact](person, now)
    if Fact.CLAIMED in facts:
        set_row(person, claimed_by=by, claimed_at=now)
    if action == Action.NEAR_LAPSE and Fact.AUTHORIZED in facts:
        set_row(person, authorized_until=now + timedelta(minutes=2))
    if action == Action.LOSE_AUTHORIZATION and Fact.AUTHORIZED in facts:
        set_row(person, authorized_until=now)
    if action in MINUTES_LEFT:
        set_end_hour(person, now, MINUTES_LEFT[action])
    if action == Action.END_AT_TIME:
        Session.objects.filter(pk=room.pk).update(auto_end=True)
    if Fact.HAS_GRANT in facts:
        TimeGrant.objects.create(candidate=person, seconds=600, author=by, granted_at=now)
    return factories.fresh(person), by


def set_row(person: Candidate, **columns) -> None:
    Candidate.objects.filter(pk=person.pk).update(**columns)


# What is due is what the clock says; the rest of the row has no part in it.
MINUTES_LEFT = {Action.NEAR_END: 10, Action.REACH_OVERTIME: -1, Action.END_AT_TIME: -1}


def set_end_hour(person: Candidate, now: datetime, left: int) -> None:
    timer = Timer.objects.filter(candidate=person)
    timer.update(started_at=now - timedelta(hours=2), ends_at=now + timedelta(minutes=left))


def open_alert(person: Candidate, now: datetime) -> None:
    Alert.objects.create(candidate=person, question=1, subject="image", raised_at=now)


SET_UP = {
    Fact.AUTHORIZED: lambda c, now: set_row(c, authorized_until=now + timedelta(minutes=15)),
    Fact.LAPSING: lambda c, now: set_row(c, lapse_told=True),
    Fact.CLAIMED: lambda c, now: None,  # by someone: see `arrange`
    Fact.ASKS_RESUME: lambda c, now: set_row(c, asks_resume_at=now),
    Fact.AWAY: lambda c, now: set_row(c, away_since=now - timedelta(seconds=15)),
    Fact.LOST: lambda c, now: set_row(c, lost_since=now - timedelta(minutes=5)),
    Fact.ALERT: open_alert,
    Fact.OVERTIME: lambda c, now: set_row(c, overtime_at=now),
    Fact.PAUSED: lambda c, now: Session.objects.filter(pk=c.session_id).update(paused_at=now),
    Fact.HAS_GRANT: lambda c, now: None,  # has an author: see `arrange`
}


def ask(candidate: Candidate, action: Action, actor: Actor, by) -> None:
    """By the action's own service; another actor has none, and tries the turn itself."""
    owners = {rule.actor for (_, each), rule in TRANSITIONS.items() if each == action}
    if actor in owners and action not in QUIET:
        PERFORM[action](candidate, by)
        return
    with turn(candidate, action, actor) as (session, fresh):
        move(session, fresh, "must_never_be_written")


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "action", "actor", "facts"), CASES, ids=name_of)
def test_every_pair(state, action, actor, facts, db_clock):
    candidate, by = arrange(state, facts, action)
    assert candidate.facts() - {Fact.ASKS_START} == facts
    db_clock.forward(seconds=5)
    before = everything()
    if is_allowed(state, action, actor, facts):
        PERFORM[action](candidate, by)
        check_done(state, action, facts, candidate, by, before)
    else:
        check_refused(candidate, action, actor, by, before)


def check_done(state, action, facts, candidate, by, before) -> None:
    """One event, one version further, told by the right person; and only the said changes."""
    rule, (event_type, allowed) = TRANSITIONS[state, action], EFFECTS[state, action]
    after = everything()
    (event,) = new_events(before, after)
    version = before["Session", candidate.session_id]["version"] + 1
    person = by.pk if rule.actor == Actor.SUPERVISOR else None
    assert (event["type"], event["version"]) == (event_type, version)
    assert (event["actor"], event["user_id"]) == (rule.actor, person)
    assert event["candidate_id"] == candidate.pk
    assert after["Session", candidate.session_id]["version"] == version
    row = after["Candidate", candidate.pk]
    assert row["state"] == rule.to
    if "row_version" in allowed:
        assert row["row_version"] == version
    if facts == enough(state, action):
        waits = {"Candidate.unseen_version", "Candidate.unseen_since"}
        is_decision = rule.actor == Actor.SUPERVISOR and "row_version" in allowed
        assert changes(before, after) == {
            "Session.version",
            "+SessionEvent",
            *(waits if is_decision else ()),
            *(
                name if name[0].isupper() or name[0] == "+" else f"Candidate.{name}"
                for name in allowed.split()
            ),
        }


def check_refused(candidate, action, actor, by, before) -> None:
    if action in QUIET and actor == Actor.SYSTEM:
        PERFORM[action](candidate, by)
    with pytest.raises(Conflict) as refusal:
        ask(candidate, action, actor, by)
    assert FRENCH_SENTENCE.fullmatch(str(refusal.value.sentence))
    assert changes(before, everything()) == set()


@pytest.mark.parametrize(("state", "facts", "action", "sentence"), REASONS, ids=name_of)
def test_the_reason_that_people_read(state, facts, action, sentence):
    actor = TRANSITIONS[state, action].actor
    assert states.refusal(state, frozenset(facts), action, actor) == sentence


def test_every_refusal_is_a_french_sentence():
    sentences = {
        states.refusal(state, facts, action, actor)
        for state, action, actor, facts in product(State, Action, Actor, subsets(set(Fact)))
    }
    wrong = [text for text in sentences - {None} if not FRENCH_SENTENCE.fullmatch(str(text))]
    assert wrong == []


def test_every_action_has_its_service_here():
    assert set(PERFORM) == set(Action), (
        "An action of candidates/states.py has no line in PERFORM: add how the product really "
        "asks for it, so that all its pairs are tested."
    )


def test_every_transition_has_its_effects_here():
    assert set(EFFECTS) == set(TRANSITIONS), (
        "candidates/states.py and EFFECTS differ: a transition is a promise to people; write "
        "here which event it records and which columns it may change."
    )


def test_every_needed_and_forbidden_fact_has_its_reason_here():
    """A rule that loses a fact, or gains one, must lose or gain its line in REASONS."""
    rules = [
        (state, action, fact)
        for (state, action), rule in TRANSITIONS.items()
        for fact in [*rule.forbids, *rule.needs[:1]]
    ]
    told = [(state, action) for state, _, action, _ in REASONS]
    assert sorted(told) == sorted((state, action) for state, action, _ in rules)


def test_an_action_belongs_to_one_actor():
    owners = {action: set() for action in Action}
    for (_, action), rule in TRANSITIONS.items():
        owners[action].add(rule.actor)
    assert [action for action, actors in owners.items() if len(actors) != 1] == []


@pytest.mark.parametrize(
    ("state", "facts"),
    [(state, facts) for state in State for facts in subsets(POSSIBLE[state])],
    ids=name_of,
)
def test_the_buttons_of_a_row_are_those_that_the_table_allows(state, facts):
    shown = states.supervisor_actions(state, facts)
    assert set(shown) == {
        action for action in Action if is_allowed(state, action, Actor.SUPERVISOR, facts)
    }
