"""What an event of the journal tells beside its name: pure tables."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy, ngettext

TIME = {"time_added", "time_undone", "end_is_near", "overtime_reached", "test_started"}
TIME |= {"test_ended", "room_paused", "room_resumed"}
LINES = {"joined", "went_away", "connections_lost", "came_back", "authorization_lapsed"}
LINES |= {"resume_asked", "resume_authorized", "lapse_is_near"}
TROUBLES = {"alert_raised", "alert_accepted", "alert_rejected", "report_changed"}
TROUBLES |= {"incident_noted", "incident_corrected", "incident_withdrawn"}
# What may be chosen: word of the address → its label, and types of events.
KINDS = {
    "temps": (gettext_lazy("Temps"), TIME),
    "connexions": (gettext_lazy("Connexions et reprises"), LINES),
    "incidents": (gettext_lazy("Signalements et incidents"), TROUBLES),
}


def spelled(seconds: int) -> str:
    """`45 s`, `3 min` or `3 min 10 s`, with no-break spaces."""
    minutes, rest = divmod(seconds, 60)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, f"{rest} s"] if rest or not minutes else parts)


def _people(told: list | int) -> str:
    count = told if isinstance(told, int) else len(told)
    return ngettext("%(count)s candidat", "%(count)s candidats", count) % {"count": count}


PARTS = {
    "birth_name": gettext_lazy("nom de naissance"),
    "first_name": gettext_lazy("prénom"),
    "birthdate": gettext_lazy("date de naissance"),
    "extra_time_percent": gettext_lazy("temps majoré"),
}


def _parts(fields: list[str]) -> str:
    """Which parts of an enrolment were corrected; their values stand in the list."""
    return ", ".join(str(PARTS[name]) for name in PARTS if name in fields)


def _absence(seconds: int) -> str:
    return gettext("absence %(time)s") % {"time": spelled(seconds)} if seconds else ""


# In the order in which they are told; each gives nothing for what says nothing.
DETAILS: dict[str, Callable[[Any], str]] = {
    "candidates": _people,
    "category": str,
    "fields": _parts,
    "question": lambda number: (
        gettext("question %(number)s") % {"number": number} if number else ""
    ),
    "minutes": lambda minutes: f"{minutes} min" if minutes else "",
    "seconds": lambda seconds: gettext("durée %(time)s") % {"time": spelled(seconds)},
    "absent_seconds": _absence,
    "other_computer": lambda is_other: gettext("autre poste") if is_other else "",
    "reason": lambda reason: gettext("« %(words)s »") % {"words": reason} if reason else "",
}


def details(data: Mapping[str, Any]) -> list[str]:
    """The numbers and words of an event that a person wants to read, in short."""
    told = (say(data[key]) for key, say in DETAILS.items() if data.get(key) is not None)
    return [words for words in told if words]
