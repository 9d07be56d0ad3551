"""The PV and the closing of a session: two pages, the words typed there, the signature."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from candidates import end_reasons
from candidates.forms import cleaned
from candidates.supervisor_views import answer
from sessions_app import access, commands
from sessions_app.models import Session
from sessions_app.reauthentication import confirm_password
from sessions_app.refusals import Conflict, Refusal, wants_page

from . import checklist, narrowing, remark_services
from . import closing as closing_services
from .draft import draft, former
from .forms import RemarksForm, SignatureForm
from .models import IncidentReport


@access.account_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The PV as it stands; posted to, it keeps the words of the supervisor who reads it."""
    session = access.supervised_session(request.user, number)
    if request.method == "POST":
        return _save_words(request, session)
    return _show_report(request, session, session.pv_remarks.filter(author=request.user).first())


def _save_words(request: HttpRequest, session: Session) -> HttpResponse:
    sent = cleaned(RemarksForm(request.POST))
    words = {"text": sent["remarks"], "seen": sent["version"]}
    try:
        kept = remark_services.save_remark(session, user=request.user, **words)
    except Conflict as refusal:
        if wants_page(request) and "version" in refusal.details:
            mine = {"text": sent["remarks"], "version": refusal.details["version"]}
            return _show_report(request, session, mine, refusal)
        raise
    if wants_page(request):
        return redirect("report", number=session.number)
    return JsonResponse({"version": kept.version})


def _show_report(request: HttpRequest, session: Session, mine, refusal=None) -> HttpResponse:
    """`mine` has the text and version of the reader's own words; `refusal` says why not."""
    whole = draft(session)
    chosen = {name: request.GET.get(name, "") for name in ("candidate", "category")}
    context = {
        "session": session,
        "report": narrowing.narrowed(whole, **chosen),
        "chosen": chosen,
        "categories": narrowing.choices(whole),
        "mine": mine,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "incidents/report.html", context, status=status)


@access.account_required
@require_GET
def closing(request: HttpRequest, number: str) -> HttpResponse:
    """What is still open, with a button for each, then the signature."""
    session = access.supervised_session(request.user, number)
    return _show_closing(request, session, SignatureForm(initial={"name": request.user.name}))


def _show_closing(request: HttpRequest, session, form, status: int = 200) -> HttpResponse:
    is_final = session.state == Session.State.FINALIZED
    items = [] if is_final else checklist.still_open(session)
    signed = IncidentReport.objects.filter(session=session).defer("pdf") if is_final else []
    context = {
        "session": session,
        "is_final": is_final,
        "items": items,
        "is_ready": not any(item.is_blocking for item in items),
        "signed": signed,
        "form": form,
        "reasons": end_reasons.MANDATORY,
        "former": former(session),
        "reopens": is_final and access.administers(request.user, session),
    }
    return render(request, "incidents/closing.html", context, status=status)


@access.account_required
@require_POST
def finalize(request: HttpRequest, number: str) -> HttpResponse:
    """Sign, with the password again, and close for good; a person who erred keeps the page."""
    session = access.supervised_session(request.user, number)
    form = SignatureForm(request.POST)
    try:
        values = cleaned(form)
        confirm_password(request, values.pop("password"))

        def act() -> dict:
            closing_services.finalize(session, user=request.user, **values)
            return {"done": [], "refused": []}

        done = commands.run_once(session, request.user, request.path, request.POST, act)
    except Refusal as refusal:
        if not wants_page(request) or session.state == Session.State.FINALIZED:
            raise
        if form.is_valid():
            form.add_error(None, refusal.sentence)
        return _show_closing(request, session, form, refusal.status)
    return answer(request, number, done)
