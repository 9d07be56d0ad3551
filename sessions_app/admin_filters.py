"""Filters of the admin's lists that Django does not have."""

from django.contrib import admin
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from .event_names import NAMES
from .models import SessionEvent


class When(admin.SimpleListFilter):
    """Sessions to come first in mind; `path` leads to their date."""

    title = _("date")
    parameter_name = "when"
    path = "date"
    lookups_of = {"past": "lt", "today": "exact", "soon": "gt"}

    def lookups(self, request, model_admin):
        return [("today", _("aujourd’hui")), ("soon", _("à venir")), ("past", _("passées"))]

    def queryset(self, request, queryset):
        lookup = self.lookups_of.get(self.value() or "")
        return queryset.filter(**{f"{self.path}__{lookup}": localdate()}) if lookup else queryset


class WhenOfSession(When):
    path = "session__date"


class Kind(admin.SimpleListFilter):
    title = _("événement")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return sorted(NAMES.items(), key=lambda named: named[1])

    def queryset(self, request, queryset):
        return queryset.filter(type=self.value()) if self.value() else queryset


class Author(admin.SimpleListFilter):
    title = _("auteur")
    parameter_name = "by"

    def lookups(self, request, model_admin):
        return SessionEvent.Actor.choices

    def queryset(self, request, queryset):
        return queryset.filter(actor=self.value()) if self.value() else queryset
