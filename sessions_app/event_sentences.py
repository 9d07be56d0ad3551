"""What an event of the journal tells beside its name, in French: pure tables."""

from collections.abc import Callable, Mapping
from typing import Any

TIME = {"time_added", "time_undone", "end_is_near", "overtime_reached", "test_started"}
TIME |= {"test_ended", "room_paused", "room_resumed"}
LINES = {"joined", "went_away", "connections_lost", "came_back", "authorization_lapsed"}
LINES |= {"resume_asked", "resume_authorized", "lapse_is_near"}
TROUBLES = {"alert_raised", "alert_accepted", "alert_rejected", "report_changed"}
TROUBLES |= {"incident_noted", "incident_corrected", "incident_withdrawn"}
# What may be chosen: word of the address → its label, and types of events.
KINDS = {
    "temps": ("Temps", TIME),
    "connexions": ("Connexions et reprises", LINES),
    "incidents": ("Signalements et incidents", TROUBLES),
}


def spelled(seconds: int) -> str:
    """`45 s`, `3 min` or `3 min 10 s`, with no-break spaces."""
    minutes, rest = divmod(seconds, 60)
    parts = [f"{minutes}\u00a0min"] if minutes else []
    return "\u00a0".join([*parts, f"{rest}\u00a0s"] if rest or not minutes else parts)


def _people(told: list | int) -> str:
    count = told if isinstance(told, int) else len(told)
    return f"{count} candidat{'s' if count > 1 else ''}"


PARTS = {
    "birth_name": "nom de naissance",
    "first_name": "prénom",
    "birthdate": "date de naissance",
    "extra_time_percent": "temps majoré",
}


def _parts(fields: list[str]) -> str:
    """Which parts of an enrolment were corrected; their values stand in the list."""
    return ", ".join(PARTS[name] for name in PARTS if name in fields)


# In the order in which they are told; each gives nothing for what says nothing.
DETAILS: dict[str, Callable[[Any], str]] = {
    "candidates": _people,
    "category": str,
    "fields": _parts,
    "question": lambda number: f"question {number}" if number else "",
    "minutes": lambda minutes: f"{minutes}\u00a0min" if minutes else "",
    "seconds": lambda seconds: f"durée {spelled(seconds)}",
    "absent_seconds": lambda seconds: f"absence {spelled(seconds)}" if seconds else "",
    "other_computer": lambda is_other: "autre poste" if is_other else "",
    "reason": lambda reason: f"«\u00a0{reason}\u00a0»" if reason else "",
}


def details(data: Mapping[str, Any]) -> list[str]:
    """The numbers and words of an event that a person wants to read, in short."""
    told = (say(data[key]) for key, say in DETAILS.items() if data.get(key) is not None)
    return [words for words in told if words]
