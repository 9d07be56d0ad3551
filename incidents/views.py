"""Alerts, incidents and the PV: the candidate's report, the supervisor's buttons, the page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from candidates.access import seated
from candidates.forms import cleaned
from candidates.supervisor_views import perform, perform_on_room
from sessions_app import access

from . import remark_services, services
from .draft import draft
from .forms import (
    AcceptAlertForm,
    AlertForm,
    IncidentForm,
    RejectAlertForm,
    RemarksForm,
    RoomIncidentForm,
)


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
    """Of those named by `candidate=`, repeated; of the room without it."""
    if request.POST.getlist("candidate"):
        return perform(request, number, None, IncidentForm, services.note_incident)
    return perform_on_room(request, number, RoomIncidentForm, services.note_room_incident)


@access.account_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The PV as it stands, and the words of the supervisor who reads it."""
    session = access.supervised_session(request.user, number)
    if request.method == "POST":
        words = cleaned(RemarksForm(request.POST))
        remark_services.save_remark(
            session, user=request.user, text=words["remarks"], seen=words["version"]
        )
        return redirect("report", number=number)
    mine = session.pv_remarks.filter(author=request.user).first()
    context = {"session": session, "report": draft(session), "mine": mine}
    return render(request, "incidents/report.html", context)
