"""Who entered which session, and the journal, in the admin."""

from functools import partial

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import event_sentences, preparation
from .admin_actions import each
from .admin_filters import Author, Kind
from .admin_scope import ReadOnly, local_hour
from .event_names import name_of
from .models import Session


class SupervisorAccessAdmin(ReadOnly):
    """Won with number and code, or given here to an account; withdrawn, never erased."""

    adding = _("Donner un accès")
    path_to_center = "session__center"
    list_display = ["account", "room", "hour", "is_open"]
    list_select_related = ["user", "session__center"]
    list_filter = [("session__center", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["user__email", "user__name", "session__number"]
    autocomplete_fields = ["session", "user"]
    actions = ["withdraw", "give_back"]

    def get_fields(self, request, obj=None):
        return ["account", "room", "hour", "is_open"] if obj else ["session", "user"]

    def get_readonly_fields(self, request, obj=None):
        return ["account", "room", "hour", "is_open"]

    def has_add_permission(self, request):
        # The choice of an account would show the accounts of every centre.
        return request.user.is_superuser

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.label = {"user": _("Compte"), "session": _("Session")}[db_field.name]
        if db_field.name == "session":
            field.queryset = Session.objects.exclude(state=Session.State.FINALIZED)
        return field

    def save_model(self, request, obj, form, change):
        preparation.give_access(obj, user=request.user)

    @admin.display(description=_("compte"), ordering="user__email")
    def account(self, access):
        return access.user

    @admin.display(description=_("session"), ordering="session__number")
    def room(self, access):
        return access.session

    @admin.display(description=_("accordé le"), ordering="granted_at")
    def hour(self, access):
        return local_hour(access.granted_at, access.session)

    @admin.display(description=_("ouvert"), boolean=True, ordering="revoked_at")
    def is_open(self, access):
        return access.revoked_at is None

    @admin.action(description=_("Retirer l’accès"), permissions=["view"])
    def withdraw(self, request, queryset):
        done = _("L’accès est retiré. Renouvelez aussi le code surveillant s’il est connu.")
        withdraw = partial(preparation.withdraw_access, user=request.user)
        each(request, queryset, withdraw, done)

    @admin.action(description=_("Rendre l’accès"), permissions=["view"])
    def give_back(self, request, queryset):
        give = partial(preparation.give_access, user=request.user)
        each(request, queryset, give, _("L’accès est rendu."))


class SessionEventAdmin(ReadOnly):
    """The journal: everything that happened, in order."""

    path_to_center = "session__center"
    list_display = ["hour", "room", "version", "kind", "person", "who"]
    list_select_related = ["session__center", "candidate", "user"]
    list_filter = [Kind, Author, ("session__center", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["session__number", "candidate__sort_key"]
    ordering = ["-at", "-pk"]
    fields = ["room", "version", "hour", "kind", "person", "who", "details"]
    readonly_fields = fields
    show_full_result_count = False

    @admin.display(description=_("heure locale"), ordering="at")
    def hour(self, event):
        return local_hour(event.at, event.session)

    @admin.display(description=_("session"), ordering="session__number")
    def room(self, event):
        return event.session

    @admin.display(description=_("événement"), ordering="type")
    def kind(self, event):
        return name_of(event.type)

    @admin.display(description=_("candidat"), ordering="candidate__sort_key")
    def person(self, event):
        return event.candidate

    @admin.display(description=_("par"))
    def who(self, event):
        return event.user or event.get_actor_display()

    @admin.display(description=_("détails"))
    def details(self, event):
        return " · ".join(event_sentences.details(event.data)) or "—"
