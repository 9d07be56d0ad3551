from django.urls import path

from candidates.urls import CANDIDATE, ROOM

from . import entry_views, pv_views, views
from .entries import ENTRIES

INCIDENT = ROOM + "incidents/<int:incident_id>/"

urlpatterns = [
    path("candidat/signaler/", views.raise_alert, name="raise-alert"),
    path(CANDIDATE + "accept-alert/", views.accept_alert, name="accept-alert"),
    path(CANDIDATE + "reject-alert/", views.reject_alert, name="reject-alert"),
    path(CANDIDATE + "note-incident/", views.note_incident, name="note-incident"),
    path(ROOM + "note-incident/", views.note_room_incident, name="note-room-incident"),
    path(INCIDENT, views.incident, name="incident"),
    path(INCIDENT + "correct-incident/", views.correct_incident, name="correct-incident"),
    path(INCIDENT + "withdraw-incident/", views.withdraw_incident, name="withdraw-incident"),
    *(path(f"{CANDIDATE}{name}/", entry_views.view_of(name), name=name) for name in ENTRIES),
    *(path(f"{ROOM}{name}/", entry_views.view_of(name), name=f"group-{name}") for name in ENTRIES),
    path(ROOM + "pv/", pv_views.report, name="report"),
    path(ROOM + "cloture/", pv_views.closing, name="closing"),
    path(ROOM + "finalize/", pv_views.finalize, name="finalize"),
]
