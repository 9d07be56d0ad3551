"""What each type of event is called on screen: a pure table."""

from django.utils.translation import gettext_lazy as _

ANSWERED = "answered"  # by far the most frequent; it moves nothing of a board but its row
SEEN = "action_seen"
ERASED = "candidate_erased"
FROM_THEIR_PAGE = {ANSWERED, SEEN}  # the page of the candidate has told so, and knows it

NAMES = {
    "supervisor_entered": _("entrée d’un surveillant"),
    "access_given": _("accès donné à un surveillant"),
    "access_withdrawn": _("accès retiré à un surveillant"),
    "supervisor_code_renewed": _("code surveillant renouvelé"),
    "access_code_renewed": _("code d’accès des candidats renouvelé"),
    "session_opened": _("session ouverte"),
    "session_changed": _("session modifiée"),
    "list_replaced": _("liste de candidats remplacée"),
    "candidate_added": _("candidat ajouté"),
    "candidate_corrected": _("inscription corrigée"),
    "candidate_removed": _("candidat retiré"),
    "joined": _("arrivée dans la salle d’attente"),
    "start_authorized": _("départ autorisé"),
    "start_withdrawn": _("autorisation retirée"),
    "lapse_is_near": _("autorisation bientôt expirée"),
    "authorization_lapsed": _("autorisation expirée"),
    "test_started": _("test commencé"),
    ANSWERED: _("réponse enregistrée"),
    "went_away": _("déconnexion"),
    "connections_lost": _("déconnexion de plusieurs candidats"),
    "came_back": _("retour"),
    "resume_asked": _("reprise demandée"),
    "resume_authorized": _("reprise autorisée"),
    "time_added": _("temps ajouté"),
    "time_undone": _("ajout de temps annulé"),
    "end_is_near": _("heure de fin proche"),
    "overtime_reached": _("temps dépassé"),
    "test_ended": _("test terminé"),
    "alert_raised": _("problème signalé"),
    "alert_accepted": _("signalement accepté"),
    "alert_rejected": _("signalement refusé"),
    "incident_noted": _("incident noté"),
    "incident_corrected": _("incident corrigé"),
    "incident_withdrawn": _("incident noté par erreur"),
    "arrived_late": _("arrivée en retard"),
    "left_room": _("sortie de la salle"),
    "returned_to_room": _("retour dans la salle"),
    "seat_changed": _("changement de place"),
    "signature_missing": _("signature manquante"),
    "signature_given": _("signature obtenue"),
    "identity_corrected": _("identité à corriger"),
    "left_early": _("départ anticipé"),
    "marked_absent": _("absence notée"),
    "end_explained": _("motif de fin précisé"),
    "report_changed": _("PV modifié"),
    "claimed": _("pris en charge"),
    "released": _("plus pris en charge"),
    SEEN: _("reçu par le poste"),
    "room_paused": _("salle suspendue"),
    "room_resumed": _("salle reprise"),
    "session_finalized": _("session finalisée"),
    "session_reopened": _("session rouverte"),
    ERASED: _("personne effacée"),
}

# Of the security log, which speaks of the doors of the site and not of a session.
SECURITY_NAMES = {
    "logged_in": _("connexion"),
    "login_failed": _("connexion refusée"),
    "logged_out": _("déconnexion"),
    "logins_ended": _("connexions terminées par l’administration"),
    "password_changed": _("mot de passe changé"),
    "factor_used": _("second facteur présenté"),
    "factor_failed": _("second facteur refusé"),
    "factor_added": _("second facteur ajouté"),
    "factor_removed": _("second facteur retiré"),
    "entered": _("entrée dans une session"),
    "entry_refused": _("entrée refusée"),
    "entry_limited": _("entrée refusée, après trop d’essais"),
    "join_refused": _("arrivée d’un candidat refusée"),
    "join_limited": _("arrivée d’un candidat refusée, après trop d’essais"),
    "access_refused": _("page ou action refusée"),
    "access_given": _("accès surveillant donné"),
    "access_withdrawn": _("accès surveillant retiré"),
    "supervisor_code_renewed": _("code surveillant renouvelé"),
    "access_code_renewed": _("code d’accès renouvelé"),
    "rights_changed": _("compte, centre ou droits modifiés"),
    "document_taken": _("document ou export"),
    "person_exported": _("données d’une personne exportées"),
    "person_erased": _("personne effacée"),
    "purged": _("purge"),
}


def name_of(event_type: str) -> str:
    """In the language of the reader; a type that has no name yet is shown as it is."""
    return str(NAMES.get(event_type) or SECURITY_NAMES.get(event_type, event_type))
