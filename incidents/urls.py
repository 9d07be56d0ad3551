from django.urls import path

from candidates.urls import CANDIDATE, ROOM

from . import document_views, export_views, exports, views

TABLES = {"incidents": exports.incidents, "journal": exports.journal}

urlpatterns = [
    path("candidat/signaler/", views.raise_alert, name="raise-alert"),
    path(CANDIDATE + "accept-alert/", views.accept_alert, name="accept-alert"),
    path(CANDIDATE + "reject-alert/", views.reject_alert, name="reject-alert"),
    path(CANDIDATE + "note-incident/", views.note_incident, name="note-incident"),
    path(ROOM + "note-incident/", views.note_room_incident, name="note-room-incident"),
    path(ROOM + "pv/", views.report, name="report"),
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
]
