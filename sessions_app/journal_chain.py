"""The seal of a journal: one digest that depends on every event of a session, in order.

It is computed when the session is finalised. Whoever changes, adds, removes or swaps an event
afterwards, whatever the way, gets another one.
"""

import hashlib
import json
from datetime import UTC

from .models import Session, SessionEvent


def digest(session: Session, until: int | None = None) -> str:
    """SHA-256, as 64 hexadecimal signs, chained over the events in order of their versions.

    `until`: no further than this version, for a seal that later events have followed.
    """
    link = hashlib.sha256(f"{session.number} {session.epoch}".encode()).hexdigest()
    events = session.events.order_by("version")
    if until is not None:
        events = events.filter(version__lte=until)
    for event in events.iterator():
        link = hashlib.sha256(f"{link}\n{_written(event)}".encode()).hexdigest()
    return link


def _written(event: SessionEvent) -> str:
    """All that an event says, in one form for every database."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    columns = [event.version, event.type, event.candidate_id, event.actor, event.user_id, at]
    return json.dumps([*columns, event.data], sort_keys=True, separators=(",", ":"))
