"""What the end hour and the clock cause: marks told, overtime, ends, lapsed authorisations."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.db.models.sql import Query

from sessions_app import clock, timekeeper
from sessions_app.kept_statement import KeptStatement
from sessions_app.models import Session
from sessions_app.refusals import Refusal

from . import timing
from .end_reasons import END_HOUR
from .models import Candidate
from .states import Action, Actor, State
from .turns import end, move, turn

Instant = datetime | Now  # as it was read from the database, or for it to tell


def do_what_is_due() -> None:
    """All of the duties below, each second; nearly always, one question finds nothing to do."""
    if not ANYTHING.rows():
        return
    for duty in DUTIES:
        with timekeeper.surviving(f"duty {duty.__name__}"):
            duty()


def tell_end_is_near() -> None:
    """The supervisor is told 15 and 5 minutes before the end hour, once each."""
    now = clock.now()
    near = _where_time_runs(_is_near_end(now)).with_facts().select_related("timer")
    # Of a test no longer than a mark, the query cannot tell that nothing is due.
    due = [candidate for candidate in near if _mark_due(candidate, now)]
    _each(due, Action.NEAR_END, _tell_mark)


def _is_near_end(now: Instant) -> Q:
    untold = Q()
    for mark in timing.MARKS:
        is_told = Q(warned_minutes__isnull=False, warned_minutes__lte=mark)
        untold |= Q(timer__ends_at__lte=now + timedelta(minutes=mark)) & ~is_told
    return untold & Q(state=State.IN_PROGRESS, timer__ends_at__gt=now, overtime_at=None)


def note_overtime() -> None:
    """The end hour is past and the test still runs: the supervisor is told, and decides."""
    due = _where_time_runs(_is_late(clock.now()))
    _each(due, Action.REACH_OVERTIME, _reach_overtime)


def _is_late(now: Instant) -> Q:
    is_theirs = Q(overtime_at=None, session__auto_end=False)
    return is_theirs & Q(state=State.IN_PROGRESS, timer__ends_at__lte=now)


def end_at_time() -> None:
    """The end hour is past, and the session ends each test by itself."""
    _each(_where_time_runs(_is_over(clock.now())), Action.END_AT_TIME, _end)


def _is_over(now: Instant) -> Q:
    return Q(state=State.IN_PROGRESS, session__auto_end=True, timer__ends_at__lte=now)


def tell_lapse_is_near() -> None:
    """The supervisor is told 3 minutes before an authorisation lapses, once for each."""
    _each(_where_time_runs(_lapses_soon(clock.now())), Action.NEAR_LAPSE, _tell_lapse)


def _lapses_soon(now: Instant) -> Q:
    soon = Q(authorized_until__gt=now, authorized_until__lte=now + timing.LAPSE_NOTICE)
    return soon & Q(lapse_told=False)


def lapse_authorizations() -> None:
    """An authorisation that was not used within 15 minutes is given back."""
    _each(_where_time_runs(_has_lapsed(clock.now())), Action.LOSE_AUTHORIZATION, _lapse)


def _has_lapsed(now: Instant) -> Q:
    return Q(authorized_until__lte=now)


# Each duty, and whom it concerns at an instant.
DUTIES: dict[Callable[[], None], Callable[[Instant], Q]] = {
    tell_end_is_near: _is_near_end,
    note_overtime: _is_late,
    end_at_time: _is_over,
    tell_lapse_is_near: _lapses_soon,
    lapse_authorizations: _has_lapsed,
}


def _anything() -> Query:
    anyone = reduce(or_, (condition(Now()) for condition in DUTIES.values()))
    return _where_time_runs(anyone).query.exists()


ANYTHING = KeptStatement(_anything)


def _where_time_runs(condition: Q) -> QuerySet[Candidate]:
    """In rooms that are neither suspended nor over; a suspended one gives its pause back."""
    candidates = Candidate.objects.filter(condition, session__paused_at=None)
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
