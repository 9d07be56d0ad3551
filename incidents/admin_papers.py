"""The papers of several sessions at once, from the list of sessions: one PDF to print."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from candidates.admin_list import SessionWithListAdmin
from sessions_app import kit
from sessions_app.models import Session

from . import papers

MOST_SESSIONS = 50  # about a second of work, and two hundred pages
TOO_MANY = _("Choisissez %(most)s sessions au plus : elles sont imprimées en une fois.")


class SessionWithPapersAdmin(SessionWithListAdmin):
    """Registered in the place of the plain one, by the app that knows every paper."""

    actions = ["print_kits", "print_attendance", *SessionWithListAdmin.actions]

    @admin.action(description=_("Imprimer les kits (un seul PDF)"), permissions=["view"])
    def print_kits(self, request, queryset):
        origin = kit.origin_of(request)
        return self._printed(
            request, queryset, "kits", lambda sessions: kit.kits_pdf(sessions, origin)
        )

    @admin.action(
        description=_("Imprimer les feuilles d’émargement (un seul PDF)"), permissions=["view"]
    )
    def print_attendance(self, request, queryset):
        return self._printed(request, queryset, "emargements", papers.attendance_pdf)

    def _printed(self, request: HttpRequest, queryset, name: str, build) -> HttpResponse | None:
        """In the order of the day, as a file: the list stays where it is."""
        rooms = queryset.order_by("date", "start_time", "site", "room", "number")
        sessions: list[Session] = list(rooms[: MOST_SESSIONS + 1])
        if len(sessions) > MOST_SESSIONS:
            messages.warning(request, TOO_MANY % {"most": MOST_SESSIONS})
            return None
        response = HttpResponse(build(sessions), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
        return response


admin.site.unregister(Session)
admin.site.register(Session, SessionWithPapersAdmin)
