"""What a supervisor who acted on an old sight reads: who did what meanwhile, and when."""

from sessions_app.models import Session, SessionEvent

from .models import Candidate

STALE = "La situation de ce candidat vient de changer. Vérifiez-la, puis recommencez."
NEWS = {
    "joined": "Candidat arrivé",
    "start_authorized": "Départ déjà autorisé",
    "start_withdrawn": "Autorisation de départ retirée",
    "authorization_lapsed": "Autorisation expirée",
    "test_started": "Test commencé",
    "resume_asked": "Reprise demandée",
    "resume_authorized": "Reprise déjà autorisée",
    "came_back": "Reprise du test",
    "time_added": "Temps déjà ajouté ({minutes}\u00a0min)",
    "time_undone": "Ajout de temps annulé ({minutes}\u00a0min)",
    "overtime_reached": "Heure de fin dépassée",
    "test_ended": "Test déjà terminé",
    "alert_raised": "Problème signalé",
    "alert_accepted": "Signalement déjà accepté",
    "alert_rejected": "Signalement déjà refusé",
    "identity_corrected": "Identité déjà corrigée",
}


def news_of(session: Session, candidate: Candidate) -> str:
    """The last decisive event of the candidate, as a sentence; one query.

    For a type without words here, only that something has changed.
    """
    events = session.events.select_related("user")
    event = events.filter(version=candidate.row_version, candidate_id=candidate.pk).first()
    if event is None or event.type not in NEWS:
        return STALE
    what = NEWS[event.type].format(minutes=event.data.get("minutes", "?"))
    return f"{what}{_by(event)} à {session.hour_of(event.at)}."


def _by(event: SessionEvent) -> str:
    if event.user:
        return f" par {event.user}"
    return " par le candidat" if event.actor == SessionEvent.Actor.CANDIDATE else ""
