"""What the database has to say about a list that was read: faults, and the sessions it names."""

from collections import defaultdict

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app import journal
from sessions_app.models import Center, Session, SessionEvent
from sessions_app.refusals import Conflict

from .import_columns import Column
from .import_rows import Fault, SessionRow
from .states import State

NUMBER = Column.SESSION_NUMBER.value
UNKNOWN = _("Ce numéro n’est celui d’aucune session de ce centre.")
FINALIZED = _("Cette session est finalisée : sa liste ne change plus.")
HAS_BEGUN = _("Des candidats de cette session ont déjà rejoint la salle : sa liste ne change plus.")
PLACE = ("site", "room", "date", "start_time")


def lock_known(rows: list[SessionRow], center: Center) -> tuple[dict[str, Session], list[Fault]]:
    """The sessions that the file names by number, locked; a fault for each that may not change."""
    # By number, so that two imports at once never wait for each other.
    numbered = sorted((row for row in rows if row.number), key=lambda row: row.number)
    sessions = Session.objects.filter(center=center, number__in=[row.number for row in numbered])
    keys = dict(sessions.values_list("number", "pk"))
    known, faults = {}, []
    for row in numbered:
        try:
            known[row.number] = _lock_unbegun(keys.get(row.number))
        except Conflict as refusal:
            code = refusal.details["code"]
            faults.append(Fault(row.line, NUMBER, code, str(refusal.sentence)))
    return known, faults


def _lock_unbegun(session_id: int | None) -> Session:
    if session_id is None:
        raise Conflict(UNKNOWN, code="SESSION_NUMBER_UNKNOWN")
    try:
        session = journal.lock(session_id)
    except Conflict:
        raise Conflict(FINALIZED, code="SESSION_FINALIZED") from None
    begun = ~Q(state=State.NOT_STARTED) | ~Q(seat="") | Q(asks_start_at__isnull=False)
    followed = SessionEvent.objects.filter(session=session, candidate__isnull=False)
    if session.candidates.filter(begun).exists() or followed.exists():
        raise Conflict(HAS_BEGUN, code="SESSION_BEGUN")
    return session


def twins_of(rows: list[SessionRow], center: Center) -> list[Fault]:
    """The same place and hour twice is most often the same file twice: said, not refused."""
    new = [row for row in rows if not row.number]
    twins = defaultdict(list)
    for session in Session.objects.filter(center=center, date__in={row.date for row in new}):
        place = SessionRow(0, None, *(getattr(session, name) for name in PLACE), "", "", [])
        twins[place.key].append(session.spaced_number)
    sentence = _("Une session existe déjà dans cette salle à cette heure : %(numbers)s.")
    return [
        Fault(row.line, "", "SESSION_EXISTS", sentence % {"numbers": ", ".join(twins[row.key])})
        for row in new
        if row.key in twins
    ]
