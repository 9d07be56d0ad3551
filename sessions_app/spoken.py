"""What is said aloud of what happens in a room."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

# What a supervisor who does not look at the screen must hear; the rest stays silent.
SPOKEN = {
    "joined": _("%(name)s demande à commencer."),
    "resume_asked": _("%(name)s demande à reprendre."),
    "alert_raised": _("%(name)s signale un problème."),
    "went_away": _("%(name)s est déconnecté."),
    "overtime_reached": _("%(name)s a dépassé son heure de fin."),
    "test_ended": _("%(name)s a terminé."),
}


LOST_TOGETHER = _("%(count)s candidats sont déconnectés : le réseau de la salle semble coupé.")
REOPENED = _("La session a été rouverte par l’administration du centre.")


def spoken(events: Iterable, rows: Mapping) -> dict[str, list[str]]:
    """`say`, the sentences, and `kinds`, the type of the event of each: of a burst of one type
    the browser says how many.
    """
    kinds, sentences = [], []
    for event in events:
        if event.type == "connections_lost":
            sentences.append(LOST_TOGETHER % {"count": len(event.data["candidates"])})
        elif event.type == "session_reopened":
            sentences.append(str(REOPENED))
        elif event.type in SPOKEN and event.candidate_id in rows:
            told = {"name": rows[event.candidate_id].display_name}
            sentences.append(SPOKEN[event.type] % told)
        else:
            continue
        kinds.append(event.type)
    return {"say": sentences, "kinds": kinds} if sentences else {"say": []}
