"""What each person may see in the admin: everything, or the centres that they administer.

Nobody needs a list of permissions: being an administrator of a centre is the right to prepare
its sessions and to invite people. Accounts and centres are for superusers.
"""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .access import centers_of
from .models import Center, Session, SessionEvent, User


def is_staff(user: User | AnonymousUser) -> bool:
    return user.is_active and user.is_staff


def only_center_of(user: User) -> Center | None:
    """The centre that need not be chosen."""
    first_two = centers_of(user)[:2]
    return first_two[0] if len(first_two) == 1 else None


def local_hour(instant: datetime | None, session: Session) -> str:
    """An instant as the clock of the room showed it: "12/01/2027 08:31:05"."""
    return f"{instant.astimezone(session.zone):%d/%m/%Y %H:%M:%S}" if instant else "—"


def kept_by(journal: QuerySet[SessionEvent]) -> tuple[list, dict, set, list] | None:
    """Why Django's admin must not delete what the journal speaks of; None when it does not."""
    events = journal.count()
    if not events:
        return None
    kept = ngettext(
        "le journal de la session, qui est conservé (un événement)",
        "le journal de la session, qui est conservé (%(count)s événements)",
        events,
    )
    return [], {}, set(), [kept % {"count": events}]


class PlainTitle(admin.ModelAdmin):
    """Headed by names: "Sessions", not "Sélectionnez l’objet session…", nor "Ajout de session"."""

    adding = _("Ajouter")

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):
        title = capfirst(self.opts.verbose_name_plural)
        named = {"title": title, "adding": self.adding}
        return super().changelist_view(request, named | (extra_context or {}))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None):
        named = {"title": self.adding} | (extra_context or {})
        return super().add_view(request, form_url, named)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        named = {"title": capfirst(self.opts.verbose_name)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, named)


class CenterScoped(PlainTitle):
    """Rows of one's own centres only, for whoever is not a superuser."""

    path_to_center = "center"
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.path_to_center}__in": centers_of(request.user)})

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Without the buttons that open another form in a window."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            for button in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{button}_related", False)
        return field

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff(request.user)

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return is_staff(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_staff(request.user) and centers_of(request.user).exists()

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return is_staff(request.user)

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return is_staff(request.user)


class ReadOnly(CenterScoped):
    """What only the services write: shown, never changed here."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
