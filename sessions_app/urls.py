from django.urls import path

from . import (  # noqa: F401
    center_views,
    converters,
    document_views,
    invitation_views,
    notices,
    session_journal,
    views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("confidentialite/", notices.privacy, name="privacy"),
    path("mentions-legales/", notices.legal, name="legal"),
    path("accessibilite/", notices.accessibility, name="accessibility"),
    path("compte/invitation/<str:token>/", invitation_views.invitation, name="invitation"),
    path("surveillance/", views.entry, name="entry"),
    path("surveillance/centres/", center_views.choose, name="centers"),
    path("surveillance/centre/<int:center_id>/", center_views.show, name="center-rooms"),
    path("surveillance/centre/<int:center_id>/live/", center_views.poll, name="center-live"),
    path("surveillance/<number:number>/", views.show_board, name="board"),
    path("surveillance/<number:number>/live/", views.poll_board, name="board-live"),
    path("surveillance/<number:number>/journal/", session_journal.show, name="journal"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("worker.js", views.worker, name="worker"),
    path("surveillance/<number:number>/kit.pdf", document_views.kit_pdf, name="kit-pdf"),
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
    path("metrics", views.show_metrics, name="metrics"),
]
