"""Centres in the admin: prepared by superusers, shown to their own administrators."""

from zoneinfo import available_timezones

from django import forms

from .admin_scope import CenterScoped

FRANCE = [
    ("Europe/Paris", "Métropole"),
    ("America/Guadeloupe", "Guadeloupe"),
    ("America/Martinique", "Martinique"),
    ("America/Cayenne", "Guyane"),
    ("Indian/Reunion", "La Réunion"),
    ("Indian/Mayotte", "Mayotte"),
    ("America/Miquelon", "Saint-Pierre-et-Miquelon"),
    ("America/St_Barthelemy", "Saint-Barthélemy"),
    ("America/Marigot", "Saint-Martin"),
    ("Pacific/Noumea", "Nouvelle-Calédonie"),
    ("Pacific/Tahiti", "Polynésie (Tahiti)"),
    ("Pacific/Marquesas", "Polynésie (Marquises)"),
    ("Pacific/Gambier", "Polynésie (Gambier)"),
    ("Pacific/Wallis", "Wallis-et-Futuna"),
]


def time_zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    others = sorted(available_timezones() - dict(FRANCE).keys())
    return [("France", FRANCE), ("Ailleurs", [(name, name) for name in others])]


class CenterAdmin(CenterScoped):
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
