"""“Je m’en occupe”: one supervisor walks over, the others see it and stay where they are.

It ends with any decision of a supervisor about the candidate, and when nothing is needed any
more: see `turns.move`.
"""

from django.utils.translation import gettext

from sessions_app.models import User
from sessions_app.refusals import Conflict

from . import states
from .models import Candidate
from .states import Action, Actor
from .turns import move, turn


def claim(
    candidate: Candidate, *, user: User, instead_of: int | None = None, seen: int | None = None
) -> None:
    """`user` goes to the candidate, instead of the colleague `instead_of` when that is so.

    Of two who meant it at one instant, the second is told who goes: whoever takes over from a
    colleague has read their name.
    """
    with turn(candidate, Action.CLAIM, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        if fresh.claimed_by_id == user.pk:
            return
        if not fresh.needs:
            raise Conflict(states.NOBODY_WAITS, candidate=fresh.pk, row_version=fresh.row_version)
        if fresh.claimed_by_id not in {None, instead_of}:
            told = {"who": fresh.claimed_by_name, "hour": session.hour_of(fresh.claimed_at)}
            sentence = gettext("%(who)s s’en occupe depuis %(hour)s.") % told
            raise Conflict(sentence, candidate=fresh.pk, row_version=fresh.row_version)
        data = {"instead_of": fresh.claimed_by_id}
        changes = {"claimed_by": user, "claimed_at": session.now}
        move(session, fresh, "claimed", user=user, data=data, decisive=False, **changes)


def release(candidate: Candidate, *, user: User, seen: int | None = None) -> None:
    """Nobody goes to the candidate any more."""
    with turn(candidate, Action.RELEASE, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        data = {"claimed_by": fresh.claimed_by_id}
        changes = {"claimed_by": None, "claimed_at": None}
        move(session, fresh, "released", user=user, data=data, decisive=False, **changes)
