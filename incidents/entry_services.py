"""What a supervisor notes in one tap: late, gone, absent, a signature… (see `entries`)."""

from collections.abc import Callable
from datetime import time
from functools import partial

from django.utils.translation import gettext_lazy as _

from candidates.end_reasons import LEFT_EARLY
from candidates.models import Candidate
from candidates.states import Action, Actor, State
from candidates.turns import end, move, turn
from sessions_app.models import User
from sessions_app.refusals import Conflict, Invalid

from . import entries
from .entries import ENTRIES, DayEntry
from .services import instant_of, write_line

HAS_COME = _("Ce candidat a commencé son test : il n’est pas absent.")


def service_of(action: str) -> Callable[..., None]:
    """The service of one entry of the table, as the views call them."""
    return partial(note_entry, entry=ENTRIES[action])


def note_entry(
    candidate: Candidate,
    *,
    entry: DayEntry,
    user: User,
    text: str = "",
    hour: time | None = None,
    seen: int | None = None,
) -> None:
    """One entry of the day about one candidate.

    Effects, in order: a test still running is ended when the entry says so, the line of the PV
    is written for an entry that is an incident, the event is recorded, with `text` and the hour
    when they were told.
    """
    with turn(candidate, Action.NOTE_INCIDENT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        sentence = entries.missing(entry, text)
        if sentence:
            raise Invalid(sentence)
        if entry == ENTRIES["mark-absent"] and fresh.state != State.NOT_STARTED:
            raise Conflict(HAS_COME)
        at, words = instant_of(session, hour), text or entry.words
        data = {"text": words} if words else {}
        if hour is not None:
            data["at"] = at.isoformat()
        if entry.ends_test and fresh.state == State.IN_PROGRESS:
            end(session, fresh, Candidate.EndedBy.SUPERVISOR, LEFT_EARLY, user=user)
        if entry.category:
            line = write_line(session, user, fresh, entry.category, words, at)
            data |= {"incident": line.pk, "category": entry.category}
        move(session, fresh, entry.event, user=user, data=data, decisive=False)
