"""The time that a candidate has lost, as the resume dialog offers to give it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sessions_app import clock
from sessions_app.models import Session

from . import timing
from .models import Candidate
from .states import State


@dataclass(frozen=True)
class LostTime:
    """`minutes` to give back, since the instant `since` (None: nothing was lost)."""

    since: datetime | None
    minutes: int


def of(candidate: Candidate) -> LostTime:
    """From the loss, or from the request of another computer, to now.

    The wait for the supervisor counts. What was given back with an authorisation that has not
    been used yet is not offered a second time.
    """
    since = candidate.lost_since or candidate.away_since or candidate.asks_resume_at
    if since is None or candidate.state != State.IN_PROGRESS:
        return LostTime(None, 0)
    if candidate.authorized_until is not None:
        return LostTime(since, 0)
    now = clock.now()
    was_paused = candidate.timer.paused_seconds or candidate.session.paused_at
    pauses = pauses_since(candidate.session, since, now) if was_paused else []
    return LostTime(since, timing.lost_minutes(since, now, pauses))


def pauses_since(
    session: Session, since: datetime, now: datetime
) -> list[tuple[datetime, datetime]]:
    """The pauses of the room that have not ended before `since`, the present one included."""
    over = session.events.filter(type="room_resumed", at__gt=since).values_list("at", "data")
    pauses = [(at - timedelta(seconds=data["seconds"]), at) for at, data in over]
    return pauses + ([(session.paused_at, now)] if session.paused_at else [])
