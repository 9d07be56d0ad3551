"""One function per move of the candidate, from the browser that holds the seat."""

from django.utils.translation import gettext_lazy as _

from sessions_app import clock
from sessions_app.models import Session
from sessions_app.refusals import Conflict

from . import acknowledgements, timing
from .access import Seat
from .models import Candidate, Timer
from .states import Action, Actor, State
from .turns import end, let_in, move, turn

ELSEWHERE = _("Votre test est ouvert sur un autre poste.")


def join(candidate: Candidate, seat: Seat) -> None:
    """A browser takes its place, or asks for it when the test runs elsewhere.

    Not started: the browser gets the seat; an authorisation given while another browser had
    it must be given again. In progress: an authorisation already given is used up, otherwise
    the supervisor is asked and the first computer stays untouched. Finished: nothing moves.
    """
    if candidate.state == State.FINISHED:
        return
    if candidate.state == State.IN_PROGRESS:
        _ask_for_the_seat(candidate, seat)
        return
    with turn(candidate, Action.JOIN, Actor.CANDIDATE) as (session, fresh):
        changes = {"seat": seat.token, "asks_start_at": session.now, "away_since": None}
        if fresh.seat:
            changes["authorized_until"] = None
        data = {"other_computer": bool(fresh.seat)}
        move(session, fresh, "joined", actor=Actor.CANDIDATE, data=data, **changes)


def start(candidate: Candidate, seat: Seat) -> None:
    """The authorisation is used up and the timer starts, time already granted included."""
    with turn(candidate, Action.START, Actor.CANDIDATE) as (session, fresh):
        check_holds(fresh, seat)
        ends_at = timing.end(
            session.now, session.duration_minutes, fresh.extra_time_percent, fresh.granted_seconds
        )
        Timer.objects.create(
            candidate=fresh,
            started_at=session.now,
            duration_minutes=session.duration_minutes,
            extra_time_percent=fresh.extra_time_percent,
            ends_at=ends_at,
        )
        Session.objects.filter(pk=session.pk, first_started_at=None).update(
            first_started_at=session.now
        )
        move(
            session,
            fresh,
            "test_started",
            actor=Actor.CANDIDATE,
            data={"ends_at": ends_at.isoformat()},
            state=State.IN_PROGRESS,
            authorized_until=None,
            asks_start_at=None,
            away_since=None,
            question=1,
            question_opened_at=session.now,
            **acknowledgements.ARRIVED,  # who starts has read that they may
        )


def finish(candidate: Candidate, seat: Seat) -> None:
    """The candidate ends their own test."""
    with turn(candidate, Action.FINISH, Actor.CANDIDATE) as (session, fresh):
        check_holds(fresh, seat)
        end(session, fresh, Candidate.EndedBy.CANDIDATE, "", actor=Actor.CANDIDATE)


def _ask_for_the_seat(candidate: Candidate, seat: Seat) -> None:
    if candidate.authorized_until and candidate.authorized_until > clock.now():
        with turn(candidate, Action.COME_BACK, Actor.CANDIDATE) as (session, fresh):
            move(
                session,
                fresh,
                "came_back",
                actor=Actor.CANDIDATE,
                data={"other_computer": True},
                seat=seat.token,
                **let_in(fresh, session.now),
            )
        return
    with turn(candidate, Action.ASK_RESUME, Actor.CANDIDATE) as (session, fresh):
        move(
            session,
            fresh,
            "resume_asked",
            actor=Actor.CANDIDATE,
            data={"other_computer": True},
            waiting_seat=seat.token,
            asks_resume_at=fresh.asks_resume_at or session.now,
            authorized_until=None,
            lost_since=fresh.lost_since or fresh.away_since,
            away_since=None,
        )


def check_holds(candidate: Candidate, seat: Seat) -> None:
    if candidate.seat != seat.token:
        raise Conflict(ELSEWHERE)
