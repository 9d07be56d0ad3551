"""Django's admin under our name."""

from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from sessions_app import access, center_rooms, second_factor

SET_IT_UP = _(
    "L’administration demande une double authentification. Activez une application ou ajoutez une"
    " clé, puis revenez."
)
ORDER = [
    "Session",
    "Center",
    "Membership",
    "Invitation",
    "User",
    "SupervisorAccess",
    "SessionEvent",
    "SecurityEvent",
    "Candidate",
    "TimeGrant",
    "Timer",
    "Incident",
    "IncidentReport",
    "Alert",
]


class AdminSite(admin.AdminSite):
    site_header = site_title = _("Pix Surveillance · administration")
    index_title = _("Préparer les sessions")

    def has_permission(self, request):
        return super().has_permission(request) and second_factor.is_shown(request)

    def login(self, request, extra_context=None):
        """Reached by whoever may not enter yet; accounts log in on their own page (`urls`)."""
        if super().has_permission(request) and not second_factor.is_shown(request):
            if not second_factor.is_set_up(request):
                messages.info(request, SET_IT_UP)
                return redirect("mfa_index")
            back = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
            query = urlencode({REDIRECT_FIELD_NAME: back})
            return redirect(f"{reverse('mfa_reauthenticate')}?{query}")
        return super().login(request, extra_context)

    def index(self, request, extra_context=None):
        """Today's sessions first, as they live, then what can be prepared."""
        centers = list(access.centers_of(request.user))
        lines = center_rooms.lines([center.pk for center in centers])
        today = {"lines": lines, "centers": centers, "many": len(centers) > 1}
        today["today_sessions"] = [line.session for line in lines]
        return super().index(request, today | (extra_context or {}))

    def get_app_list(self, request, app_label=None):
        """What is prepared first, then what happened, in the order of the day."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"]))
        return sorted(apps, key=lambda app: _place(app["models"][0]["object_name"]))


def _place(model: str) -> int:
    return ORDER.index(model) if model in ORDER else len(ORDER)
