"""What is kept about one candidate, in words for a person: see `person_export`."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import DateField, DateTimeField, DecimalField, Field
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions_app.event_names import name_of
from sessions_app.event_sentences import details
from sessions_app.models import SessionEvent

Row = list[tuple[str, str]]  # label, value
SAYS_NOTHING = ("", None, {}, [], False)


def readable(data: dict) -> list[tuple[str, list[Row]]]:
    """The tables of `person_data` that hold something: title, rows, in the reader's language.

    What is empty, and the keys that link one row to another, say nothing to a person.
    """
    return [
        (str(TITLES[label]), [list(_shown(row, label)) for row in rows])
        for label, rows in data["tables"].items()
        if rows
    ]


def _shown(row: dict[str, Any], label: str) -> Iterator[tuple[str, str]]:
    fields = apps.get_model(label)._meta
    for column, value in row.items():
        if column not in LABELS or value in SAYS_NOTHING:
            continue
        if told := _spelled(fields.get_field(column), value):
            yield str(LABELS[column]), told


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
        words = [gettext("« %(text)s »") % {"text": value["text"]}] if value.get("text") else []
        return ", ".join([*details(value), *words])
    return gettext("oui") if value is True else str(dict(field.flatchoices).get(value, value))


TITLES = {
    "candidates.Candidate": _("Inscription et déroulement"),
    "candidates.Timer": _("Temps du test"),
    "candidates.TimeGrant": _("Temps ajouté"),
    "candidates.Answer": _("Réponses"),
    "incidents.Alert": _("Problèmes signalés"),
    "incidents.Incident": _("Lignes du PV"),
    "sessions_app.SessionEvent": _("Journal de la session"),
    "sessions_app.Erasure": _("Effacement"),
}
LABELS = {
    "birth_name": _("nom de naissance"),
    "first_name": _("prénom"),
    "birthdate": _("date de naissance"),
    "external_id": _("identifiant externe"),
    "extra_time_percent": _("temps majoré (%)"),
    "state": _("statut"),
    "authorized_until": _("autorisé jusqu’à"),
    "asks_start_at": _("demande à commencer depuis"),
    "asks_resume_at": _("demande à reprendre depuis"),
    "away_since": _("déconnecté depuis"),
    "lost_since": _("absent depuis"),
    "away_together": _("déconnecté avec d’autres"),
    "question": _("question"),
    "question_opened_at": _("question ouverte à"),
    "warned_minutes": _("prévenu avant la fin (minutes)"),
    "overtime_at": _("temps dépassé depuis"),
    "ended_at": _("terminé à"),
    "ended_by": _("terminé par"),
    "end_reason": _("motif de fin"),
    "claimed_by": _("pris en charge par"),
    "claimed_at": _("pris en charge à"),
    "unseen_since": _("non reçu par le poste depuis"),
    "seat": _("place"),
    "waiting_seat": _("place demandée"),
    "started_at": _("commencé à"),
    "duration_minutes": _("durée (minutes)"),
    "ends_at": _("heure de fin"),
    "paused_seconds": _("salle suspendue (secondes)"),
    "seconds": _("secondes"),
    "reason": _("motif"),
    "author": _("par"),
    "granted_at": _("ajouté à"),
    "undone_at": _("annulé à"),
    "undone_by": _("annulé par"),
    "value": _("réponse"),
    "late": _("en retard"),
    "saved_at": _("enregistré à"),
    "subject": _("objet"),
    "text": _("texte"),
    "raised_at": _("signalé à"),
    "closed_at": _("traité à"),
    "outcome": _("suite"),
    "closed_by": _("traité par"),
    "reply": _("réponse du surveillant"),
    "category": _("catégorie"),
    "occurred_at": _("survenu à"),
    "noted_at": _("noté à"),
    "withdrawn": _("noté par erreur"),
    "type": _("événement"),
    "actor": _("auteur"),
    "user": _("compte"),
    "at": _("à"),
    "data": _("détails"),
    "ground": _("motif de l’effacement"),
}
