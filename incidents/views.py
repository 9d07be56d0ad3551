"""Alerts, incidents and the PV: the candidate's report, the supervisor's buttons, the page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import seated
from candidates.forms import cleaned
from candidates.supervisor_views import perform, perform_on_room
from sessions_app import access

from . import services
from .forms import (
    AcceptAlertForm,
    AlertForm,
    IncidentForm,
    RejectAlertForm,
    RemarksForm,
    RoomIncidentForm,
)
from .models import IncidentReport


@require_POST
def raise_alert(request: HttpRequest) -> HttpResponse:
    candidate, seat = seated(request)
    services.raise_alert(candidate, seat, **cleaned(AlertForm(request.POST)))
    return redirect("test")


@access.account_required
@require_POST
def accept_alert(request, number, candidate_id):
    return perform(request, number, candidate_id, AcceptAlertForm, services.accept_alert)


@access.account_required
@require_POST
def reject_alert(request, number, candidate_id):
    return perform(request, number, candidate_id, RejectAlertForm, services.reject_alert)


@access.account_required
@require_POST
def note_incident(request, number, candidate_id):
    return perform(request, number, candidate_id, IncidentForm, services.note_incident)


@access.account_required
@require_POST
def note_room_incident(request, number):
    return perform_on_room(request, number, RoomIncidentForm, services.note_room_incident)


@access.account_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The PV as it stands: the incidents of the session and the supervisors' own words."""
    session = access.supervised_session(request.user, number)
    if request.method == "POST":
        services.save_remarks(session, user=request.user, **cleaned(RemarksForm(request.POST)))
        return redirect("report", number=number)
    context = {
        "session": session,
        "incidents": session.incidents.select_related("candidate", "author"),
        "report": IncidentReport.objects.filter(session=session).first(),
    }
    return render(request, "incidents/report.html", context)
