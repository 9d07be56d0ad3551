"""The one way to change a candidate: a turn, then a move.

A turn locks the session, reads the candidate again and asks the table; a move writes the row
and records one event. Both in one transaction: a `Refusal` undoes everything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from sessions_app import journal
from sessions_app.models import Session, User
from sessions_app.refusals import Conflict

from . import acknowledgements, conflicts, states
from .models import Candidate, Timer
from .states import Action, Actor, State


@contextmanager
def turn(
    candidate: Candidate, action: Action, actor: Actor, *, seen: int | None = None
) -> Iterator[tuple[Session, Candidate]]:
    """A transaction in which `action` is allowed: the locked session and the fresh candidate.

    `seen` is the row version that the person saw. Raises `Conflict` when the row has moved
    since (the sentence tells what moved it), or when the table refuses.
    """
    with transaction.atomic():
        session = journal.lock(candidate.session_id)
        fresh = Candidate.objects.with_facts().get(pk=candidate.pk)
        fresh.session = session
        if seen is not None and fresh.row_version > seen:
            sentence = conflicts.news_of(session, fresh)
            raise Conflict(sentence, candidate=fresh.pk, row_version=fresh.row_version)
        # The system undoes what time has lapsed: it must see it as it was last told.
        facts = fresh.facts(None if actor == Actor.SYSTEM else session.now)
        sentence = states.refusal(fresh.state, facts, action, actor)
        if sentence:
            raise Conflict(sentence, candidate=fresh.pk, row_version=fresh.row_version)
        yield session, fresh


def move(
    session: Session,
    candidate: Candidate,
    event_type: str,
    *,
    user: User | None = None,
    actor: Actor | None = None,
    data: dict | None = None,
    decisive: bool = True,
    **changes,
) -> None:
    """Write `changes` on the candidate's row with the one event that tells them.

    `decisive=False` for what no decision hangs on (progress, presence): it does not make the
    sight of a supervisor stale. A decision of a supervisor is to be acknowledged by the
    candidate's computer, and ends the claim of whoever goes there; so does the end of all needs.
    """
    is_decision = decisive and user is not None
    version = journal.record(
        session,
        event_type,
        candidate=candidate,
        user=user,
        actor=actor,
        data={**(data or {}), **_lateness(candidate, changes)},
    )
    if decisive:
        changes["row_version"] = version
    if is_decision:
        changes |= acknowledgements.awaited(candidate, version, session.now)
    if candidate.claimed_by_id and (is_decision or not candidate.needs_someone_after(changes)):
        changes |= {"claimed_by": None, "claimed_at": None}
    if changes:
        Candidate.objects.filter(pk=candidate.pk).update(**changes)


def _lateness(candidate: Candidate, changes: dict) -> dict:
    """`late`: whether this move takes the candidate past the end hour, or back from there.

    The board proposes to end together those who are, on a card that is no row of anybody.
    """
    after = candidate.with_changes(changes)
    return {} if after.is_late == candidate.is_late else {"late": after.is_late}


def stood_still(candidate: Candidate, since: datetime | None, now: datetime) -> dict:
    """A timed question does not run while its candidate may not answer, from `since` on."""
    if since is None or candidate.question_opened_at is None:
        return {}
    return {"question_opened_at": min(candidate.question_opened_at + (now - since), now)}


def let_in(candidate: Candidate, now: datetime) -> dict:
    """An authorisation to resume is used up at the return, on whichever computer it happens."""
    return {
        "away_since": None,
        "lost_since": None,
        "authorized_until": None,
        **stood_still(candidate, candidate.away_since, now),
    }


def end(session: Session, candidate: Candidate, ended_by: str, reason: str, **who) -> None:
    """The test is over, whoever ends it: the timer stops, an open alert is closed with it."""
    Timer.objects.filter(candidate=candidate, ended_at=None).update(ended_at=session.now)
    candidate.alerts.filter(closed_at=None).update(closed_at=session.now, outcome="dropped")
    move(
        session,
        candidate,
        "test_ended",
        data={"reason": reason},
        state=State.FINISHED,
        ended_at=session.now,
        ended_by=ended_by,
        end_reason=reason,
        authorized_until=None,
        asks_resume_at=None,
        away_since=None,
        lost_since=None,
        waiting_seat="",
        **who,
    )
