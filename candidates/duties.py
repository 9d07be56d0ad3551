"""What the end hour and the clock cause: marks told, overtime, ends, lapsed authorisations."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from sessions_app import clock, timekeeper
from sessions_app.models import Session
from sessions_app.refusals import Refusal

from . import timing
from .end_reasons import END_HOUR
from .models import Candidate
from .states import Action, Actor, State
from .turns import end, move, turn


def tell_end_is_near() -> None:
    """The supervisor is told 15 and 5 minutes before the end hour, once each."""
    now = clock.now()
    untold = Q()
    for mark in timing.MARKS:
        is_told = Q(warned_minutes__isnull=False, warned_minutes__lte=mark)
        untold |= Q(timer__ends_at__lte=now + timedelta(minutes=mark)) & ~is_told
    near = _where_time_runs(untold, state=State.IN_PROGRESS, timer__ends_at__gt=now)
    near = near.filter(overtime_at=None).with_facts().select_related("timer")
    # Of a test no longer than a mark, the query cannot tell that nothing is due.
    due = [candidate for candidate in near if _mark_due(candidate, now)]
    _each(due, Action.NEAR_END, _tell_mark)


def note_overtime() -> None:
    """The end hour is past and the test still runs: the supervisor is told, and decides."""
    due = _where_time_runs(
        state=State.IN_PROGRESS,
        overtime_at=None,
        session__auto_end=False,
        timer__ends_at__lte=clock.now(),
    )
    _each(due, Action.REACH_OVERTIME, _reach_overtime)


def end_at_time() -> None:
    """The end hour is past, and the session ends each test by itself."""
    due = _where_time_runs(
        state=State.IN_PROGRESS, session__auto_end=True, timer__ends_at__lte=clock.now()
    )
    _each(due, Action.END_AT_TIME, _end)


def tell_lapse_is_near() -> None:
    """The supervisor is told 3 minutes before an authorisation lapses, once for each."""
    now = clock.now()
    due = _where_time_runs(
        lapse_told=False,
        authorized_until__gt=now,
        authorized_until__lte=now + timing.LAPSE_NOTICE,
    )
    _each(due, Action.NEAR_LAPSE, _tell_lapse)


def lapse_authorizations() -> None:
    """An authorisation that was not used within 15 minutes is given back."""
    due = _where_time_runs(authorized_until__lte=clock.now())
    _each(due, Action.LOSE_AUTHORIZATION, _lapse)


def _where_time_runs(*conditions: Q, **values) -> QuerySet[Candidate]:
    """In rooms that are neither suspended nor over; a suspended one gives its pause back."""
    candidates = Candidate.objects.filter(*conditions, session__paused_at=None, **values)
    return candidates.exclude(session__state=Session.State.FINALIZED)


def _each(due, action: Action, effect: Callable) -> None:
    """One turn each, so that who cannot be changed holds nobody else up.

    What was found due is looked at again under the lock: it may have moved in between.
    """
    for candidate in due:
        what = f"{action} of candidate {candidate.pk}, session {candidate.session_id}"
        with timekeeper.surviving(what):
            try:
                with turn(candidate, action, Actor.SYSTEM) as (session, fresh):
                    effect(session, fresh)
            except Refusal:
                continue  # another process, or a person, came first


def _mark_due(candidate: Candidate, now: datetime) -> int | None:
    timer = candidate.timer
    seconds = timing.seconds_allowed(timer.duration_minutes, timer.extra_time_percent)
    allowed = timedelta(seconds=seconds + candidate.granted_seconds)
    return timing.mark_due(candidate.warned_minutes, candidate.ends_at - now, allowed)


def _tell_mark(session, candidate) -> None:
    if mark := _mark_due(candidate, session.now):
        data = {"minutes": mark}
        move(session, candidate, "end_is_near", data=data, decisive=False, warned_minutes=mark)


def _reach_overtime(session, candidate) -> None:
    if candidate.ends_at <= session.now and not session.auto_end:
        move(session, candidate, "overtime_reached", overtime_at=candidate.ends_at)


def _end(session, candidate) -> None:
    if candidate.ends_at <= session.now and session.auto_end:
        end(session, candidate, Candidate.EndedBy.SYSTEM, END_HOUR)


def _tell_lapse(session, candidate) -> None:
    until = candidate.authorized_until
    if until and session.now < until <= session.now + timing.LAPSE_NOTICE:
        move(session, candidate, "lapse_is_near", decisive=False, lapse_told=True)


def _lapse(session, candidate) -> None:
    if candidate.authorized_until and candidate.authorized_until <= session.now:
        move(session, candidate, "authorization_lapsed", authorized_until=None)
