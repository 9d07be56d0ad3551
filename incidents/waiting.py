"""How long a candidate has waited for an answer to an alert."""

from datetime import datetime, timedelta

from candidates import timing
from sessions_app.models import Session

from .models import Alert


def waited_minutes(alert: Alert, session: Session, now: datetime) -> int:
    """Whole minutes, rounded up, without those of a suspended room: they are given back anyway."""
    pauses = session.events.filter(type="room_resumed", at__gt=alert.raised_at)
    paused = timedelta(seconds=sum(event.data["seconds"] for event in pauses))
    until = session.paused_at or now
    return timing.lost_minutes(alert.raised_at + paused, until)
