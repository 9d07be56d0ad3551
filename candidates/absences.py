"""Absences as the board shows them: written in batches, those of a whole room told once.

A loss of the room's network takes many candidates in the same seconds. It is one event and one
card of the board, whichever processes spoke to them.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from sessions_app import journal
from sessions_app.models import Session
from sessions_app.refusals import Refusal

from . import states, timing
from .access import Seat
from .models import Candidate
from .states import Action, Actor, State
from .turns import let_in, move, turn


@dataclass(frozen=True)
class Departure:
    """The last connection of a candidate to the process `node` was lost at `lost_at`."""

    candidate_id: int
    session_id: int
    lost_at: datetime
    node: str


def due(waiting: Iterable[Departure], now: datetime) -> list[Departure]:
    """Of the departures of one session, those to write now: a blip is over for each of them.

    A wave is written at once, with its last one: a blip outlasts a wave, so that all of it is
    known when its first one is due.
    """
    ordered = sorted(waiting, key=lambda departure: departure.lost_at)
    last_due = now - timing.BLIP
    ripe = [each for each in ordered if each.lost_at <= last_due]
    if not ripe:
        return []
    wave = [each for each in ordered if each.lost_at <= ripe[0].lost_at + timing.WAVE]
    is_whole = len(wave) < timing.WIDE_LOSS or wave[-1].lost_at <= last_due
    return ripe if is_whole else []


def declare_away(session_id: int, departures: Iterable[Departure]) -> None:
    """These candidates of one session are away, in one transaction.

    Who has come back through another process, has finished or is away already is left alone.
    Those of a wave get one event, which also takes in who went away alone in the same seconds:
    another process may have told its part of the room before.
    """
    lost = {each.candidate_id: each for each in departures}
    with suppress(Refusal), transaction.atomic():  # nothing moves in a finalised session
        session = journal.lock(session_id)
        gone = _who_left(session, lost)
        if not gone:
            return
        for candidate in gone:
            candidate.away_since = min(lost[candidate.pk].lost_at, session.now)
        near = _away_since_then(session, gone)
        together = timing.lost_together({each.pk: each.away_since for each in gone + near})
        for candidate in gone:
            if candidate.pk not in together:
                _tell_one(session, candidate)
        fresh = gone + [each for each in near if not each.away_together]
        _tell_together(session, [each for each in fresh if each.pk in together])


def _who_left(session: Session, lost: dict[int, Departure]) -> list[Candidate]:
    """Locked, so that who arrives elsewhere at this instant finds themselves away, or not."""
    rows = session.candidates.with_facts().filter(pk__in=lost).order_by("pk")
    gone = []
    for candidate in rows.select_for_update(of=("self",), no_key=True):
        candidate.session = session
        is_here = candidate.node == lost[candidate.pk].node
        refusal = states.refusal(candidate.state, candidate.facts(), Action.LEAVE, Actor.SYSTEM)
        if is_here and refusal is None:
            gone.append(candidate)
    return gone


def _away_since_then(session: Session, gone: list[Candidate]) -> list[Candidate]:
    """Who was away already, lost in the same seconds."""
    instants = [candidate.away_since for candidate in gone]
    seconds = (min(instants) - timing.WAVE, max(instants) + timing.WAVE)
    return list(session.candidates.filter(away_since__range=seconds))


def _tell_one(session: Session, candidate: Candidate) -> None:
    since = candidate.away_since
    data = {"since": since.isoformat()}
    changes = {"away_since": since, "away_together": False}
    move(session, candidate, "went_away", data=data, decisive=False, **changes)


def _tell_together(session: Session, candidates: list[Candidate]) -> None:
    """One event moves them all, hence no `turns.move`; nobody's sight becomes stale by it."""
    if not candidates:
        return
    since = min(candidate.away_since for candidate in candidates)
    for candidate in candidates:
        candidate.away_together = True
    Candidate.objects.bulk_update(candidates, ["away_since", "away_together"])
    ids = [candidate.pk for candidate in candidates]
    data = {"candidates": sorted(ids), "since": since.isoformat()}
    journal.record(session, "connections_lost", data=data)


def come_back(candidate: Candidate, seat: Seat) -> None:
    """The same browser is back after an absence that the board has shown."""
    with turn(candidate, Action.COME_BACK, Actor.CANDIDATE) as (session, fresh):
        changes: dict = {"away_since": None, "away_together": False}
        event = "came_back"
        if fresh.state == State.IN_PROGRESS:
            is_authorized = fresh.authorized_until and fresh.authorized_until > session.now
            too_long = timing.must_ask_to_resume(
                fresh.away_since, session.now, session.grace_seconds, session.paused_at
            )
            if is_authorized:
                changes |= let_in(fresh, session.now)
            elif fresh.seat == seat.token and (too_long or fresh.lost_since):
                event = "resume_asked"
                changes |= _ask(fresh, session.now) | {"waiting_seat": ""}
            elif too_long and not fresh.lost_since:
                # The computer that waits for the seat is back first: nobody has been here.
                event = "resume_asked"
                changes |= _ask(fresh, session.now)
        data = {"absent_seconds": int((session.now - fresh.away_since).total_seconds())}
        if fresh.away_together:
            data["together"] = True  # the card of all of them has changed, too
        decisive = event == "resume_asked"
        move(session, fresh, event, actor=Actor.CANDIDATE, data=data, decisive=decisive, **changes)


def _ask(candidate: Candidate, now: datetime) -> dict:
    """The test waits for the supervisor, from the loss on."""
    return {
        "asks_resume_at": candidate.asks_resume_at or now,
        "authorized_until": None,
        "lost_since": candidate.lost_since or candidate.away_since,
    }
