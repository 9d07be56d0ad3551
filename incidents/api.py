"""What programs read with the login of an account: see `docs/api.md`."""

from datetime import date

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from sessions_app import access
from sessions_app.models import Session
from sessions_app.refusals import Malformed

SCHEMA = "pix-surveillance/sessions"
SCHEMA_VERSION = 1
NO_DATE = _("La date s’écrit AAAA-MM-JJ, par exemple 2026-11-26.")


@access.account_required
@require_GET
def index(request: HttpRequest) -> JsonResponse:
    """The sessions of `?date=AAAA-MM-JJ` (today otherwise) that the account reaches, by hour.

    400 for what is no date.
    """
    day = _day(request.GET.get("date"))
    sessions = access.sessions_of(request.user).filter(date=day).order_by("start_time", "number")
    return JsonResponse({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "date": day.isoformat(),
        "sessions": [_told(session) for session in sessions],
    })  # fmt: skip


def _day(asked: str | None) -> date:
    if asked is None:
        return localdate()
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise Malformed(NO_DATE) from None


def _told(session: Session) -> dict:
    pages = {"board": "board", "live": "board-live", "session": "session-json", "kit": "kit-pdf"}
    pages |= {"attendance": "attendance-pdf", "report": "report-pdf"}
    return {
        "number": session.number,
        "center": session.center.name,
        "site": session.site,
        "room": session.room,
        "starts_at": session.scheduled_start.isoformat(),
        "duration_minutes": session.duration_minutes,
        "state": session.state,
        "version": session.version,
        "links": {key: reverse(name, args=[session.number]) for key, name in pages.items()},
    }
