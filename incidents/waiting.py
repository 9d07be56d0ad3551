"""How long a candidate has waited for an answer to an alert."""

from datetime import datetime

from candidates import lost_time, timing
from sessions_app.models import Session

from .models import Alert


def waited_minutes(alert: Alert, session: Session, now: datetime) -> int:
    """Whole minutes, rounded up, without those of a suspended room: they are given back anyway."""
    since = alert.raised_at
    return timing.lost_minutes(since, now, lost_time.pauses_since(session, since, now))
