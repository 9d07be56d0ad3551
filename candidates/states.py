"""The rules of the candidate's three states: a pure table.

One table serves the service (to refuse), the template (to show the button) and the tests
(which enumerate every pair).
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    NOT_STARTED = "not_started", _("pas commencé")
    IN_PROGRESS = "in_progress", _("en cours")
    FINISHED = "finished", _("terminé")


class Actor(StrEnum):
    SUPERVISOR = "supervisor"
    CANDIDATE = "candidate"
    SYSTEM = "system"


class Fact(StrEnum):
    """What is true beside the state; facts are independent and never hide one another."""

    AUTHORIZED = "authorized"  # an unspent authorisation to enter
    LAPSING = "lapsing"  # that authorisation is about to lapse, and that has been told
    ASKS_START = "asks-start"  # in the waiting room
    ASKS_RESUME = "asks-resume"  # back after too long, or from another computer
    AWAY = "away"  # no connection for 10 s or more
    LOST = "lost"  # gone for longer than the grace: goes on only once authorised
    ALERT = "alert"  # an open alert on a question
    OVERTIME = "overtime"  # past the end hour
    PAUSED = "paused"  # the room is suspended
    HAS_GRANT = "has-grant"  # some added time not undone
    CLAIMED = "claimed"  # a supervisor has said that they go there


class Action(StrEnum):
    JOIN = "join"
    AUTHORIZE_START = "authorize-start"
    WITHDRAW_START = "withdraw-start"
    START = "start"
    ASK_RESUME = "ask-resume"
    AUTHORIZE_RESUME = "authorize-resume"
    ADD_TIME = "add-time"
    UNDO_TIME = "undo-time"
    ANSWER = "answer"
    RAISE_ALERT = "raise-alert"
    ACCEPT_ALERT = "accept-alert"
    REJECT_ALERT = "reject-alert"
    NOTE_INCIDENT = "note-incident"
    CLAIM = "claim"
    RELEASE = "release"
    FINISH = "finish"
    END_TEST = "end-test"
    EXPLAIN_END = "explain-end"
    LEAVE = "leave"
    COME_BACK = "come-back"
    NEAR_END = "near-end"
    REACH_OVERTIME = "reach-overtime"
    END_AT_TIME = "end-at-time"
    NEAR_LAPSE = "near-lapse"
    LOSE_AUTHORIZATION = "lose-authorization"


@dataclass(frozen=True)
class Rule:
    """Who may do it, where it leads, and the facts it needs (any of) or forbids (all of).

    A fact of `lifts` makes what is forbidden allowed again.
    """

    actor: Actor
    to: State
    needs: tuple[Fact, ...] = ()
    forbids: tuple[Fact, ...] = ()
    lifts: tuple[Fact, ...] = ()


NOT_STARTED, IN_PROGRESS, FINISHED = State.NOT_STARTED, State.IN_PROGRESS, State.FINISHED
SUPERVISOR, CANDIDATE, SYSTEM = Actor.SUPERVISOR, Actor.CANDIDATE, Actor.SYSTEM
BLOCKING = (Fact.LOST, Fact.ALERT, Fact.PAUSED)
WAITING = (Fact.ALERT, Fact.ASKS_RESUME, Fact.AWAY, Fact.OVERTIME)

TRANSITIONS: dict[tuple[State | str, Action], Rule] = {
    (NOT_STARTED, Action.JOIN): Rule(CANDIDATE, NOT_STARTED),
    (NOT_STARTED, Action.AUTHORIZE_START): Rule(
        SUPERVISOR, NOT_STARTED, forbids=(Fact.AUTHORIZED,), lifts=(Fact.LAPSING,)
    ),
    (NOT_STARTED, Action.WITHDRAW_START): Rule(SUPERVISOR, NOT_STARTED, needs=(Fact.AUTHORIZED,)),
    (NOT_STARTED, Action.NEAR_LAPSE): Rule(
        SYSTEM, NOT_STARTED, needs=(Fact.AUTHORIZED,), forbids=(Fact.LAPSING, Fact.PAUSED)
    ),
    (NOT_STARTED, Action.LOSE_AUTHORIZATION): Rule(
        SYSTEM, NOT_STARTED, needs=(Fact.AUTHORIZED,), forbids=(Fact.PAUSED,)
    ),
    (NOT_STARTED, Action.START): Rule(
        CANDIDATE, IN_PROGRESS, needs=(Fact.AUTHORIZED,), forbids=(Fact.PAUSED,)
    ),
    (NOT_STARTED, Action.ADD_TIME): Rule(SUPERVISOR, NOT_STARTED),
    (NOT_STARTED, Action.UNDO_TIME): Rule(SUPERVISOR, NOT_STARTED, needs=(Fact.HAS_GRANT,)),
    (NOT_STARTED, Action.NOTE_INCIDENT): Rule(SUPERVISOR, NOT_STARTED),
    (NOT_STARTED, Action.CLAIM): Rule(SUPERVISOR, NOT_STARTED),
    (NOT_STARTED, Action.RELEASE): Rule(SUPERVISOR, NOT_STARTED, needs=(Fact.CLAIMED,)),
    (NOT_STARTED, Action.LEAVE): Rule(SYSTEM, NOT_STARTED, forbids=(Fact.AWAY,)),
    (NOT_STARTED, Action.COME_BACK): Rule(CANDIDATE, NOT_STARTED, needs=(Fact.AWAY,)),
    (IN_PROGRESS, Action.ASK_RESUME): Rule(CANDIDATE, IN_PROGRESS, forbids=(Fact.AUTHORIZED,)),
    (IN_PROGRESS, Action.AUTHORIZE_RESUME): Rule(
        SUPERVISOR,
        IN_PROGRESS,
        needs=(Fact.ASKS_RESUME, Fact.AWAY),
        forbids=(Fact.AUTHORIZED,),
        lifts=(Fact.LAPSING,),
    ),
    (IN_PROGRESS, Action.NEAR_LAPSE): Rule(
        SYSTEM, IN_PROGRESS, needs=(Fact.AUTHORIZED,), forbids=(Fact.LAPSING, Fact.PAUSED)
    ),
    (IN_PROGRESS, Action.LOSE_AUTHORIZATION): Rule(
        SYSTEM, IN_PROGRESS, needs=(Fact.AUTHORIZED,), forbids=(Fact.PAUSED,)
    ),
    (IN_PROGRESS, Action.ADD_TIME): Rule(SUPERVISOR, IN_PROGRESS),
    (IN_PROGRESS, Action.UNDO_TIME): Rule(SUPERVISOR, IN_PROGRESS, needs=(Fact.HAS_GRANT,)),
    (IN_PROGRESS, Action.ANSWER): Rule(CANDIDATE, IN_PROGRESS, forbids=BLOCKING),
    (IN_PROGRESS, Action.RAISE_ALERT): Rule(CANDIDATE, IN_PROGRESS, forbids=BLOCKING),
    (IN_PROGRESS, Action.ACCEPT_ALERT): Rule(SUPERVISOR, IN_PROGRESS, needs=(Fact.ALERT,)),
    (IN_PROGRESS, Action.REJECT_ALERT): Rule(SUPERVISOR, IN_PROGRESS, needs=(Fact.ALERT,)),
    (IN_PROGRESS, Action.NOTE_INCIDENT): Rule(SUPERVISOR, IN_PROGRESS),
    (IN_PROGRESS, Action.CLAIM): Rule(SUPERVISOR, IN_PROGRESS, needs=WAITING),
    (IN_PROGRESS, Action.RELEASE): Rule(SUPERVISOR, IN_PROGRESS, needs=(Fact.CLAIMED,)),
    (IN_PROGRESS, Action.FINISH): Rule(CANDIDATE, FINISHED, forbids=(Fact.LOST, Fact.PAUSED)),
    (IN_PROGRESS, Action.END_TEST): Rule(SUPERVISOR, FINISHED),
    (IN_PROGRESS, Action.LEAVE): Rule(SYSTEM, IN_PROGRESS, forbids=(Fact.AWAY,)),
    (IN_PROGRESS, Action.COME_BACK): Rule(CANDIDATE, IN_PROGRESS, needs=(Fact.AWAY,)),
    (IN_PROGRESS, Action.NEAR_END): Rule(SYSTEM, IN_PROGRESS, forbids=(Fact.OVERTIME, Fact.PAUSED)),
    (IN_PROGRESS, Action.REACH_OVERTIME): Rule(
        SYSTEM, IN_PROGRESS, forbids=(Fact.OVERTIME, Fact.PAUSED)
    ),
    (IN_PROGRESS, Action.END_AT_TIME): Rule(SYSTEM, FINISHED, forbids=(Fact.PAUSED,)),
    (FINISHED, Action.NOTE_INCIDENT): Rule(SUPERVISOR, FINISHED),
    (FINISHED, Action.EXPLAIN_END): Rule(SUPERVISOR, FINISHED),
}

_WRONG_STATE = {
    NOT_STARTED: _("Le test n’a pas commencé."),
    IN_PROGRESS: _("Le test est déjà en cours."),
    FINISHED: _("Le test est déjà terminé."),
}
_FORBIDDEN_FACT = {
    Fact.AUTHORIZED: _("L’autorisation a déjà été donnée."),
    Fact.LOST: _("La reprise doit d’abord être autorisée par le surveillant."),
    Fact.ALERT: _("Le problème signalé doit d’abord être traité par le surveillant."),
    Fact.PAUSED: _("La salle est suspendue : attendez la reprise."),
    Fact.AWAY: _("L’absence est déjà notée."),
    Fact.OVERTIME: _("Le dépassement est déjà noté."),
    Fact.LAPSING: _("L’expiration proche est déjà signalée."),
}
_NEEDED_FACT = {
    Fact.AUTHORIZED: _("Aucune autorisation n’est en cours."),
    Fact.ASKS_RESUME: _("Aucune reprise n’est demandée."),
    Fact.HAS_GRANT: _("Aucun temps ajouté n’est à annuler."),
    Fact.ALERT: _("Aucun problème n’est signalé."),
    Fact.AWAY: _("Aucune absence n’est en cours."),
    Fact.CLAIMED: _("Personne ne s’occupe de ce candidat."),
}
NOBODY_WAITS = _("Ce candidat n’attend plus personne.")
_WRONG_ACTOR = _("Cette action n’est pas possible depuis cette page.")


@cache
def refusal(
    state: State | str, facts: frozenset[Fact], action: Action, actor: Actor
) -> Promise | None:
    """The sentence that says why not, or None when the table allows it."""
    rule = TRANSITIONS.get((state, action))  # a state is its own text
    if rule is None:
        return _WRONG_STATE[State(state)]
    if rule.actor != actor:
        return _WRONG_ACTOR
    for fact in rule.forbids:
        if fact in facts and not facts.intersection(rule.lifts):
            return _FORBIDDEN_FACT[fact]
    if rule.needs and not facts.intersection(rule.needs):
        if action == Action.CLAIM:
            return NOBODY_WAITS
        return _NEEDED_FACT[rule.needs[0]]
    return None


def supervisor_actions(state: State | str, facts: frozenset[Fact]) -> tuple[Action, ...]:
    """What a supervisor may do now, in the order of the table."""
    return tuple(
        action
        for (from_state, action), rule in TRANSITIONS.items()
        if from_state == state
        and rule.actor == SUPERVISOR
        and refusal(state, facts, action, SUPERVISOR) is None
    )
