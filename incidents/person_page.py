"""What is kept about one candidate, in words for a person: see `person_export`."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import DateField, DateTimeField, DecimalField, Field

from sessions_app.event_names import name_of
from sessions_app.event_sentences import details
from sessions_app.models import SessionEvent

Row = list[tuple[str, str]]  # label, value
SAYS_NOTHING = ("", None, {}, [], False)


def readable(data: dict) -> list[tuple[str, list[Row]]]:
    """The tables of `person_data` that hold something: title, rows. All in French.

    What is empty, and the keys that link one row to another, say nothing to a person.
    """
    return [
        (TITLES[label], [list(_shown(row, label)) for row in rows])
        for label, rows in data["tables"].items()
        if rows
    ]


def _shown(row: dict[str, Any], label: str) -> Iterator[tuple[str, str]]:
    fields = apps.get_model(label)._meta
    for column, value in row.items():
        if column not in LABELS or value in SAYS_NOTHING:
            continue
        if told := _spelled(fields.get_field(column), value):
            yield LABELS[column], told


def _spelled(field: Field, value: Any) -> str:
    if isinstance(field, DateTimeField):
        return f"{datetime.fromisoformat(value):%d/%m/%Y %H:%M:%S}"
    if isinstance(field, DateField):
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    if field.model is SessionEvent and field.name == "type":
        return name_of(value)
    if isinstance(field, DecimalField):
        return f"{Decimal(value).normalize():f}".replace(".", ",")
    if isinstance(value, dict):
        words = [f"«\u00a0{value['text']}\u00a0»"] if value.get("text") else []
        return ", ".join([*details(value), *words])
    return "oui" if value is True else str(dict(field.flatchoices).get(value, value))


TITLES = {
    "candidates.Candidate": "Inscription et déroulement",
    "candidates.Timer": "Temps du test",
    "candidates.TimeGrant": "Temps ajouté",
    "candidates.Answer": "Réponses",
    "incidents.Alert": "Problèmes signalés",
    "incidents.Incident": "Lignes du PV",
    "sessions_app.SessionEvent": "Journal de la session",
    "sessions_app.Erasure": "Effacement",
}
LABELS = {
    "birth_name": "nom de naissance",
    "first_name": "prénom",
    "birthdate": "date de naissance",
    "external_id": "identifiant externe",
    "extra_time_percent": "temps majoré (%)",
    "state": "statut",
    "authorized_until": "autorisé jusqu’à",
    "asks_start_at": "demande à commencer depuis",
    "asks_resume_at": "demande à reprendre depuis",
    "away_since": "déconnecté depuis",
    "lost_since": "absent depuis",
    "away_together": "déconnecté avec d’autres",
    "question": "question",
    "question_opened_at": "question ouverte à",
    "warned_minutes": "prévenu avant la fin (minutes)",
    "overtime_at": "temps dépassé depuis",
    "ended_at": "terminé à",
    "ended_by": "terminé par",
    "end_reason": "motif de fin",
    "claimed_by": "pris en charge par",
    "claimed_at": "pris en charge à",
    "unseen_since": "non reçu par le poste depuis",
    "seat": "place",
    "waiting_seat": "place demandée",
    "started_at": "commencé à",
    "duration_minutes": "durée (minutes)",
    "ends_at": "heure de fin",
    "paused_seconds": "salle suspendue (secondes)",
    "seconds": "secondes",
    "reason": "motif",
    "author": "par",
    "granted_at": "ajouté à",
    "undone_at": "annulé à",
    "undone_by": "annulé par",
    "value": "réponse",
    "late": "en retard",
    "saved_at": "enregistré à",
    "subject": "objet",
    "text": "texte",
    "raised_at": "signalé à",
    "closed_at": "traité à",
    "outcome": "suite",
    "closed_by": "traité par",
    "reply": "réponse du surveillant",
    "category": "catégorie",
    "occurred_at": "survenu à",
    "noted_at": "noté à",
    "withdrawn": "noté par erreur",
    "type": "événement",
    "actor": "auteur",
    "user": "compte",
    "at": "à",
    "data": "détails",
    "ground": "motif de l’effacement",
}
