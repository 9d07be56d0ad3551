"""The journal of a session: one door for everything that happens.

A service locks its session, writes, and records one event; the event's version, the
announcement and the write commit together or not at all.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from . import announcements, clock, journal_chain, live
from .announcements import HISTORY, Announcement
from .event_names import ANSWERED
from .many_keys import IS_A_KEY, as_keys
from .models import Session, SessionEvent, User
from .one_trip import Statement, in_one_trip
from .refusals import Conflict

FINALIZED = _("La session est finalisée : elle ne peut plus être modifiée.")


def lock(session_id: int) -> Session:
    """The session, locked until the end of the transaction, with the instant as `.now`.

    All writers of one session pass here one after the other; readers do not wait.
    Raises `Conflict` for a finalised session: nothing moves in it any more.
    """
    session = lock_even_finalized(session_id)
    if session.state == Session.State.FINALIZED:
        raise Conflict(FINALIZED)
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
    _announce([Announcement(session.pk, session.version)])
    return session.version


def replace_words(
    session: Session, replaced: Callable[[SessionEvent], dict[str, Any]]
) -> dict[int, journal_chain.Bridge]:
    """For an erasure that is open, the only one for whom the database allows it: write the data
    that `replaced` gives for each event. Returns version → bridge of those that have changed."""
    bridges = {}
    for link in list(journal_chain.links(session)):
        event, data = link.event, replaced(link.event)
        if data != event.data:
            event.data = data
            SessionEvent.objects.filter(pk=event.pk).update(data=data)
            bridges[event.version] = journal_chain.bridge(link)
    return bridges


@dataclass(slots=True)
class HeldSession:
    """What those who read or write many rooms at once need of each session."""

    pk: int
    version: int
    epoch: str
    state: str
    paused_at: datetime | None
    grace_seconds: int

    @classmethod
    def of(cls, row: Sequence[Any]) -> "HeldSession":
        """`row`: values of HELD_COLUMNS."""
        pk, version, epoch, *others = row
        return cls(pk, version, str(epoch), *others)


def lock_free(
    session_ids: Collection[int], then_read: Statement
) -> tuple[datetime, dict[int, HeldSession], list[tuple[Any, ...]]]:
    """Those of these sessions that nobody is writing, locked as by `lock`, and the instant; then
    the rows of `then_read`, which must not wait for a lock. On PostgreSQL.

    Who waits for one room must not make all the others wait. Finalised ones are told, too.
    """
    lock = LOCK_FREE, [as_keys(session_ids)]
    locked, instant, read = in_one_trip(lock, (clock.ON_POSTGRESQL, []), then_read)
    sessions = {row[0]: HeldSession.of(row) for row in locked.fetchall()}
    return clock.told(instant.fetchone()[0]), sessions, read.fetchall()


def held(session_ids: Collection[int]) -> tuple[datetime, dict[int, HeldSession]]:
    """As `lock_free`, where one transaction writes at a time: none waits for another."""
    rows = Session.objects.filter(pk__in=session_ids).values_list(*HELD_COLUMNS)
    return clock.now(), {row[0]: HeldSession.of(row) for row in rows}


HELD_COLUMNS = ("id", "version", "epoch", "state", "paused_at", "grace_seconds")
LOCK_FREE = f"""
SELECT {", ".join(HELD_COLUMNS).replace("epoch", "epoch::text")} FROM {Session._meta.db_table}
WHERE id {IS_A_KEY}
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 (names of tables and columns)


class Answered(NamedTuple):
    """A candidate of a session has answered `question`, and the next one is open."""

    session: HeldSession
    candidate_id: int
    question: int


def record_answers(answers: Sequence[Answered], at: datetime, save: Statement | None) -> None:
    """One event for each answer, at most one a candidate, in sessions held by `lock_free`.

    As `record` for each of them; on PostgreSQL one statement appends, moves the versions and
    announces, and goes there together with `save`, which saves the answers. The announcement tells
    the questions: boards that stood at the version before need nothing else.
    """
    before = {answer.session.pk: answer.session.version for answer in answers}
    sessions = {answer.session.pk: answer.session for answer in answers}
    questions: dict[int, dict[int, int]] = {pk: {} for pk in before}
    events = []
    for answer in answers:
        pk, candidate, question = answer.session.pk, answer.candidate_id, answer.question
        answer.session.version += 1
        event = {"session": pk, "version": answer.session.version}
        events.append({**event, "candidate": candidate, "question": question})
        questions[pk][candidate] = question + 1
    told = [
        Announcement(pk, each.version, each.epoch[:HISTORY], before[pk], questions[pk])
        for pk, each in sessions.items()
    ]
    if save:
        in_one_trip(save, _recorded_together(events, told, at))
    else:
        _record_one_by_one(events, told, at)


def _record_one_by_one(
    events: list[dict[str, int]], told: list[Announcement], at: datetime
) -> None:
    for event in events:
        SessionEvent.objects.create(
            session_id=event["session"],
            version=event["version"],
            type=ANSWERED,
            candidate_id=event["candidate"],
            actor=SessionEvent.Actor.CANDIDATE,
            at=at,
            data={"question": event["question"]},
        )
    for each in told:
        Session.objects.filter(pk=each.session_id).update(version=each.version)
    _announce(told)


def _recorded_together(
    events: list[dict[str, int]], told: list[Announcement], at: datetime
) -> Statement:
    moved = [{"session": each.session_id, "version": each.version} for each in told]
    keys = as_keys(each.session_id for each in told)
    texts = [json.dumps(each) for each in (events, moved, announcements.written(told))]
    return RECORD_ANSWERS, [at, *texts[:2], keys, live.CHANNEL, texts[2]]


RECORD_ANSWERS = f"""
WITH told AS (
    INSERT INTO {SessionEvent._meta.db_table}
        (session_id, version, type, candidate_id, actor, at, data)
    SELECT session, version, '{ANSWERED}', candidate, 'candidate', %s,
        jsonb_build_object('question', question)
    FROM json_to_recordset(%s)
        AS event (session bigint, version bigint, candidate bigint, question int)
), moved AS (
    UPDATE {Session._meta.db_table} AS here SET version = reached.version
    FROM json_to_recordset(%s) AS reached (session bigint, version bigint)
    WHERE here.id = reached.session AND here.id {IS_A_KEY}
)
SELECT pg_notify(%s, payload) FROM json_array_elements_text(%s) AS payload
"""  # noqa: S608 (names of tables)


def _announce(told: Sequence[Announcement]) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for text in announcements.written(told):
                cursor.execute("SELECT pg_notify(%s, %s)", [live.CHANNEL, text])
    else:
        transaction.on_commit(partial(live.hear, told), robust=True)
