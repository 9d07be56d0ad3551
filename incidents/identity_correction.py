"""A wrong name or birthdate, found in the room: the list is corrected, and the PV says so."""

from datetime import date, time

from django.utils.translation import gettext_lazy as _

from candidates import enrolment
from candidates.models import Candidate
from candidates.states import Action, Actor
from candidates.turns import move, turn
from sessions_app.models import User
from sessions_app.refusals import Conflict

from .entries import ENTRIES
from .entry_services import note_entry
from .services import instant_of, write_line

ENTRY = ENTRIES["correct-identity"]
CHANGED = _("Cette identité vient d’être corrigée. Fermez la fiche, puis ouvrez-la de nouveau.")
# The words of the PV, which is in French whoever writes it.
LABELS = {
    "birth_name": "Nom de naissance",
    "first_name": "Prénom",
    "birthdate": "Date de naissance",
}


def correct_identity(
    candidate: Candidate,
    *,
    user: User,
    birth_name: str | None = None,
    first_name: str | None = None,
    birthdate: date | None = None,
    shown: str = "",
    text: str = "",
    hour: time | None = None,
    seen: int | None = None,
) -> None:
    """Correct the enrolment of one candidate, whose name and birthdate open the session to them.

    Effects, in order: what differs is written to the list (`Conflict` once finished, or for a
    person already there), the line of the PV tells it before and after, one event names the
    fields. Nothing that differs: the words alone are noted, as an entry of the day. `shown` is the
    key of the identity that was corrected: that of another one would bring it back (`Conflict`).
    """
    told = {"birth_name": birth_name, "first_name": first_name, "birthdate": birthdate}
    with turn(candidate, Action.NOTE_INCIDENT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        if shown not in {"", fresh.identity_key}:
            raise Conflict(CHANGED, candidate=fresh.pk, row_version=fresh.row_version)
        changes = enrolment.rectify(fresh, **told)
        if not changes:
            note_entry(candidate, entry=ENTRY, user=user, text=text, hour=hour)
            return
        words = [_told(name, *each) for name, each in changes.items()]
        at = instant_of(session, hour)
        line = write_line(
            session, user, fresh, ENTRY.category, " ".join([*words, text]).strip(), at
        )
        # The values stand in the list and in the PV; the journal says which fields.
        data = {"fields": sorted(changes), "incident": line.pk, "category": ENTRY.category}
        if hour is not None:
            data["at"] = at.isoformat()
        # Who corrects from an older sight would write the old values back: theirs is stale now.
        stale = {"row_version": session.version + 1}
        move(session, fresh, ENTRY.event, user=user, data=data, decisive=False, **stale)


def _told(name: str, before: str | date, after: str | date) -> str:
    return f"{LABELS[name]}\u00a0: {_quoted(after)} au lieu de {_quoted(before)}."


def _quoted(value: str | date) -> str:
    text = f"{value:%d/%m/%Y}" if isinstance(value, date) else value
    return f"«\u00a0{text}\u00a0»"
