"""The polling peer: today's best tool, where each supervisor asks for the whole room every 5 s.

It is served by the product's own application (`polling_settings`), so that candidates' answers
go the same way and cost the same; in place of sockets its supervisors have two addresses:

    /salle/<number>/          the whole room as JSON, each time
    /salle/<number>/si-neuf/  the same, or 304 while the session's version has not moved
"""

from django.http import HttpRequest, HttpResponseForbidden, JsonResponse
from django.urls import include, path
from django.views.decorators.http import condition

import sessions_app.converters  # noqa: F401
from candidates.models import Candidate
from sessions_app import access
from sessions_app.models import Session


def whole_room(request: HttpRequest, number: str) -> JsonResponse | HttpResponseForbidden:
    """Every candidate of a session that the account supervises; 403 without a login."""
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    session = access.supervised_session(request.user, number)
    return JsonResponse(
        {
            "number": session.number,
            "center": session.center.name,
            "room": session.room,
            "paused_at": session.paused_at,
            "candidates": [_row(candidate) for candidate in session.candidates.with_facts()],
        }
    )


def _row(candidate: Candidate) -> dict:
    """What such a tool shows of one candidate, and the question where they are."""
    return {
        "id": candidate.pk,
        "last_name": candidate.birth_name,
        "first_name": candidate.first_name,
        "birthdate": candidate.birthdate,
        "extra_time_percent": candidate.extra_time_percent,
        "authorized_until": candidate.authorized_until,
        "state": candidate.state,
        "started_at": candidate.started_at,
        "ends_at": candidate.ends_at,
        "ended_at": candidate.ended_at,
        "away_since": candidate.away_since,
        "asks_resume_at": candidate.asks_resume_at,
        "alert_question": candidate.alert_question,
        "alert_raised_at": candidate.alert_raised_at,
        "question": candidate.question,
    }


def version_tag(request: HttpRequest, number: str) -> str | None:
    """The session's version as an ETag, in one query; None for who may not see it."""
    sessions = Session.objects.filter(number=number, accesses__user=request.user.pk)
    found = sessions.filter(accesses__revoked_at=None).values_list("epoch", "version").first()
    return f'"{found[0]}:{found[1]}"' if found else None


urlpatterns = [
    path("salle/<number:number>/", whole_room),
    path("salle/<number:number>/si-neuf/", condition(etag_func=version_tag)(whole_room)),
    path("", include("pix_surveillance.urls")),
]
