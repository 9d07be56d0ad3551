"""Who is there: connected, silent for less than a blip, or away.

This process knows its own sockets; the row says which process (`node`) last spoke to the
candidate, so that a browser that comes back through another process is not declared away.
Nothing is written for a blip, nor for a ping.
"""

import asyncio
import time
import uuid
from collections import defaultdict
from datetime import datetime

from sessions_app import clock, live
from sessions_app.refusals import Refusal

from . import timing
from .access import Seat
from .models import Candidate, Node
from .states import Action, Actor, State
from .turns import let_in, move, turn

NODE = uuid.uuid4().hex
STARTED = time.monotonic()
RENEWAL_SECONDS = 5
_renewed_at = -float(RENEWAL_SECONDS)
_here: dict[int, set[object]] = defaultdict(set)


async def arrived(candidate_id: int, seat: Seat, socket: object) -> None:
    """A browser of the candidate has a socket; coming back may mean asking to resume."""
    _here[candidate_id].add(socket)
    await live.in_database(connected, candidate_id, seat)


def gone(candidate_id: int, socket: object) -> None:
    """A socket has closed: unless another is here within a blip, the candidate is away."""
    _here[candidate_id].discard(socket)
    if _here[candidate_id]:
        return
    del _here[candidate_id]
    lost_at = live.hub.now()
    task = asyncio.get_running_loop().create_task(_declare_away(candidate_id, lost_at))
    _waiting.add(task)
    task.add_done_callback(_waiting.discard)


_waiting: set[asyncio.Task] = set()


async def _declare_away(candidate_id: int, lost_at: datetime) -> None:
    await asyncio.sleep(timing.BLIP.total_seconds())
    if candidate_id not in _here:
        await live.in_database(leave, candidate_id, lost_at)


def connected(candidate_id: int, seat: Seat) -> None:
    """Note the process that speaks to the candidate, and the return of who was away.

    Effects: nothing for a blip; within the grace, or with an authorisation given meanwhile,
    the candidate goes on; later the supervisor is asked.
    """
    candidate = Candidate.objects.with_facts().select_related("session").get(pk=candidate_id)
    if candidate.node != NODE:
        Candidate.objects.filter(pk=candidate_id).update(node=NODE)
    if candidate.away_since is None or candidate.state == State.FINISHED:
        return
    try:
        come_back(candidate, seat)
    except Refusal:
        return  # someone ended the test or noted the return in between


def come_back(candidate: Candidate, seat: Seat) -> None:
    """The same browser is back after an absence that the board has shown."""
    with turn(candidate, Action.COME_BACK, Actor.CANDIDATE) as (session, fresh):
        changes: dict = {"away_since": None}
        event = "came_back"
        if fresh.state == State.IN_PROGRESS:
            is_authorized = fresh.authorized_until and fresh.authorized_until > session.now
            too_long = timing.must_ask_to_resume(
                fresh.away_since, session.now, session.grace_seconds, session.paused_at
            )
            if is_authorized:
                changes |= let_in(fresh, session.now)
            elif (too_long or fresh.lost_since) and fresh.seat == seat.token:
                event = "resume_asked"
                changes |= {
                    "asks_resume_at": fresh.asks_resume_at or session.now,
                    "authorized_until": None,
                    "lost_since": fresh.lost_since or fresh.away_since,
                    "waiting_seat": "",
                }
        data = {"absent_seconds": int((session.now - fresh.away_since).total_seconds())}
        decisive = event == "resume_asked"
        move(session, fresh, event, actor=Actor.CANDIDATE, data=data, decisive=decisive, **changes)


def leave(candidate_id: int, lost_at: datetime, node: str = NODE) -> None:
    """The candidate is away since `lost_at`, unless another process has seen them meanwhile."""
    candidate = Candidate.objects.filter(pk=candidate_id, node=node).first()
    if candidate is None or candidate.state == State.FINISHED:
        return
    try:
        with turn(candidate, Action.LEAVE, Actor.SYSTEM) as (session, fresh):
            if fresh.node != node:
                return
            since = min(lost_at, session.now)
            data = {"since": since.isoformat()}
            move(session, fresh, "went_away", data=data, decisive=False, away_since=since)
    except Refusal:
        return  # ended or already away


def keep_lease() -> None:
    """Tell the other processes every few seconds that this one lives, and look for the dead."""
    global _renewed_at
    if time.monotonic() - _renewed_at < RENEWAL_SECONDS:
        return
    _renewed_at = time.monotonic()
    Node.objects.update_or_create(name=NODE, defaults={"seen_at": clock.now()})
    if time.monotonic() - STARTED > timing.RETURN.total_seconds():
        declare_orphans_away()


def declare_orphans_away() -> None:
    """Candidates of a dead process who have not come back through another are away.

    From now on, not from its death: an interruption of our own service must not outlast
    anybody's grace.
    """
    now = clock.now()
    alive = Node.objects.filter(seen_at__gt=now - timing.LEASE).values("name")
    orphans = Candidate.objects.filter(away_since=None, ended_at=None).exclude(node="")
    for candidate in orphans.exclude(node__in=alive).exclude(session__state="finalized"):
        leave(candidate.pk, now, node=candidate.node)
