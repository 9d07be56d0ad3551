"""The journal of a session: one door for everything that happens.

A service locks its session, writes, and records one event; the event's version, the
announcement and the write commit together or not at all.
"""

from functools import partial
from typing import Any

from django.db import connection, models, transaction

from . import clock, live
from .models import Session, SessionEvent, User
from .refusals import Conflict


def lock(session_id: int) -> Session:
    """The session, locked until the end of the transaction, with the instant as `.now`.

    All writers of one session pass here one after the other; readers do not wait.
    Raises `Conflict` for a finalised session: nothing moves in it any more.
    """
    session = lock_even_finalized(session_id)
    if session.state == Session.State.FINALIZED:
        raise Conflict("La session est finalisée : elle ne peut plus être modifiée.")
    return session


def lock_even_finalized(session_id: int) -> Session:
    """As `lock`, for who only asks what has already been answered."""
    sessions = Session.objects.select_related("center")
    session = sessions.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    session.now = clock.now()
    return session


def record(
    session: Session,
    event_type: str,
    *,
    candidate: models.Model | None = None,
    user: User | None = None,
    actor: str | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Append one event to a locked session and announce it with the commit.

    `actor` defaults to the supervisor when a `user` is given, to the system otherwise.
    Returns the new version. The announcement carries numbers only, and its loss harms nobody:
    every process compares versions every two seconds.
    """
    session.version += 1
    Session.objects.filter(pk=session.pk).update(version=session.version)
    if actor is None:
        actor = SessionEvent.Actor.SUPERVISOR if user else SessionEvent.Actor.SYSTEM
    SessionEvent.objects.create(
        session=session,
        version=session.version,
        type=event_type,
        candidate_id=candidate.pk if candidate else None,
        actor=actor,
        user=user,
        at=session.now,
        data=data or {},
    )
    _announce(session)
    return session.version


def _announce(session: Session) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify(%s, %s)", [live.CHANNEL, f"{session.pk}:{session.version}"]
            )
    else:
        heard = partial(live.hear, session.pk, session.version)
        transaction.on_commit(heard, robust=True)
