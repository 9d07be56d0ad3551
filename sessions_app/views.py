"""The pages of the supervisor's space: home, entry, board, health."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from . import access, board, clock, services
from .forms import EntryForm, first_error
from .refusals import Invalid, wants_page


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


@access.account_required
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest) -> HttpResponse:
    """Number and code open the board; the sessions already entered are one tap away."""
    form = EntryForm(request.POST or None)
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                session = services.enter(request.user, **_codes(form))
                return redirect("board", number=session.number)
        except Invalid as refusal:
            form.add_error(None, refusal.sentence)
        if not wants_page(request):
            raise Invalid(first_error(form))
        status = 422
    context = {"form": form, "sessions": access.entered_sessions(request.user)}
    return render(request, "sessions_app/entry.html", context, status=status)


def _codes(form: EntryForm) -> dict:
    data = form.cleaned_data
    return {"number": data["session_number"], "code": data["supervisor_code"]}


@access.account_required
@require_GET
def show_board(request: HttpRequest, number: str) -> HttpResponse:
    session = access.supervised_session(request.user, number)
    with board.snapshot():
        context = {"board": board.load(session.pk), "now": clock.now()}
        return render(request, "sessions_app/board.html", context)


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """The process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
