"""Accounts in the admin: the e-mail address is the identity, and it is known to the login."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from . import roles, security_log
from .admin_scope import PlainTitle
from .admin_security import NotesRights
from .memberships import Membership, Role
from .models import Center, User

OF_ADMINISTRATOR = _("Prépare leurs sessions, y entre sans code, invite des personnes.")
OF_POOL = _("Proposé pour surveiller ; n’ouvre aucune session sans son code.")
OF_SUPERUSER = _("Voit tous les centres, crée les comptes et les centres.")
TAKEN = _("Un compte existe déjà avec cette adresse.")

RIGHTS = {
    "all": _("tous les droits"),
    "center": _("administration de centres"),
    "supervision": _("surveillance"),
}
RIGHTS_ARE = {
    "all": {"is_superuser": True},  # whatever else
    "center": {"is_superuser": False, "is_staff": True},
    "supervision": {"is_superuser": False, "is_staff": False},
}
ROLES = {"centers": Role.ADMINISTRATOR, "pool": Role.SUPERVISOR}


def _centers(label: str, help_text: str) -> forms.Field:
    return forms.ModelMultipleChoiceField(
        Center.objects.all(),
        label=label,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class _EmailIdentity(forms.ModelForm):
    """One address, one account, whatever the case; the roles of the account beside it."""

    centers = _centers(_("Administre"), OF_ADMINISTRATOR)
    pool = _centers(_("Surveille pour"), OF_POOL)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name, role in ROLES.items():
                own = Membership.objects.filter(user=self.instance, role=role)
                self.fields[name].initial = own.values_list("center", flat=True)
        self.fields["is_superuser"].label = _("Tous les droits")
        self.fields["is_superuser"].help_text = OF_SUPERUSER

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        addresses = EmailAddress.objects.filter(email__iexact=email, verified=True)
        if others.exists() or addresses.exclude(user=self.instance.pk).exists():
            raise forms.ValidationError(TAKEN)
        return email


class NewAccountForm(_EmailIdentity, BaseUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]


class AccountForm(_EmailIdentity, UserChangeForm):
    class Meta:
        model = User
        fields = ["email", "name", "password", "is_active", "is_superuser"]


@transaction.atomic
def claim_address(user: User) -> None:
    """Make the account's e-mail its one verified address, so that the person can log in."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    # An address that someone else typed and never confirmed does not stand in the way.
    EmailAddress.objects.filter(email__iexact=user.email).exclude(user=user).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


class Rights(admin.SimpleListFilter):
    """What an account may do at most; of which centre is in its own page."""

    title = _("droits")
    parameter_name = "rights"

    def lookups(self, request, model_admin):
        return list(RIGHTS.items())

    def queryset(self, request, queryset):
        return queryset.filter(**RIGHTS_ARE[self.value()]) if self.value() in RIGHTS else queryset


class UserAdmin(NotesRights, PlainTitle, auth_admin.UserAdmin):
    adding = _("Créer un compte")
    form, add_form = AccountForm, NewAccountForm
    add_form_template = None
    list_display = ["email", "name", "rights_of", "is_active", "last_login"]
    list_filter = ["is_active", Rights, "memberships__center"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = []
    actions = ["end_logins", "forget_second_factors"]
    readonly_fields = ["last_login", "date_joined"]
    rights = (_("Droits"), {"fields": ["centers", "pool", "is_superuser"]})
    fieldsets = [
        (None, {"fields": ["email", "name", "password", "is_active"]}),
        rights,
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "password1", "password2"]}),
        rights,
    ]

    @admin.display(description=_("droits"), ordering="is_superuser")
    def rights_of(self, account: User) -> str:
        if account.is_superuser:
            return RIGHTS["all"]
        return RIGHTS["center" if account.is_staff else "supervision"]

    def save_model(self, request: HttpRequest, obj: User, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            claim_address(obj)

    def save_related(self, request: HttpRequest, form, formsets, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        chosen = form.cleaned_data
        roles.set_all(
            form.instance, administers=list(chosen["centers"]), supervises=list(chosen["pool"])
        )

    @admin.action(description=_("Mettre fin à toutes les connexions (appareil perdu ou volé)"))
    def end_logins(self, request: HttpRequest, queryset) -> None:
        """Of these accounts, on every device; but the login that asks stays."""
        accounts = sorted(queryset.values_list("pk", flat=True))
        logins = UserSession.objects.filter(user__in=accounts)
        for login in logins.exclude(session_key=request.session.session_key):
            login.end()
        security_log.note("logins_ended", request=request, accounts=accounts)
        messages.success(request, _("Ces comptes ne sont plus connectés nulle part."))

    @admin.action(description=_("Retirer la double authentification (téléphone ou clé perdus)"))
    def forget_second_factors(self, request: HttpRequest, queryset) -> None:
        """For whoever has lost them all: the next login sets a new one up."""
        accounts = sorted(queryset.values_list("pk", flat=True))
        removed = Authenticator.objects.filter(user__in=accounts).delete()[0]
        if removed:
            security_log.note("factor_removed", request=request, accounts=accounts)
            messages.success(request, _("Ces comptes se connectent sans double authentification."))
        else:
            messages.info(request, _("Ces comptes n’ont pas de double authentification."))
