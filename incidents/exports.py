"""What leaves a session as tables: its incidents, and its journal."""

import json
from collections.abc import Iterator
from datetime import datetime

from sessions_app.event_names import name_of
from sessions_app.models import Session
from sessions_app.spreadsheets import Cell, Table

from .report import WHOLE_ROOM

AT_ONCE = 500  # rows read from the database

INCIDENTS = (
    "N°",
    "Date et heure",
    "Catégorie",
    "Libellé",
    "Candidat",
    "Question",
    "Description",
    "Noté par",
    "Noté le",
    "Suite",
    "Remplace le n°",
)
JOURNAL = ("N°", "Date et heure", "Type", "Événement", "Candidat", "Auteur", "Compte", "Détails")


def incidents(session: Session) -> Table:
    """Every version of every incident by hour, those corrected or noted by mistake included."""
    return Table("Incidents", INCIDENTS, _incident_rows(session))


def _incident_rows(session: Session) -> Iterator[list[Cell]]:
    found = session.incidents.select_related("candidate", "author", "correction")
    for incident in found.iterator(AT_ONCE):
        is_replaced = hasattr(incident, "correction")
        state = "corrigé" if is_replaced else "noté par erreur" if incident.withdrawn else "valable"
        yield [
            incident.pk,
            local(incident.occurred_at, session),
            incident.category,
            incident.get_category_display(),
            incident.candidate.display_name if incident.candidate else WHOLE_ROOM,
            incident.question or "",
            incident.text,
            str(incident.author),
            local(incident.noted_at, session),
            state,
            incident.corrects_id or "",
        ]


def journal(session: Session) -> Table:
    """Every event in order; of added time the minutes, never the reason."""
    return Table("Journal", JOURNAL, _journal_rows(session))


def _journal_rows(session: Session) -> Iterator[list[Cell]]:
    events = session.events.select_related("candidate", "user").order_by("version")
    for event in events.iterator(AT_ONCE):
        yield [
            event.version,
            local(event.at, session),
            event.type,
            name_of(event.type),
            event.candidate.display_name if event.candidate else "",
            event.get_actor_display(),
            str(event.user) if event.user else "",
            json.dumps(told(event.type, event.data), ensure_ascii=False) if event.data else "",
        ]


def told(event_type: str, data: dict) -> dict:
    """The data of an event without the reason of added time, which may be one of health."""
    if event_type.startswith("time_"):
        return {name: value for name, value in data.items() if name != "reason"}
    return data


def local(instant: datetime, session: Session) -> str:
    """ISO 8601 to the second, with the offset of the centre: `2027-01-12T09:41:05+01:00`."""
    return instant.astimezone(session.zone).isoformat(timespec="seconds")
