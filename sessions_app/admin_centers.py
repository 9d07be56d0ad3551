"""Centres in the admin: prepared by superusers, shown to their own administrators."""

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from .admin_scope import CenterScoped
from .admin_security import NotesRights

FRANCE = [
    ("Europe/Paris", _("Métropole")),
    ("America/Guadeloupe", _("Guadeloupe")),
    ("America/Martinique", _("Martinique")),
    ("America/Cayenne", _("Guyane")),
    ("Indian/Reunion", _("La Réunion")),
    ("Indian/Mayotte", _("Mayotte")),
    ("America/Miquelon", _("Saint-Pierre-et-Miquelon")),
    ("America/St_Barthelemy", _("Saint-Barthélemy")),
    ("America/Marigot", _("Saint-Martin")),
    ("Pacific/Noumea", _("Nouvelle-Calédonie")),
    ("Pacific/Tahiti", _("Polynésie (Tahiti)")),
    ("Pacific/Marquesas", _("Polynésie (Marquises)")),
    ("Pacific/Gambier", _("Polynésie (Gambier)")),
    ("Pacific/Wallis", _("Wallis-et-Futuna")),
]


def time_zone_choices() -> list[tuple]:
    others = sorted(available_timezones() - dict(FRANCE).keys())
    return [("France", FRANCE), (_("Ailleurs"), [(name, name) for name in others])]


class CenterAdmin(NotesRights, CenterScoped):
    adding = _("Ajouter un centre")
    path_to_center = "pk"
    list_display = ["name", "external_id", "time_zone"]
    search_fields = ["name", "external_id"]
    fields = ["name", "external_id", "time_zone"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "time_zone":
            kwargs["widget"] = forms.Select(choices=time_zone_choices())
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser
