"""What each type of event is called on screen: a pure table."""

ANSWERED = "answered"  # by far the most frequent; it moves nothing of a board but its row
SEEN = "action_seen"
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
    "session_reopened": "session rouverte",
}


def name_of(event_type: str) -> str:
    """In French; a type that has no name yet is shown as it is."""
    return NAMES.get(event_type, event_type)
