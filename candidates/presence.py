"""Who is there: connected, silent for less than a blip, or away.

This process knows its own sockets; the row says which process (`node`) last spoke to the
candidate, so that a browser that comes back through another process is not declared away.
Nothing is written for a blip, nor for a ping.
"""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import groupby

from django.db import transaction

from sessions_app import live
from sessions_app.gathering import TOGETHER_SECONDS, Gathering
from sessions_app.many_keys import among
from sessions_app.refusals import Refusal

from . import timing
from .absences import Departure, come_back, declare_away, due
from .access import Seat
from .models import Candidate
from .stages import Stage, stage_of
from .states import State

NODE = uuid.uuid4().hex
LOOK_SECONDS = 1  # how often the departures that wait are looked at

logger = logging.getLogger(__name__)
# By candidate, the seats of the sockets here. Replaced, never changed: a thread may read it.
_here: dict[int, Mapping[object, Seat]] = {}
_lost: dict[int, Departure] = {}
_polls: dict[Seat, asyncio.TimerHandle] = {}
_writer: asyncio.Task | None = None


async def arrived(candidate: Candidate, seat: Seat, socket: object) -> bool:
    """A browser of the candidate, read just now, has a socket.

    Returns whether that moved the candidate, who is then to be read again.
    """
    _hold(seat, socket)
    if candidate.node == NODE and _is_simply_here(candidate):
        return False  # a blip: nothing is written for it
    try:
        return await _welcomed((candidate, seat))
    except BaseException:
        gone(candidate, socket)
        raise


def gone(candidate: Candidate, socket: object) -> None:
    """A socket has closed: unless another is here within a blip, the candidate is away."""
    global _writer
    sockets = _here.get(candidate.pk, {})
    if socket not in sockets:
        return
    if len(sockets) > 1:
        _here[candidate.pk] = {key: sockets[key] for key in sockets if key != socket}
        return
    del _here[candidate.pk]
    _lost[candidate.pk] = Departure(candidate.pk, candidate.session_id, live.hub.now(), NODE)
    if _writer is None or _writer.done():
        _writer = asyncio.get_running_loop().create_task(_write_departures())


async def polled(candidate: Candidate, seat: Seat) -> None:
    """The browser of a candidate, read just now, that asks every few seconds is present.

    Silent for as long as a blip, it is as if its socket had closed.
    """
    if stage_of(candidate, seat.token) == Stage.ELSEWHERE:
        return
    if seat in _polls:
        _polls[seat].cancel()
    silence = timing.BLIP.total_seconds()
    _polls[seat] = asyncio.get_running_loop().call_later(silence, _fall_silent, candidate, seat)
    await arrived(candidate, seat, socket=seat)


def _fall_silent(candidate: Candidate, seat: Seat) -> None:
    del _polls[seat]
    gone(candidate, socket=seat)


def seats_of(candidate_id: int) -> list[Seat]:
    """Those of the candidate's sockets here, if any; from any thread."""
    return list(_here.get(candidate_id, {}).values())


def _hold(seat: Seat, socket: object) -> None:
    _lost.pop(seat.candidate_id, None)
    _here[seat.candidate_id] = {**_here.get(seat.candidate_id, {}), socket: seat}


async def _write_departures() -> None:
    """The one task for all departures, while some wait. What cannot be written waits on."""
    while _lost:
        await asyncio.sleep(LOOK_SECONDS)
        for departures in _due(live.hub.now()):
            try:
                await live.in_database(declare_away, departures[0].session_id, departures)
            except Exception as error:
                logger.warning("departures cannot be written: %s", type(error).__name__)
                continue
            for each in departures:
                if _lost.get(each.candidate_id) is each:
                    del _lost[each.candidate_id]


def _due(now: datetime) -> list[list[Departure]]:
    """The departures to write, by session."""
    waiting = sorted(_lost.values(), key=lambda each: each.session_id)
    sessions = groupby(waiting, key=lambda each: each.session_id)
    return list(filter(None, (due(each, now) for _, each in sessions)))


def is_missed(candidate: Candidate) -> bool:
    """Shown away although this process has spoken to them last: they must be noted back."""
    return candidate.away_since is not None and candidate.node == NODE


def connected(candidate_id: int, seat: Seat) -> None:
    """As `welcome`, for a candidate who was not read yet."""
    candidate = Candidate.objects.with_facts().select_related("session").get(pk=candidate_id)
    welcome(candidate, seat)


def welcome(candidate: Candidate, seat: Seat) -> bool:
    """Note the process that speaks to the candidate, and the return of who was away.

    Effects: nothing but the process for a blip; within the grace, or with an authorisation
    given meanwhile, the candidate goes on; later the supervisor is asked. Returns whether the
    candidate was away.
    """
    if candidate.state == State.FINISHED:
        return False
    is_away = candidate.away_since is not None
    if candidate.node != NODE:
        # Declared away since they were read, they have to come back.
        me = Candidate.objects.filter(pk=candidate.pk)
        is_present = me.filter(away_since=None).update(node=NODE)
        is_away = not is_present
        if is_away:
            me.update(node=NODE)
    if is_away:
        with suppress(Refusal):  # someone ended the test or noted the return in between
            come_back(candidate, seat)
    return is_away


def welcome_all(arrivals: list[tuple[Candidate, Seat]]) -> list[bool]:
    """`welcome` for each of them; those of whom only the process is to be noted, in one write."""
    new = {each.pk for each, _ in arrivals if each.node != NODE and _is_simply_here(each)}
    noted = _note_process(new) if len(new) > 1 else set()
    return [each.pk not in noted and welcome(each, seat) for each, seat in arrivals]


def _is_simply_here(candidate: Candidate) -> bool:
    return candidate.away_since is None and candidate.state != State.FINISHED


@transaction.atomic
def _note_process(candidate_ids: set[int]) -> set[int]:
    """Of these candidates, those who are not shown away; this process speaks to them now."""
    rows = Candidate.objects.filter(pk__in=among(candidate_ids), away_since=None)
    # In one order for all processes: two that note the same room must not block each other.
    locked = rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
    present = set(locked)
    Candidate.objects.filter(pk__in=among(present)).update(node=NODE)
    return present


_welcomed = Gathering(welcome_all, pause=TOGETHER_SECONDS)


def leave(candidate_id: int, lost_at: datetime, node: str = NODE) -> None:
    """One departure: away since `lost_at`, unless another process has seen them meanwhile."""
    session_id = Candidate.objects.values_list("session_id", flat=True).get(pk=candidate_id)
    declare_away(session_id, [Departure(candidate_id, session_id, lost_at, node)])
