"""The security log in the admin, for who administers the whole site; and what feeds it there."""

import json

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import security_log
from .admin_scope import ReadOnly
from .event_names import SECURITY_NAMES, name_of
from .models import SecurityEvent, User


class SecurityKind(admin.SimpleListFilter):
    title = _("événement")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(kind, capfirst(name)) for kind, name in SECURITY_NAMES.items()]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


class SecurityEventAdmin(ReadOnly):
    """Of accounts their address as it is today, by one query; of a deleted one its key."""

    list_display = ["hour", "what", "who", "session_number", "origin", "details"]
    list_filter = [SecurityKind, "at"]
    search_fields = ["session_number", "origin"]
    search_help_text = _("Numéro de session, provenance ou adresse e-mail entière d’un compte")
    fields = list_display
    readonly_fields = fields
    ordering = ["-at", "-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecurityEvent]:
        address = User.objects.filter(pk=OuterRef("user_ref")).values("email")[:1]
        return SecurityEvent.objects.annotate(account=Subquery(address))

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        found = Q(session_number=term.replace(" ", "")) | Q(origin=term) | Q(account__iexact=term)
        return (queryset.filter(found) if term else queryset), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return self.has_module_permission(request)

    @admin.display(description=_("le"), ordering="at")
    def hour(self, event):
        return f"{localtime(event.at):%d/%m/%Y %H:%M:%S}"

    @admin.display(description=_("événement"), ordering="kind")
    def what(self, event):
        return name_of(event.kind)

    @admin.display(description=_("compte"), ordering="user_ref")
    def who(self, event):
        return event.account or self._number(event)

    def _number(self, event) -> str:
        return gettext("compte n° %(key)s") % {"key": event.user_ref} if event.user_ref else "—"

    @admin.display(description=_("détails"))
    def details(self, event):
        return json.dumps(event.data, ensure_ascii=False) if event.data else "—"


class NotesRights(admin.ModelAdmin):
    """For what decides who may do what: each change is told to the security log, too."""

    def log_addition(self, request, obj, message):
        _note(request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        _note(request, obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request, queryset):
        for obj in queryset:
            _note(request, obj)
        return super().log_deletions(request, queryset)


def _note(request: HttpRequest, obj) -> None:
    security_log.note("rights_changed", request=request, model=obj._meta.label, key=obj.pk)
