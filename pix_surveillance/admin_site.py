"""Django's admin under our name."""

from django.contrib import admin
from django.contrib.admin import apps

ORDER = [
    "Session",
    "Center",
    "User",
    "SupervisorAccess",
    "SessionEvent",
    "Candidate",
    "TimeGrant",
    "Timer",
    "Incident",
    "IncidentReport",
    "Alert",
]


class AdminSite(admin.AdminSite):
    site_header = site_title = "Pix Surveillance · administration"
    index_title = "Préparer les sessions"

    def get_app_list(self, request, app_label=None):
        """What is prepared first, then what happened, in the order of the day."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"]))
        return sorted(apps, key=lambda app: _place(app["models"][0]["object_name"]))


def _place(model: str) -> int:
    return ORDER.index(model) if model in ORDER else len(ORDER)


class AdminConfig(apps.AdminConfig):
    default_site = "pix_surveillance.admin_site.AdminSite"
