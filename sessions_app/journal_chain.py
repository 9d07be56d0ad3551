"""The seal of a journal: one digest that depends on every event of a session, in order.

It is computed when the session is finalised. Whoever changes, adds, removes or swaps an event
afterwards, whatever the way, gets another one.

An erasure replaces words of events that are sealed. It keeps the links of the chain on both sides
of each such event, and the digest of what stands there now (a bridge): the chain still leads to
the same seal, and to another one as soon as anything else is touched. The event that tells the
erasure comes after the seal, and is no part of it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC
from typing import NamedTuple

from .event_names import ERASED
from .models import Erasure, Session, SessionEvent

Bridge = list[str]  # the link before, the link after, the digest of the event between


class Link(NamedTuple):
    event: SessionEvent
    before: str
    after: str


def digest(session: Session, until: int | None = None) -> str:
    """SHA-256, as 64 hexadecimal signs, chained over the events in order of their versions.

    `until`: no further than this version, for a seal that later events have followed.
    """
    last = _start(session)
    for link in links(session):
        if until is not None and link.event.version > until:
            break
        last = link.after
    return last


def links(session: Session) -> Iterator[Link]:
    """Each event of the chain, with the links on both sides of it."""
    bridges = _bridges(session)
    after = _start(session)
    for event in session.events.exclude(type=ERASED).order_by("version").iterator():
        before, after = after, _after(after, event, bridges.get(str(event.version)))
        yield Link(event, before, after)


def bridge(link: Link) -> Bridge:
    """What lets the chain pass over the event of this link as it is now."""
    return [link.before, link.after, _sha(_written(link.event))]


def _after(before: str, event: SessionEvent, bridge: Bridge | None) -> str:
    written = _written(event)
    if bridge and [before, _sha(written)] == [bridge[0], bridge[2]]:
        return bridge[1]
    return _sha(f"{before}\n{written}")


def _bridges(session: Session) -> dict[str, Bridge]:
    """By version; of an event that was replaced twice, the last."""
    found: dict[str, Bridge] = {}
    for bridges in Erasure.objects.filter(session=session).order_by("pk").values_list("bridges"):
        found |= bridges[0] or {}
    return found


def _start(session: Session) -> str:
    return _sha(f"{session.number} {session.epoch}")


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _written(event: SessionEvent) -> str:
    """All that an event says, in one form for every database."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    columns = [event.version, event.type, event.candidate_id, event.actor, event.user_id, at]
    return json.dumps([*columns, event.data], sort_keys=True, separators=(",", ":"))
