from django.urls import path

from candidates.urls import CANDIDATE, ROOM

from . import (
    api,
    document_views,
    entry_views,
    export_views,
    exports,
    pv_views,
    reopening_views,
    views,
)
from .entries import ENTRIES

TABLES = {"incidents": exports.incidents, "journal": exports.journal}
INCIDENT = ROOM + "incidents/<int:incident_id>/"

urlpatterns = [
    path("api/v1/", api.index, name="api"),
    path("candidat/signaler/", views.raise_alert, name="raise-alert"),
    path(CANDIDATE + "accept-alert/", views.accept_alert, name="accept-alert"),
    path(CANDIDATE + "reject-alert/", views.reject_alert, name="reject-alert"),
    path(CANDIDATE + "note-incident/", views.note_incident, name="note-incident"),
    path(ROOM + "note-incident/", views.note_room_incident, name="note-room-incident"),
    path(ROOM + "pv.pdf", document_views.report_pdf, name="report-pdf"),
    path(ROOM + "pv-fraude.pdf", document_views.fraud_pdf, name="fraud-pdf"),
    path(ROOM + "emargement.pdf", document_views.attendance_pdf, name="attendance-pdf"),
    path(ROOM + "salle.pdf", document_views.room_pdf, name="room-pdf"),
    *(
        path(
            f"{ROOM}exports/{name}.{kind}",
            export_views.table,
            {"what": what, "kind": kind},
            name=f"{name}-{kind}",
        )
        for name, what in TABLES.items()
        for kind in export_views.KINDS
    ),
    path(ROOM + "exports/session.json", export_views.session_json, name="session-json"),
    path(INCIDENT, views.incident, name="incident"),
    path(INCIDENT + "correct-incident/", views.correct_incident, name="correct-incident"),
    path(INCIDENT + "withdraw-incident/", views.withdraw_incident, name="withdraw-incident"),
    *(path(f"{CANDIDATE}{name}/", entry_views.view_of(name), name=name) for name in ENTRIES),
    *(path(f"{ROOM}{name}/", entry_views.view_of(name), name=f"group-{name}") for name in ENTRIES),
    path(ROOM + "pv/", pv_views.report, name="report"),
    path(ROOM + "cloture/", pv_views.closing, name="closing"),
    path(ROOM + "finalize/", pv_views.finalize, name="finalize"),
    path(ROOM + "rouvrir/", reopening_views.reopening, name="reopening"),
    path(ROOM + "pv-<int:rank>.pdf", reopening_views.former_report_pdf, name="former-report-pdf"),
]
