"""What a candidate's page shows: one stage at a time, a pure function of state and facts."""

from enum import StrEnum

from . import rehearsal
from .states import Fact, State

FINALIZED = "finalized"  # as in `Session.State`, which pure tables do not import


class Stage(StrEnum):
    WAITING = "waiting"  # the supervisor has not confirmed the presence yet
    READY = "ready"  # may start
    QUESTION = "question"
    REVIEW = "review"  # every question answered
    ALERT = "alert"  # a reported problem waits for the supervisor
    RESUME = "resume"  # back after too long, or from another computer
    PAUSED = "paused"  # the room is suspended
    ELSEWHERE = "elsewhere"  # another computer holds the seat
    FINISHED = "finished"
    CLOSED = "closed"  # the session was finalised without this candidate


def stage_of(candidate, token: str) -> Stage:
    """The stage of the browser that claims `token`; needs `with_facts()`."""
    facts = candidate.facts()
    if candidate.state == State.FINISHED:
        return Stage.FINISHED
    if candidate.session.state == FINALIZED:
        return Stage.CLOSED
    if token == candidate.waiting_seat:
        return Stage.RESUME
    if token != candidate.seat:
        return Stage.ELSEWHERE
    if Fact.PAUSED in facts:
        return Stage.PAUSED
    if candidate.state == State.NOT_STARTED:
        return Stage.READY if Fact.AUTHORIZED in facts else Stage.WAITING
    if Fact.LOST in facts:
        return Stage.RESUME
    if Fact.ALERT in facts:
        return Stage.ALERT
    return Stage.QUESTION if candidate.question <= rehearsal.COUNT else Stage.REVIEW
