"""Alerts, incidents and reports in the admin: shown, written from the room only."""

from django.contrib import admin
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _

from sessions_app.admin_scope import ReadOnly, local_hour

from . import admin_papers, admin_person  # noqa: F401 (each registers its own screen)
from .models import Alert, Incident, IncidentReport, Remark

STANDINGS = {
    "stands": _("en vigueur"),
    "corrected": _("corrigé"),
    "withdrawn": _("noté par erreur"),
}


@admin.register(Alert)
class AlertAdmin(ReadOnly):
    path_to_center = "candidate__session__center"
    list_display = ["raised", "room", "candidate", "question", "subject", "outcome"]
    list_select_related = ["candidate__session__center"]
    list_filter = [
        "subject",
        "outcome",
        ("candidate__session__center", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["candidate__sort_key", "candidate__session__number"]
    fields = [*list_display[:5], "text", "outcome", "closed", "who", "reply"]
    readonly_fields = fields
    ordering = ["-raised_at", "-pk"]

    @admin.display(description=_("session"), ordering="candidate__session__number")
    def room(self, alert):
        return alert.candidate.session

    @admin.display(description=_("signalé à"), ordering="raised_at")
    def raised(self, alert):
        return local_hour(alert.raised_at, alert.candidate.session)

    @admin.display(description=_("traité à"), ordering="closed_at")
    def closed(self, alert):
        return local_hour(alert.closed_at, alert.candidate.session)

    @admin.display(description=_("traité par"))
    def who(self, alert):
        return alert.closed_by or "—"


class Standing(admin.SimpleListFilter):
    """Corrected and withdrawn lines are kept: only the last of each stands."""

    title = _("état")
    parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [(name, capfirst(label)) for name, label in STANDINGS.items()]

    def queryset(self, request, queryset):
        chosen = {
            "stands": {"withdrawn": False, "correction": None},
            "corrected": {"correction__isnull": False},
            "withdrawn": {"withdrawn": True},
        }
        return queryset.filter(**chosen.get(self.value(), {}))


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    path_to_center = "session__center"
    list_display = ["hour", "session", "candidate", "category", "question", "author", "standing"]
    list_select_related = ["session__center", "candidate", "author", "correction"]
    list_filter = [
        Standing,
        "category",
        ("session", admin.RelatedOnlyFieldListFilter),
        ("author", admin.RelatedOnlyFieldListFilter),
        ("session__center", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["session__number", "candidate__sort_key", "text"]
    fields = [*list_display, "text"]
    readonly_fields = fields
    ordering = ["-occurred_at", "-pk"]

    @admin.display(description=_("survenu à"), ordering="occurred_at")
    def hour(self, incident):
        return local_hour(incident.occurred_at, incident.session)

    @admin.display(description=_("état"))
    def standing(self, incident):
        if incident.withdrawn:
            return STANDINGS["withdrawn"]
        return STANDINGS["corrected" if hasattr(incident, "correction") else "stands"]


@admin.register(Remark)
class RemarkAdmin(ReadOnly):
    path_to_center = "session__center"
    list_display = ["session", "author", "hour", "start"]
    list_select_related = ["session__center", "author"]
    list_filter = [("session__center", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["session__number", "text"]
    fields = ["session", "author", "hour", "text"]
    readonly_fields = fields
    ordering = ["-changed_at", "-pk"]

    @admin.display(description=_("modifié à"), ordering="changed_at")
    def hour(self, remark):
        return local_hour(remark.changed_at, remark.session)

    @admin.display(description=_("texte"))
    def start(self, remark):
        return Truncator(remark.text).chars(80)


@admin.register(IncidentReport)
class IncidentReportAdmin(ReadOnly):
    path_to_center = "session__center"
    list_display = ["room", "hour", "signed_name", "signed_role"]
    list_select_related = ["session__center", "signed_by"]
    list_filter = [("session__center", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["session__number", "signed_name"]
    fields = [*list_display, "signed_by", "journal_digest", "pdf_sha256"]
    readonly_fields = fields
    ordering = ["-signed_at", "-pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("pdf")

    @admin.display(description=_("session"), ordering="session__number")
    def room(self, report):
        return report.session

    @admin.display(description=_("signé à"), ordering="signed_at")
    def hour(self, report):
        return local_hour(report.signed_at, report.session)
