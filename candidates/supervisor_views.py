"""The supervisor's buttons: each view reads its form and hands it to one service.

One candidate: `POST /surveillance/<number>/candidats/<id>/<action>/`. Several: the same without
`candidats/<id>`, `candidate=` repeated. `perform` does the rest for all of them.
"""

import re

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sessions_app import access, board, commands
from sessions_app.refusals import Conflict, Malformed, Refusal, wants_page

from . import claims, end_reasons, enrolment, lost_time, services
from .enrolment_fields import AddCandidateForm
from .forms import (
    ActionForm,
    ClaimForm,
    EndTestForm,
    MinutesForm,
    PauseForm,
    ResumeForm,
    UndoTimeForm,
    cleaned,
)


@access.account_required
@require_POST
def authorize_start(request, number, candidate_id=None):
    return perform(request, number, candidate_id, ActionForm, services.authorize_start)


@access.account_required
@require_POST
def withdraw_start(request, number, candidate_id=None):
    return perform(request, number, candidate_id, ActionForm, services.withdraw_start)


@access.account_required
@require_POST
def authorize_resume(request, number, candidate_id=None):
    return perform(request, number, candidate_id, ResumeForm, services.authorize_resume)


@access.account_required
@require_POST
def add_time(request, number, candidate_id=None):
    return perform(request, number, candidate_id, MinutesForm, services.add_time)


@access.account_required
@require_POST
def undo_time(request, number, candidate_id=None):
    return perform(request, number, candidate_id, UndoTimeForm, services.undo_time)


@access.account_required
@require_POST
def end_test(request, number, candidate_id=None):
    return perform(request, number, candidate_id, EndTestForm, services.end_test)


@access.account_required
@require_POST
def explain_end(request, number, candidate_id=None):
    return perform(request, number, candidate_id, EndTestForm, services.explain_end)


@access.account_required
@require_POST
def claim(request, number, candidate_id=None):
    return perform(request, number, candidate_id, ClaimForm, claims.claim)


@access.account_required
@require_POST
def release(request, number, candidate_id=None):
    return perform(request, number, candidate_id, ActionForm, claims.release)


@access.account_required
@require_POST
def pause_room(request, number):
    return perform_on_room(request, number, PauseForm, services.pause_room)


@access.account_required
@require_POST
def resume_room(request, number):
    return perform_on_room(request, number, ActionForm, services.resume_room)


@access.account_required
@require_POST
def add_candidate(request, number):
    return perform_on_room(request, number, AddCandidateForm, enrolment.add)


@access.account_required
@require_GET
def sheet(request: HttpRequest, number: str, candidate_id: int) -> HttpResponse:
    """Everything about one candidate and every action possible now, as a page or in a dialog."""
    session = access.supervised_session(request.user, number)
    candidate = access.candidate_of(session, candidate_id)
    context = {
        "session": session,
        "candidate": candidate,
        "grants": candidate.time_grants.select_related("author", "undone_by"),
        "incidents": candidate.incidents.select_related("author", "correction"),
        "lost": lost_time.of(candidate),
        "chosen": request.GET.get("action", ""),
        "end_reasons": end_reasons.OFFERED,
    }
    return render(request, page_or_dialog(request, "candidates/sheet"), context)


@access.account_required
@require_GET
def group_sheet(request: HttpRequest, number: str) -> HttpResponse:
    """The actions for several candidates at once (`candidate=` repeated)."""
    session = access.supervised_session(request.user, number)
    candidates = access.candidates_of(session, _named(request.GET.getlist("candidate")))
    context = {"session": session, "candidates": candidates, "end_reasons": end_reasons.OFFERED}
    context["chosen"] = request.GET.get("action", "")
    return render(request, page_or_dialog(request, "candidates/group"), context)


@access.account_required
@require_GET
def room_sheet(request: HttpRequest, number: str) -> HttpResponse:
    """The actions on the room as a whole: pause, resume, an incident of everyone."""
    session = access.supervised_session(request.user, number)
    context = {"session": session, "chosen": request.GET.get("action", "")}
    return render(request, page_or_dialog(request, "candidates/room"), context)


BACK = {"report", "closing"}


class HttpResponseSeeOther(HttpResponseRedirect):
    status_code = 303


def page_or_dialog(request: HttpRequest, name: str) -> str:
    return f"{name}.html" if wants_page(request) else f"{name}_dialog.html"


def perform(request, number, candidate_id, form_class, service) -> HttpResponse:
    """Check, do once, answer: the spine of every action on one or several candidates."""
    session = access.supervised_session(request.user, number)
    values = cleaned(form_class(request.POST))
    seen = values.pop("row_version")
    if candidate_id is not None:
        candidates = [access.candidate_of(session, candidate_id)]
    else:
        candidates = access.candidates_of(session, _named(request.POST.getlist("candidate")))

    def act() -> dict:
        return _act_on_all(candidates, service, user=request.user, seen=seen, **values)

    try:
        done = commands.run_once(session, request.user, request.path, request.POST, act)
    except Conflict as refusal:
        # The person acted on what they saw: the answer shows how it is.
        refusal.details |= board.fresh_rows(session.pk, {each.pk for each in candidates})
        raise
    return answer(request, number, done)


def perform_on_room(request, number, form_class, service) -> HttpResponse:
    session = access.supervised_session(request.user, number)
    values = cleaned(form_class(request.POST))
    values.pop("row_version", None)

    def act() -> dict:
        service(session, user=request.user, **values)
        return {"done": [], "refused": []}

    done = commands.run_once(session, request.user, request.path, request.POST, act)
    return answer(request, number, done)


def _act_on_all(candidates, service, **values) -> dict:
    """Act on each; who could not is named with the reason. Nobody at all: `Conflict`."""
    done, refused = [], []
    for candidate in candidates:
        try:
            with transaction.atomic():
                service(candidate, **values)
            done.append(candidate.pk)
        except Conflict as refusal:
            if len(candidates) == 1:
                raise
            refused.append({"candidate": candidate.pk, "message": _naming(candidate, refusal)})
    if not done:
        raise Conflict(" ".join(each["message"] for each in refused), refused=refused)
    return {"done": done, "refused": refused}


def _naming(candidate, refusal: Refusal) -> str:
    return f"{candidate.display_name} : {refusal.sentence}"


def _named(raw_ids: list[str]) -> list[int]:
    if not raw_ids or not all(re.fullmatch("[0-9]{1,18}", raw) for raw in raw_ids):
        raise Malformed(_("Choisissez au moins un candidat."))
    return [int(raw) for raw in raw_ids]


def answer(request: HttpRequest, number: str, done: dict) -> HttpResponse:
    """JSON to our scripts and to programs; a plain form goes back (303) to the board, or to the
    page of the room that it names as `back`."""
    if not wants_page(request):
        return JsonResponse(done)
    for each in done["refused"]:
        messages.warning(request, each["message"])
    back = request.POST.get("back")
    return HttpResponseSeeOther(reverse(back if back in BACK else "board", args=[number]))
