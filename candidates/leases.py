"""Server processes that die or freeze: the candidates they speak to are neither lost nor kept.

Each process renews a lease; one that has run out makes its process a dead one for the others.
"""

import time
from datetime import datetime
from itertools import groupby

from sessions_app import clock, timekeeper
from sessions_app.models import Session

from . import presence, timing
from .absences import Departure, declare_away
from .models import Candidate, Node
from .presence import NODE

STARTED = time.monotonic()
RENEWAL_SECONDS = 5
_renewed_at = -float(RENEWAL_SECONDS)


def keep_lease() -> None:
    """Tell the other processes every few seconds that this one lives, and look for the dead."""
    global _renewed_at
    if time.monotonic() - _renewed_at < RENEWAL_SECONDS:
        return
    _renewed_at = time.monotonic()
    Node.objects.update_or_create(name=NODE, defaults={"seen_at": clock.now()})
    welcome_back_who_is_here()
    if time.monotonic() - STARTED > timing.RETURN.total_seconds():
        declare_orphans_away()


def welcome_back_who_is_here() -> None:
    """Who has a socket here and is shown away comes back, unless a living process lost them.

    This process was frozen for longer than its lease, or the one that spoke to them last died.
    """
    # Not by key: to name ten thousand who are here takes far longer than to read who is away.
    away = Candidate.objects.filter(away_since__isnull=False)
    others = _alive(clock.now()).exclude(name=NODE)
    missed = away.exclude(node__in=others).exclude(session__state=Session.State.FINALIZED)
    for candidate_id, token in missed.values_list("pk", "seat"):
        seats = presence.seats_of(candidate_id)
        if not seats:
            continue
        holder = next((seat for seat in seats if seat.token == token), seats[0])
        with timekeeper.surviving(f"return of candidate {candidate_id}"):
            presence.connected(candidate_id, holder)


def declare_orphans_away() -> None:
    """Candidates of a dead process who have not come back through another are away.

    From now on, not from its death: an interruption of our own service must not outlast
    anybody's grace.
    """
    now = clock.now()
    orphans = Candidate.objects.filter(away_since=None, ended_at=None).exclude(node="")
    orphans = orphans.exclude(node__in=_alive(now)).exclude(session__state=Session.State.FINALIZED)
    rows = orphans.order_by("session_id").values_list("pk", "session_id", "node")
    departures = [Departure(pk, session_id, now, node) for pk, session_id, node in rows]
    for session_id, lost in groupby(departures, key=lambda each: each.session_id):
        with timekeeper.surviving(f"departures of session {session_id}"):
            declare_away(session_id, lost)


def _alive(now: datetime):
    return Node.objects.filter(seen_at__gt=now - timing.LEASE).values("name")
