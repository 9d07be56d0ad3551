from django.urls import path

from candidates.urls import CANDIDATE, ROOM

from . import views

urlpatterns = [
    path("candidat/signaler/", views.raise_alert, name="raise-alert"),
    path(CANDIDATE + "accept-alert/", views.accept_alert, name="accept-alert"),
    path(CANDIDATE + "reject-alert/", views.reject_alert, name="reject-alert"),
    path(CANDIDATE + "note-incident/", views.note_incident, name="note-incident"),
    path(ROOM + "note-incident/", views.note_room_incident, name="note-room-incident"),
    path(ROOM + "pv/", views.report, name="report"),
]
