"""What is said aloud of what happens in a room."""

from collections.abc import Iterable, Mapping

# What a supervisor who does not look at the screen must hear; the rest stays silent.
SPOKEN = {
    "joined": "{name} demande à commencer.",
    "resume_asked": "{name} demande à reprendre.",
    "alert_raised": "{name} signale un problème.",
    "went_away": "{name} est déconnecté.",
    "overtime_reached": "{name} a dépassé son heure de fin.",
    "test_ended": "{name} a terminé.",
}


LOST_TOGETHER = "{count} candidats sont déconnectés : le réseau de la salle semble coupé."
REOPENED = "La session a été rouverte par l’administration du centre."


def spoken(events: Iterable, rows: Mapping) -> dict[str, list[str]]:
    """`say`, the sentences, and `kinds`, the type of the event of each: of a burst of one type
    the browser says how many.
    """
    kinds, sentences = [], []
    for event in events:
        if event.type == "connections_lost":
            sentences.append(LOST_TOGETHER.format(count=len(event.data["candidates"])))
        elif event.type == "session_reopened":
            sentences.append(REOPENED)
        elif event.type in SPOKEN and event.candidate_id in rows:
            name = rows[event.candidate_id].display_name
            sentences.append(SPOKEN[event.type].format(name=name))
        else:
            continue
        kinds.append(event.type)
    return {"say": sentences, "kinds": kinds} if sentences else {"say": []}
