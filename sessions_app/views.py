"""The pages of the supervisor's space: home, entry, board and its frames, health."""

from functools import partial

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from . import access, board, codes, colleagues, guesses, metrics, services
from .forms import EntryForm, first_error
from .live import hub
from .models import Session
from .refusals import Forbidden, Invalid, Malformed, TooOften, wants_page, when_to_retry

UNREADABLE = _("Cette page ne sait plus ce qu’elle affiche. Rechargez-la.")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    oversees = request.user.is_authenticated and access.centers_of(request.user).exists()
    return render(request, "home.html", {"oversees": oversees})


@access.account_required
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest) -> HttpResponse:
    """Number and code open the board; the sessions already entered are one tap away."""
    form, refusal = EntryForm(request.POST or None), None
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                return redirect("board", number=_enter(request, **_codes(form)).number)
            refusal = Invalid(first_error(form))
        except (Forbidden, Invalid, TooOften) as refused:
            refusal = refused
            form.add_error(None, refusal.sentence)
        if not wants_page(request):
            raise refusal
        status = refusal.status
    context = {"form": form, "sessions": access.entered_sessions(request.user)}
    context["oversees"] = access.centers_of(request.user).exists()
    response = render(request, "sessions_app/entry.html", context, status=status)
    return when_to_retry(response, refusal)


def _enter(request: HttpRequest, number: str, code: str) -> Session:
    """Guesses are counted; who has entered before is not kept out by those of others."""
    entered = access.numbers_entered(request.user)
    here = {"supervises": codes.clean(number) in entered, "is_known": bool(entered)}
    with guesses.at_entry(request, number, **here):
        return services.enter(request.user, number, code)


def _codes(form: EntryForm) -> dict:
    data = form.cleaned_data
    return {"number": data["session_number"], "code": data["supervisor_code"]}


@access.account_required
@require_GET
def show_board(request: HttpRequest, number: str) -> HttpResponse:
    shown = board.load(partial(access.supervised_session, request.user, number))
    context = {"board": shown, "now": hub.now()}
    return render(request, "sessions_app/board.html", context)


@access.account_required
@require_GET
def poll_board(request: HttpRequest, number: str) -> JsonResponse:
    """The frames that a socket would send, where WebSockets are refused.

    Without `epoch` and `v`: `hello`, then the whole board. With what the page shows: what it
    missed, if anything, then a heartbeat. Last, who else is here.
    """
    try:
        shown = board.shown_by(request.GET)
    except ValueError as error:
        raise Malformed(UNREADABLE) from error
    session = access.supervised_session(request.user, number)
    present = {"epoch": str(session.epoch), "v": session.version}
    if shown is None:
        frames = [_timed("hello", present), board.whole(session.pk)]
    elif shown == (present["epoch"], present["v"]):
        frames = [_timed("hb", present)]
    else:
        missed = board.missed(session.pk, *shown)
        present["v"] = missed["v"]
        frames = [missed, _timed("hb", present)]
    hub.leases.polled(session.pk, request.user.pk)
    others = colleagues.others(session.pk, request.user.pk)
    frames.append(colleagues.frame(**present, people=others))
    return JsonResponse({"frames": frames})


def _timed(kind: str, present: dict) -> dict:
    return {"type": kind, **present, "now": hub.now().isoformat()}


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes the supervisor's space a thing that a phone can install."""
    sizes = {
        "icons/logo.svg": "any",
        "icons/app-192.png": "192x192",
        "icons/app-512.png": "512x512",
    }
    icons = [{"src": static(path), "sizes": size} for path, size in sizes.items()]
    told = {
        "name": "Pix Surveillance",
        "short_name": "Surveillance",
        "lang": "fr",
        "start_url": reverse("entry"),
        "scope": "/",
        "display": "standalone",
        "theme_color": "#3538b8",
        "background_color": "#f3f4f9",
        "icons": [*icons, {**icons[-1], "purpose": "maskable"}],
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root of the site, whose pages it stands in for."""
    script = render(request, "sessions_app/worker.js", content_type="text/javascript")
    script["Cache-Control"] = "no-cache"
    return script


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """The process answers, reaches its database, and is not about to stop."""
    if hub.is_stopping:
        return JsonResponse({"status": "stopping"}, status=503)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_GET
def show_metrics(request: HttpRequest) -> HttpResponse:
    """How much this process carries; the web server in front keeps it for the operator."""
    text, content_type = metrics.as_text()
    return HttpResponse(text, content_type=content_type)
