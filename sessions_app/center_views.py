"""All of today's rooms of a centre on one page, for its administrators."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from . import access, center_rooms
from .live import hub
from .refusals import Missing

NO_CENTER = _("Vous n’administrez aucun centre.")


@access.account_required
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Straight to the only centre, or the list of them."""
    centers = list(access.centers_of(request.user))
    if not centers:
        raise Missing(NO_CENTER)
    if len(centers) == 1:
        return redirect("center-rooms", center_id=centers[0].pk)
    return render(request, "sessions_app/centers.html", {"centers": centers})


@access.account_required
@require_GET
def show(request: HttpRequest, center_id: int) -> HttpResponse:
    center = access.center_of(request.user, center_id)
    now = hub.now()
    context = {"center": center, "lines": center_rooms.lines([center.pk]), "now": now}
    context["waiting"] = sum(line.count > 0 for line in context["lines"])
    context["day"] = now.astimezone(ZoneInfo(center.time_zone)).date()
    return render(request, "sessions_app/center.html", context)


@access.account_required
@require_GET
def poll(request: HttpRequest, center_id: int) -> JsonResponse:
    """The frames that a socket would send, where WebSockets are refused: whole rooms each time."""
    center = access.center_of(request.user, center_id)
    frame, _ = center_rooms.frame(center.pk)
    return JsonResponse({"frames": [frame]})
