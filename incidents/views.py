"""Alerts and incidents: the candidate's report, the supervisor's buttons."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from candidates.access import seated
from candidates.forms import ActionForm, cleaned
from candidates.supervisor_views import page_or_dialog, perform, perform_on_room
from sessions_app import access

from . import services
from .access import incident_of
from .forms import (
    AcceptAlertForm,
    AlertForm,
    CorrectionForm,
    IncidentForm,
    RejectAlertForm,
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
@require_GET
def incident(request: HttpRequest, number: str, incident_id: int) -> HttpResponse:
    """One line of the PV, to be corrected; as a page or in a dialog."""
    session = access.supervised_session(request.user, number)
    context = {"session": session, "incident": incident_of(session, incident_id)}
    return render(request, page_or_dialog(request, "incidents/incident"), context)


@access.account_required
@require_POST
def correct_incident(request, number, incident_id):
    return _on_incident(request, number, incident_id, CorrectionForm, services.correct_incident)


@access.account_required
@require_POST
def withdraw_incident(request, number, incident_id):
    return _on_incident(request, number, incident_id, ActionForm, services.withdraw_incident)


def _on_incident(request, number, incident_id, form_class, service) -> HttpResponse:
    session = access.supervised_session(request.user, number)
    line = incident_of(session, incident_id)
    return perform_on_room(request, number, form_class, partial(service, incident=line))
