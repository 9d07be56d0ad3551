"""Candidates, their time, and the sessions with their lists in the admin."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.access import centers_of
from sessions_app.admin_filters import WhenOfSession
from sessions_app.admin_scope import CenterScoped, kept_by, local_hour
from sessions_app.models import Session, SessionEvent

from . import end_reasons, enrolment
from .admin_forms import IDENTITY, CandidateForm
from .admin_list import SessionWithListAdmin
from .admin_timing import TimeGrantAdmin, TimerAdmin
from .identity import match_key
from .models import Candidate, TimeGrant, Timer
from .states import State
from .templatetags.candidate_rows import percent as written_percent

admin.site.register(Session, SessionWithListAdmin)
admin.site.register(Timer, TimerAdmin)
admin.site.register(TimeGrant, TimeGrantAdmin)

BY_SUPERVISOR = _("%(hour)s, par le surveillant")


class HasExtraTime(admin.SimpleListFilter):
    title = _("temps majoré")
    parameter_name = "extra"

    def lookups(self, request, model_admin):
        return [("yes", _("avec")), ("no", _("sans"))]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.filter(extra_time_percent__gt=0)
        return queryset.filter(extra_time_percent=0) if self.value() == "no" else queryset


@admin.register(Candidate)
class CandidateAdmin(CenterScoped):
    adding = _("Inscrire un candidat")
    form = CandidateForm
    path_to_center = "session__center"
    list_display = ["name", "session", "birthdate", "extra_time", "state"]
    list_filter = [
        WhenOfSession,
        "state",
        HasExtraTime,
        ("session__center", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["sort_key", "external_id", "session__number"]
    search_help_text = _("Nom, prénom, identifiant externe ou numéro de session")
    ordering = ["-session__date", "session", "sort_key"]
    autocomplete_fields = ["session"]
    identity = (
        _("Inscription"),
        {"fields": ["session", ("birth_name", "first_name"), *IDENTITY[2:], "extra_time_percent"]},
    )
    progress = (_("Déroulement"), {"fields": ["state", "started", "ends", "granted", "ended"]})

    def get_queryset(self, request):
        return super().get_queryset(request).with_facts().select_related("session__center")

    def get_fieldsets(self, request, obj=None):
        return [self.identity, self.progress] if obj else [self.identity]

    def get_readonly_fields(self, request, obj=None):
        shown = self.progress[1]["fields"]
        return ["session", *shown] if obj else shown

    def get_deleted_objects(self, objs, request):
        journal = SessionEvent.objects.filter(candidate__in=[person.pk for person in objs])
        return kept_by(journal) or super().get_deleted_objects(objs, request)

    def get_search_results(self, request, queryset, search_term):
        """Each word, without accents or case, in any order."""
        for word in search_term.split():
            found = Q(external_id__icontains=word) | Q(session__number__contains=word)
            if key := match_key(word):
                found |= Q(sort_key__contains=key)
            queryset = queryset.filter(found)
        return queryset, False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "session":
            sessions = Session.objects.exclude(state=Session.State.FINALIZED)
            kwargs["queryset"] = sessions.filter(center__in=centers_of(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        is_over = obj is not None and (
            obj.state == State.FINISHED or obj.session.state == Session.State.FINALIZED
        )
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        if not change:
            enrolment.enrol(obj, user=request.user)
        elif form.changed_data:
            enrolment.correct(obj, form.changed_data, user=request.user)

    def delete_model(self, request, obj):
        enrolment.remove(obj, user=request.user)

    def delete_queryset(self, request, queryset):
        for candidate in queryset:
            enrolment.remove(candidate, user=request.user)

    @admin.display(description=_("candidat"), ordering="sort_key")
    def name(self, candidate):
        return candidate.display_name

    @admin.display(description=_("temps majoré"), ordering="extra_time_percent")
    def extra_time(self, candidate):
        percent = candidate.extra_time_percent
        return f"+{written_percent(percent)}" if percent else "—"

    @admin.display(description=_("commencé à"))
    def started(self, candidate):
        return local_hour(candidate.started_at, candidate.session)

    @admin.display(description=_("heure de fin"))
    def ends(self, candidate):
        return local_hour(candidate.ends_at, candidate.session)

    @admin.display(description=_("temps ajouté"))
    def granted(self, candidate):
        return f"{candidate.granted_minutes} min" if candidate.granted_minutes else "—"

    @admin.display(description=_("terminé à"))
    def ended(self, candidate):
        if not candidate.ended_at:
            return "—"
        hour = local_hour(candidate.ended_at, candidate.session)
        if candidate.ended_by == Candidate.EndedBy.SYSTEM:
            return _("%(hour)s, fin automatique") % {"hour": hour}
        by_themselves = candidate.ended_by == Candidate.EndedBy.CANDIDATE
        who = _("%(hour)s, par le candidat") if by_themselves else BY_SUPERVISOR
        told = who % {"hour": hour}
        reason = end_reasons.shown(candidate.end_reason)
        return f"{told} ({reason})" if reason else told
