"""What a supervisor who acted on an old sight reads: who did what meanwhile, and when."""

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from sessions_app.models import Session, SessionEvent

from .models import Candidate

STALE = gettext_lazy("La situation de ce candidat vient de changer. Vérifiez-la, puis recommencez.")
NEWS = {
    "joined": gettext_lazy("Candidat arrivé"),
    "start_authorized": gettext_lazy("Départ déjà autorisé"),
    "start_withdrawn": gettext_lazy("Autorisation de départ retirée"),
    "authorization_lapsed": gettext_lazy("Autorisation expirée"),
    "test_started": gettext_lazy("Test commencé"),
    "resume_asked": gettext_lazy("Reprise demandée"),
    "resume_authorized": gettext_lazy("Reprise déjà autorisée"),
    "came_back": gettext_lazy("Reprise du test"),
    "time_added": gettext_lazy("Temps déjà ajouté (%(minutes)s min)"),
    "time_undone": gettext_lazy("Ajout de temps annulé (%(minutes)s min)"),
    "overtime_reached": gettext_lazy("Heure de fin dépassée"),
    "test_ended": gettext_lazy("Test déjà terminé"),
    "alert_raised": gettext_lazy("Problème signalé"),
    "alert_accepted": gettext_lazy("Signalement déjà accepté"),
    "alert_rejected": gettext_lazy("Signalement déjà refusé"),
    "identity_corrected": gettext_lazy("Identité déjà corrigée"),
}


def news_of(session: Session, candidate: Candidate) -> str | Promise:
    """The last decisive event of the candidate, as a sentence; one query.

    For a type without words here, only that something has changed.
    """
    events = session.events.select_related("user")
    event = events.filter(version=candidate.row_version, candidate_id=candidate.pk).first()
    if event is None or event.type not in NEWS:
        return STALE
    told = {
        "what": NEWS[event.type] % {"minutes": event.data.get("minutes", "?")},
        "who": event.user,
        "hour": session.hour_of(event.at),
    }
    if event.user:
        return gettext("%(what)s par %(who)s à %(hour)s.") % told
    if event.actor == SessionEvent.Actor.CANDIDATE:
        return gettext("%(what)s par le candidat à %(hour)s.") % told
    return gettext("%(what)s à %(hour)s.") % told
