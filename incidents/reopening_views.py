"""Reopening a finalised session: an administrator of the centre, with a reason."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from candidates.forms import cleaned
from candidates.supervisor_views import HttpResponseSeeOther
from sessions_app import access, commands, second_factor
from sessions_app.documents import page
from sessions_app.reauthentication import confirm_password
from sessions_app.refusals import Refusal, wants_page

from . import closing, documents
from .draft import former
from .forms import ReopeningForm


@access.account_required
@require_http_methods(["GET", "POST"])
def reopening(request: HttpRequest, number: str) -> HttpResponse:
    """Why, with the password again; then the room is open as it was left."""
    session = access.administered_session(request.user, number)
    if not second_factor.is_shown(request):
        back = urlencode({"next": request.path})
        return redirect(f"{reverse('admin:login')}?{back}")
    form = ReopeningForm(request.POST or None)
    if request.method == "GET":
        return _page(request, session, form)
    try:
        values = cleaned(form)
        confirm_password(request, values.pop("password"))

        def act() -> dict:
            closing.reopen(session, user=request.user, **values)
            return {}

        commands.run_once(session, request.user, request.path, request.POST, act)
    except Refusal as refusal:
        if not wants_page(request):
            raise
        if form.is_valid():
            form.add_error(None, refusal.sentence)
        return _page(request, session, form, refusal.status)
    return HttpResponseSeeOther(reverse("report", args=[number]))


def _page(request: HttpRequest, session, form, status: int = 200) -> HttpResponse:
    context = {"session": session, "form": form, "former": former(session)}
    context["is_final"] = session.state == session.State.FINALIZED
    return render(request, "incidents/reopening.html", context, status=status)


@page
def former_report_pdf(request: HttpRequest, number: str, rank: int):
    """The bytes that were signed before the session was reopened."""
    session = access.supervised_session(request.user, number)
    return f"pv-{number}-{rank}", documents.former_pdf(session, rank)
