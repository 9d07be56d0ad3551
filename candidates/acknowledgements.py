"""What the computer of a candidate has received of what a supervisor did: sent, applied, seen.

A move of a supervisor, or of the whole room, leaves its version in `unseen_version`. The frames
to the candidate's page ask for that version, which the page sends back once it shows what they
say. As long as it has not, the board says so. Nothing is written while nothing is asked for, and
nobody's sight becomes stale by it.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from sessions_app import journal
from sessions_app.event_names import SEEN
from sessions_app.gathering import Gathering
from sessions_app.models import Session, SessionEvent
from sessions_app.refusals import Refusal

from .access import Seat
from .models import Candidate
from .states import State

LARGEST = 2**63 - 1
ARRIVED: dict[str, None] = {"unseen_version": None, "unseen_since": None}


@dataclass(frozen=True)
class Seen:
    """The browser that claims `seat` shows what happened up to `version`."""

    seat: Seat
    version: int


def read(seat: Seat, version: object) -> Seen | None:
    """What a browser has sent; None for what no page of ours sends."""
    text = str(version) if isinstance(version, int | str) else ""
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(LARGEST))
    return Seen(seat, int(text)) if is_number else None


def awaited(candidate: Candidate, version: int, now: datetime) -> dict:
    """What a move of a supervisor writes on the row of a candidate who has a computer."""
    if not candidate.seat and not candidate.waiting_seat:
        return {}
    return {"unseen_version": version, "unseen_since": candidate.unseen_since or now}


def await_all(session: Session, version: int) -> None:
    """The room has moved as a whole: each computer that follows a test yet to end must tell."""
    followed = session.candidates.exclude(seat="").exclude(state=State.FINISHED)
    followed.update(unseen_version=version, unseen_since=Coalesce(F("unseen_since"), session.now))


def note_all(seen: Sequence[Seen]) -> list[None]:
    """Of these, note those that are still waited for: one transaction for each session."""
    waiting = Candidate.objects.filter(
        pk__in={each.seat.candidate_id for each in seen}, unseen_version__isnull=False
    )
    told = set(seen)
    true = [each for each in waiting.order_by("session_id") if _has_told(each, told)]
    for session_id, candidates in groupby(true, key=lambda each: each.session_id):
        with suppress(Refusal):  # nothing moves in a finalised session
            _note(session_id, [each.pk for each in candidates], told)
    return [None] * len(seen)


note_soon = Gathering(note_all)


@transaction.atomic
def _note(session_id: int, candidate_ids: Iterable[int], told: set[Seen]) -> None:
    """One event for all of them: their rows, and the card of a suspended room, have changed."""
    session = journal.lock(session_id)
    rows = session.candidates.filter(pk__in=candidate_ids, unseen_version__isnull=False)
    noted = [each for each in rows.order_by("pk") if _has_told(each, told)]
    if not noted:
        return
    ids = [each.pk for each in noted]
    session.candidates.filter(pk__in=ids).update(**ARRIVED)
    data = {"candidates": ids}
    if session.paused_at:
        data["together"] = True
    alone = noted[0] if len(noted) == 1 else None
    journal.record(session, SEEN, candidate=alone, actor=SessionEvent.Actor.CANDIDATE, data=data)


def _has_told(candidate: Candidate, told: set[Seen]) -> bool:
    """The computer that holds the seat, or waits for it, shows the very last that was done."""
    seats = {candidate.seat, candidate.waiting_seat} - {""}
    return any(Seen(Seat(candidate.pk, seat), candidate.unseen_version) in told for seat in seats)
