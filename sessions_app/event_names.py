"""What each type of event is called on screen: a pure table."""

ANSWERED = "answered"  # by far the most frequent; it moves nothing of a board but its row
SEEN = "action_seen"
ERASED = "candidate_erased"
FROM_THEIR_PAGE = {ANSWERED, SEEN}  # the page of the candidate has told so, and knows it

NAMES = {
    "supervisor_entered": "entrée d’un surveillant",
    "access_given": "accès donné à un surveillant",
    "access_withdrawn": "accès retiré à un surveillant",
    "supervisor_code_renewed": "code surveillant renouvelé",
    "access_code_renewed": "code d’accès des candidats renouvelé",
    "session_opened": "session ouverte",
    "session_changed": "session modifiée",
    "list_replaced": "liste de candidats remplacée",
    "candidate_added": "candidat ajouté",
    "candidate_corrected": "inscription corrigée",
    "candidate_removed": "candidat retiré",
    "joined": "arrivée dans la salle d’attente",
    "start_authorized": "départ autorisé",
    "start_withdrawn": "autorisation retirée",
    "lapse_is_near": "autorisation bientôt expirée",
    "authorization_lapsed": "autorisation expirée",
    "test_started": "test commencé",
    ANSWERED: "réponse enregistrée",
    "went_away": "déconnexion",
    "connections_lost": "déconnexion de plusieurs candidats",
    "came_back": "retour",
    "resume_asked": "reprise demandée",
    "resume_authorized": "reprise autorisée",
    "time_added": "temps ajouté",
    "time_undone": "ajout de temps annulé",
    "end_is_near": "heure de fin proche",
    "overtime_reached": "temps dépassé",
    "test_ended": "test terminé",
    "alert_raised": "problème signalé",
    "alert_accepted": "signalement accepté",
    "alert_rejected": "signalement refusé",
    "incident_noted": "incident noté",
    "incident_corrected": "incident corrigé",
    "incident_withdrawn": "incident noté par erreur",
    "arrived_late": "arrivée en retard",
    "left_room": "sortie de la salle",
    "returned_to_room": "retour dans la salle",
    "seat_changed": "changement de place",
    "signature_missing": "signature manquante",
    "signature_given": "signature obtenue",
    "identity_corrected": "identité à corriger",
    "left_early": "départ anticipé",
    "marked_absent": "absence notée",
    "end_explained": "motif de fin précisé",
    "report_changed": "PV modifié",
    "claimed": "pris en charge",
    "released": "plus pris en charge",
    SEEN: "reçu par le poste",
    "room_paused": "salle suspendue",
    "room_resumed": "salle reprise",
    "session_finalized": "session finalisée",
    ERASED: "personne effacée",
}

# Of the security log, which speaks of the doors of the site and not of a session.
SECURITY_NAMES = {
    "logged_in": "connexion",
    "login_failed": "connexion refusée",
    "logged_out": "déconnexion",
    "password_changed": "mot de passe changé",
    "factor_used": "second facteur présenté",
    "factor_failed": "second facteur refusé",
    "factor_added": "second facteur ajouté",
    "factor_removed": "second facteur retiré",
    "entered": "entrée dans une session",
    "entry_refused": "entrée refusée",
    "entry_limited": "entrée refusée, après trop d’essais",
    "join_refused": "arrivée d’un candidat refusée",
    "join_limited": "arrivée d’un candidat refusée, après trop d’essais",
    "access_refused": "page ou action refusée",
    "access_given": "accès surveillant donné",
    "access_withdrawn": "accès surveillant retiré",
    "supervisor_code_renewed": "code surveillant renouvelé",
    "access_code_renewed": "code d’accès renouvelé",
    "rights_changed": "compte, centre ou droits modifiés",
    "document_taken": "document ou export",
    "person_exported": "données d’une personne exportées",
    "person_erased": "personne effacée",
    "purged": "purge",
}


def name_of(event_type: str) -> str:
    """In French; a type that has no name yet is shown as it is."""
    return NAMES.get(event_type) or SECURITY_NAMES.get(event_type, event_type)
