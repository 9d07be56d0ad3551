from django.urls import path

import sessions_app.converters  # noqa: F401

from . import style_page, views
from . import supervisor_views as supervisor

ROOM = "surveillance/<number:number>/"
CANDIDATE = ROOM + "candidats/<int:candidate_id>/"

ACTIONS = {
    "authorize-start": supervisor.authorize_start,
    "withdraw-start": supervisor.withdraw_start,
    "authorize-resume": supervisor.authorize_resume,
    "add-time": supervisor.add_time,
    "undo-time": supervisor.undo_time,
    "end-test": supervisor.end_test,
    "explain-end": supervisor.explain_end,
    "claim": supervisor.claim,
    "release": supervisor.release,
}

urlpatterns = [
    path("style/", style_page.style, name="style"),
    path("candidat/", views.join, name="join"),
    path("candidat/test/", views.test, name="test"),
    path("candidat/live/", views.poll_seat, name="test-live"),
    path("candidat/commencer/", views.start, name="start"),
    path("candidat/repondre/", views.answer, name="answer"),
    path("candidat/terminer/", views.finish, name="finish"),
    path(CANDIDATE, supervisor.sheet, name="sheet"),
    path(ROOM + "groupe/", supervisor.group_sheet, name="group"),
    path(ROOM + "salle/", supervisor.room_sheet, name="room"),
    path(ROOM + "pause-room/", supervisor.pause_room, name="pause-room"),
    path(ROOM + "resume-room/", supervisor.resume_room, name="resume-room"),
    path(ROOM + "add-candidate/", supervisor.add_candidate, name="add-candidate"),
    *(path(f"{CANDIDATE}{name}/", view, name=name) for name, view in ACTIONS.items()),
    *(path(f"{ROOM}{name}/", view, name=f"group-{name}") for name, view in ACTIONS.items()),
]
