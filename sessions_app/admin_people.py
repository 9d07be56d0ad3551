"""The people of a centre in the admin: members by name, and invitations."""

from django import forms
from django.contrib import admin, messages
from django.db.models import DateTimeField, Value
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import clock, invitations, roles
from .access import centers_of
from .admin_scope import CenterScoped, ReadOnly, is_staff, only_center_of
from .memberships import Invitation, Role
from .refusals import Conflict

OF_CENTER = ("center", admin.RelatedOnlyFieldListFilter)


class MembershipAdmin(ReadOnly):
    """Shown by name; a role is changed by an action, a new person is invited."""

    list_display = ["person", "email", "role", "center"]
    list_display_links = None
    list_select_related = ["user", "center"]
    list_filter = ["role", OF_CENTER]
    search_fields = ["user__name", "user__email"]
    ordering = ["center__name", "user__name", "user__email"]
    fields = readonly_fields = ["person", "email", "role", "center"]
    actions = ["make_administrator", "make_supervisor", "remove"]
    change_list_template = "admin/sessions_app/membership/change_list.html"

    @admin.display(description=_("personne"), ordering="user__name")
    def person(self, membership):
        return membership.user

    @admin.display(description=_("adresse e-mail"), ordering="user__email")
    def email(self, membership):
        return membership.user.email

    @admin.action(description=_("Donner le rôle : administration du centre"))
    def make_administrator(self, request, queryset):
        self._each(request, queryset, Role.ADMINISTRATOR)

    @admin.action(description=_("Donner le rôle : surveillance"))
    def make_supervisor(self, request, queryset):
        self._each(request, queryset, Role.SUPERVISOR)

    @admin.action(description=_("Retirer du centre"))
    def remove(self, request, queryset):
        self._each(request, queryset, None)

    def _each(self, request: HttpRequest, queryset, role: str | None) -> None:
        for membership in queryset.select_related("user", "center"):
            name = str(membership)
            try:
                if role is None:
                    roles.take(membership, by=request.user)
                    done = gettext("ne fait plus partie du centre.")
                else:
                    roles.change(membership, role, by=request.user)
                    done = f"{Role(role).label}."
                messages.success(request, _told(name, done))
            except Conflict as refusal:
                messages.warning(request, _told(name, refusal.sentence))


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ["email", "role", "center"]
        help_texts = {
            "role": _(
                "La surveillance n’ouvre aucune session sans son code."
                " L’administration prépare les sessions et entre dans toutes celles du centre."
            ),
        }

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class InvitationAdmin(CenterScoped):
    adding = _("Inviter une personne")
    form = InvitationForm
    list_display = ["email", "role", "center", "sent_at", "state"]
    list_select_related = ["center"]
    list_filter = ["role", OF_CENTER]
    search_fields = ["email"]
    ordering = ["-sent_at", "-pk"]
    fields = ["email", "role", "center"]
    actions = ["send_again", "withdraw"]

    def get_queryset(self, request):
        now = Value(clock.now(), DateTimeField())  # asked once, not for each row
        return super().get_queryset(request).annotate(asked_at=now)

    def get_fields(self, request, obj=None):
        return [*self.fields, "sent_at", "state"] if obj else self.fields

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else []

    def has_add_permission(self, request):
        return is_staff(request.user)

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "center":
            kwargs["queryset"] = centers_of(request.user)
            kwargs["initial"] = only_center_of(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def add_view(self, request, form_url="", extra_context=None):
        named = {"saving": _("Envoyer l’invitation"), "show_save_and_add_another": False}
        return super().add_view(request, form_url, named | {"show_save_and_continue": False})

    def response_add(self, request, obj, post_url_continue=None):
        told = gettext("Invitation envoyée à %(email)s, pour sept jours.") % {"email": obj.email}
        messages.success(request, told)
        return HttpResponseRedirect(reverse("admin:sessions_app_invitation_changelist"))

    def _changeform_view(self, request, object_id, form_url, extra_context):
        try:
            return super()._changeform_view(request, object_id, form_url, extra_context)
        except Conflict as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(reverse("admin:sessions_app_invitation_changelist"))

    def save_model(self, request, obj, form, change):
        sent = invitations.invite(request, obj.center, obj.email, obj.role)
        obj.pk = sent.pk

    @admin.display(description=_("état"))
    def state(self, invitation):
        return invitations.state_of(invitation, invitation.asked_at)

    @admin.action(description=_("Renvoyer"), permissions=["send"])
    def send_again(self, request, queryset):
        def send(invitation):
            invitations.send_again(request, invitation)

        _each(request, queryset, send, gettext("invitation renvoyée, pour sept jours."))

    @admin.action(description=_("Retirer"), permissions=["send"])
    def withdraw(self, request, queryset):
        _each(request, queryset, invitations.withdraw, gettext("invitation retirée."))

    def has_send_permission(self, request) -> bool:
        return is_staff(request.user)


def _told(name: str, what: str) -> str:
    return gettext("%(name)s : %(what)s") % {"name": name, "what": what}


def _each(request: HttpRequest, found, service, done: str) -> None:
    for invitation in found:
        try:
            service(invitation)
            messages.success(request, _told(invitation.email, done))
        except Conflict as refusal:
            messages.warning(request, _told(invitation.email, refusal.sentence))
