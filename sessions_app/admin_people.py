"""The people of a centre in the admin: members by name, and invitations."""

from functools import partial
from operator import attrgetter

from django import forms
from django.contrib import admin, messages
from django.db.models import DateTimeField, Value
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import clock, invitations, roles
from .access import centers_of
from .admin_actions import each
from .admin_scope import CenterScoped, ReadOnly, is_staff, only_center_of
from .memberships import Invitation, Role
from .refusals import Conflict

ADDRESS = attrgetter("email")
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
        self._give(request, queryset, Role.ADMINISTRATOR)

    @admin.action(description=_("Donner le rôle : surveillance"))
    def make_supervisor(self, request, queryset):
        self._give(request, queryset, Role.SUPERVISOR)

    @admin.action(description=_("Retirer du centre"))
    def remove(self, request, queryset):
        take = partial(roles.take, by=request.user)
        each(request, _with_names(queryset), take, gettext("ne fait plus partie du centre."))

    def _give(self, request: HttpRequest, queryset, role: Role) -> None:
        change = partial(roles.change, role=role, by=request.user)
        each(request, _with_names(queryset), change, f"{role.label}.")


def _with_names(memberships):
    return memberships.select_related("user", "center")


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
        done = _("invitation renvoyée, pour sept jours.")
        each(request, queryset, partial(invitations.send_again, request), done, name=ADDRESS)

    @admin.action(description=_("Retirer"), permissions=["send"])
    def withdraw(self, request, queryset):
        each(request, queryset, invitations.withdraw, _("invitation retirée."), name=ADDRESS)

    def has_send_permission(self, request) -> bool:
        return is_staff(request.user)
