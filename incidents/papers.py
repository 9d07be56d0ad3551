"""The lists of the room on paper: the attendance sheet, and the state of the room at a minute."""

from candidates.models import Candidate
from candidates.states import Fact, State
from sessions_app import board, clock, documents
from sessions_app.models import Session

from .draft import ABSENT, absences

NOTES = {
    Fact.ALERT: "problème signalé à {at}",
    Fact.ASKS_RESUME: "demande à reprendre depuis {at}",
    Fact.ASKS_START: "demande à commencer depuis {at}",
    Fact.LAPSING: "autorisation bientôt expirée",
    Fact.AWAY: "déconnecté depuis {at}",
    Fact.OVERTIME: "temps dépassé depuis {at}",
}


@documents.in_french
def attendance_pdf(sessions: list[Session]) -> bytes:
    """Who signs, session by session: presence and end as far as known, no word of extra time."""
    with board.snapshot():
        sheets = [_sheet(session) for session in sessions]
        at = max(documents.last_change(session) for session in sessions)
    data = {"title": "Feuille d’émargement", "sessions": sheets}
    return documents.render("attendance", data, at=at)


def _sheet(session: Session) -> dict:
    absent = _absent(session)
    people = [
        {
            "name": row.display_name,
            "born": f"{row.birthdate:%d/%m/%Y}",
            "presence": _presence(row, absent),
            "end": _end(row, session),
        }
        for row in _rows(session)
    ]
    return {"facts": documents.facts_of(session), "people": people}


def _presence(row: Candidate, absent: set[int]) -> str:
    if row.state != State.NOT_STARTED or row.asks_start_at:
        return "Présent"
    return "Absent" if row.pk in absent else ""


def _end(row: Candidate, session: Session) -> str:
    match row.state:
        case State.FINISHED:
            hour = session.hour_of(row.ended_at)
            is_own = row.ended_by == Candidate.EndedBy.CANDIDATE
            return f"{'Terminé' if is_own else 'Arrêté'} à\u00a0{hour}"
        case State.IN_PROGRESS:
            return "En cours"
    return ""


@documents.in_french
def room_pdf(session: Session) -> bytes:
    """The paper fallback: who, state and end hour at this minute, for when the network dies."""
    with board.snapshot():
        now = clock.now().astimezone(session.zone)
        rows, absent = _rows(session), _absent(session)
    state = f"État de la salle {documents.spelled(now)}"
    data = {
        "title": "État de la salle à " + f"{now:%H:%M}",
        "state": state,
        "facts": documents.facts_of(session),
        "sentences": _sentences(session),
        "people": [_person(row, session, absent) for row in rows],
    }
    return documents.render("room", data, at=now.replace(second=0, microsecond=0))


def _sentences(session: Session) -> list[str]:
    sentences = []
    if session.paused_at:
        since = session.hour_of(session.paused_at)
        sentences.append(
            f"La salle est suspendue depuis {since}\u00a0: à la reprise, ajoutez à chaque heure "
            "de fin la durée de la pause."
        )
    sentences.append(
        "Si le réseau est coupé, les tests déjà ouverts gardent leur heure de fin. Notez ici "
        "arrivées, fins et incidents avec leur heure, puis reportez-les dès le retour du réseau."
    )
    return sentences


def _person(row: Candidate, session: Session, absent: set[int]) -> dict:
    state, end = row.get_state_display().capitalize(), ""
    if row.state == State.IN_PROGRESS:
        state, end = f"{state}, question {row.shown_question}", session.hour_of(row.ends_at)
    elif row.state == State.FINISHED:
        end = session.hour_of(row.ended_at)
    elif row.pk in absent:
        state = "Absent"
    notes = [NOTES[fact].format(at=session.hour_of(since)) for fact, since in row.needs]
    if row.authorized_until:
        notes.append(f"autorisé jusqu’à {session.hour_of(row.authorized_until)}")
    return {"name": row.display_name, "state": state, "end": end, "notes": notes}


def _rows(session: Session) -> list[Candidate]:
    rows = list(session.candidates.with_facts())
    for row in rows:
        row.session = session
    return sorted(rows, key=lambda row: (row.sort_key, row.pk))


def _absent(session: Session) -> set[int]:
    events = session.events.filter(type__in=[ABSENT, "joined"]).order_by("version")
    waiting = session.candidates.filter(state=State.NOT_STARTED)
    return set(absences(events, waiting))
