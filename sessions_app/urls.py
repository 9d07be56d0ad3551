from django.urls import path

from . import converters, views  # noqa: F401

urlpatterns = [
    path("", views.home, name="home"),
    path("surveillance/", views.entry, name="entry"),
    path("surveillance/<number:number>/", views.show_board, name="board"),
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
]
