"""What the end hour and the clock cause for candidates: overtime, lapsed authorisations."""

from sessions_app import clock
from sessions_app.refusals import Refusal

from .models import Candidate
from .states import Action, Actor, State
from .turns import move, turn


def note_overtime() -> None:
    """The end hour is past and the test still runs: the supervisor is told, and decides."""
    due = Candidate.objects.filter(
        state=State.IN_PROGRESS,
        overtime_at=None,
        session__paused_at=None,
        timer__ends_at__lte=clock.now(),
    ).exclude(session__state="finalized")
    for candidate in due:
        _alone(candidate, Action.REACH_OVERTIME, _reach_overtime)


def lapse_authorizations() -> None:
    """An authorisation that was not used within 15 minutes is given back."""
    due = Candidate.objects.filter(authorized_until__lte=clock.now())
    # A suspended room gives the pause back to authorisations too, when it resumes.
    due = due.filter(session__paused_at=None).exclude(session__state="finalized")
    for candidate in due:
        _alone(candidate, Action.LOSE_AUTHORIZATION, _lapse)


def _alone(candidate, action, effect) -> None:
    try:
        with turn(candidate, action, Actor.SYSTEM) as (session, fresh):
            effect(session, fresh)
    except Refusal:
        return  # another process, or a person, came first


def _reach_overtime(session, candidate) -> None:
    if candidate.ends_at <= session.now and session.paused_at is None:
        move(session, candidate, "overtime_reached", overtime_at=candidate.ends_at)


def _lapse(session, candidate) -> None:
    if candidate.authorized_until and candidate.authorized_until <= session.now:
        move(session, candidate, "authorization_lapsed", authorized_until=None)
