"""Centres, sessions, accounts and the journal in the admin."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTimeWidget
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from . import codes, preparation
from .access import centers_of
from .admin_accounts import UserAdmin
from .admin_centers import CenterAdmin
from .admin_filters import When
from .admin_journal import SessionEventAdmin, SupervisorAccessAdmin
from .admin_people import InvitationAdmin, MembershipAdmin
from .admin_scope import CenterScoped, kept_by, only_center_of
from .admin_security import SecurityEventAdmin
from .admin_session_form import SessionForm
from .memberships import Invitation, Membership
from .models import Center, SecurityEvent, Session, SessionEvent, SupervisorAccess, User

# Rights hang on centres, not on lists of permissions; factors and logins are their owner's, and
# the address of an account is changed with the account.
OWN = (EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken)
for model in (Group, *OWN):
    admin.site.unregister(model)
admin.site.register(User, UserAdmin)
admin.site.register(Center, CenterAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(Invitation, InvitationAdmin)
admin.site.register(SupervisorAccess, SupervisorAccessAdmin)
admin.site.register(SessionEvent, SessionEventAdmin)
admin.site.register(SecurityEvent, SecurityEventAdmin)
UNCHANGED = _("La session %(number)s est finalisée : rien n’y a changé.")


class SessionAdmin(CenterScoped):
    """Registered in `candidates.admin`, which adds the candidates and the import."""

    form = SessionForm
    adding = _("Ajouter une session")
    list_display = ["shown_number", "room", "date", "hour", "site", "state", "candidate_count"]
    list_filter = [When, "state", ("center", admin.RelatedOnlyFieldListFilter)]
    date_hierarchy = "date"
    search_fields = ["number", "site", "room"]
    search_help_text = _("Numéro, site ou salle")
    ordering = ["-date", "start_time", "number"]
    actions = ["open_sessions", "renew_supervisor_code", "renew_access_code"]
    entry = (
        _("Numéro et codes"),
        {
            "fields": [("shown_number", "state"), ("shown_access_code", "shown_supervisor_code")],
            "description": _(
                "L’application les choisit. Pour changer le code surveillant, cochez"
                " la session dans la liste, puis « Renouveler le code surveillant »."
            ),
        },
    )
    room = (
        _("La salle"),
        {"fields": ["center", ("site", "room"), ("date", "start_time"), "supervisors", "remarks"]},
    )
    people = (_("Surveillants du centre"), {"fields": ["pool"]})
    rules = (_("Le test"), {"fields": [("duration_minutes", "grace_seconds"), "auto_end"]})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        sessions = super().get_queryset(request).select_related("center")
        return sessions.annotate(candidate_count=Count("candidates"))

    def get_search_results(self, request, queryset, search_term):
        found, has_twins = super().get_search_results(request, queryset, search_term)
        if request.path == reverse("admin:autocomplete"):  # to enrol or to let in: still alive
            found = found.exclude(state=Session.State.FINALIZED)
        return found, has_twins

    def get_deleted_objects(self, objs, request):
        journal = SessionEvent.objects.filter(session__in=[session.pk for session in objs])
        return kept_by(journal) or super().get_deleted_objects(objs, request)

    def get_fieldsets(self, request, obj=None):
        shown = [self.entry, self.room] if obj else [self.room]
        if self.has_change_permission(request, obj):
            shown.append(self.people)
        return [*shown, self.rules]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def get_readonly_fields(self, request, obj=None):
        fields = ["shown_number", "shown_access_code", "shown_supervisor_code", "state"]
        if obj and obj.state != Session.State.PLANNED:
            fields.append("center")
        if obj and obj.first_started_at:
            fields.append("duration_minutes")  # the timers that run would not follow
        return fields

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "center":
            kwargs["queryset"] = centers_of(request.user)
            kwargs["initial"] = only_center_of(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "start_time":
            kwargs["widget"] = AdminTimeWidget(format="%H:%M")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None):
        is_final = obj is not None and obj.state == Session.State.FINALIZED
        return not is_final and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        if not change:
            preparation.give_free_number(obj)
            obj.save()
        elif form.changed_data:
            preparation.keep_changes(obj, form.changed_data, user=request.user)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["room_url"] = reverse("board", args=[obj.number]) if obj else ""
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("numéro"), ordering="number")
    def shown_number(self, session):
        return session.spaced_number

    @admin.display(description=_("heure"), ordering="start_time")
    def hour(self, session):
        return f"{session.start_time:%H:%M}"

    @admin.display(description=_("candidats"), ordering="candidate_count")
    def candidate_count(self, session):
        return session.candidate_count

    @admin.display(description=_("code d’accès (candidats)"))
    def shown_access_code(self, session):
        return _copied(session.access_code, 3, _("code d’accès"))

    @admin.display(description=_("code surveillant"))
    def shown_supervisor_code(self, session):
        return _copied(session.supervisor_code, 4, _("code surveillant"))

    @admin.action(description=_("Ouvrir"), permissions=["change"])
    def open_sessions(self, request, queryset):
        done = _("La session %(number)s est ouverte.")
        self._do(request, queryset, preparation.open_session, done)

    @admin.action(description=_("Renouveler le code surveillant"), permissions=["change"])
    def renew_supervisor_code(self, request, queryset):
        done = _(
            "La session %(number)s a un nouveau code surveillant."
            " Les surveillants déjà entrés y restent."
        )
        self._do(request, queryset, preparation.renew_supervisor_code, done)

    @admin.action(description=_("Renouveler le code d’accès des candidats"), permissions=["change"])
    def renew_access_code(self, request, queryset):
        done = _(
            "La session %(number)s a un nouveau code d’accès."
            " Les candidats déjà entrés restent à leur place."
        )
        self._do(request, queryset, preparation.renew_access_code, done)

    def _do(self, request, sessions, service, done: str) -> None:
        """One service for each session that may still change, and a sentence for each."""
        for session in sessions:
            told = {"number": session.spaced_number}
            if not self.has_change_permission(request, session):
                messages.warning(request, UNCHANGED % told)
                continue
            service(session, user=request.user)
            messages.success(request, done % told)


def _copied(code: str, group: int, what: str) -> str:
    """The code, in groups of so many signs, with the button that copies it."""
    context = {"code": code, "shown": codes.spaced(code, group), "what": what}
    return render_to_string("admin/sessions_app/session/_code.html", context)
