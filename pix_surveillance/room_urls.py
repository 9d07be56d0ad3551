"""Our own pages: all that frames link to. A process that serves sockets loads no others."""

from django.urls import include, path

urlpatterns = [
    path("", include("sessions_app.urls")),
    path("", include("candidates.urls")),
    path("", include("incidents.urls")),
]
