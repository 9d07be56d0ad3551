"""Timers and added time in the admin: shown, moved by the services only."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions_app.admin_scope import ReadOnly, local_hour

from .templatetags.candidate_rows import percent


class _OfCandidate(ReadOnly):
    path_to_center = "candidate__session__center"
    search_fields = ["candidate__sort_key", "candidate__session__number"]
    list_filter = [("candidate__session__center", admin.RelatedOnlyFieldListFilter)]

    @admin.display(description=_("candidat"), ordering="candidate__sort_key")
    def person(self, row):
        return row.candidate

    @admin.display(description=_("session"), ordering="candidate__session__number")
    def room(self, row):
        return row.candidate.session


class TimerAdmin(_OfCandidate):
    list_display = ["person", "room", "started", "ends", "ended"]
    list_select_related = ["candidate__session__center"]
    fields = [*list_display, "duration", "extra_time", "pauses"]
    readonly_fields = fields
    ordering = ["-started_at", "pk"]

    @admin.display(description=_("commencé à"), ordering="started_at")
    def started(self, timer):
        return local_hour(timer.started_at, timer.candidate.session)

    @admin.display(description=_("heure de fin"), ordering="ends_at")
    def ends(self, timer):
        return local_hour(timer.ends_at, timer.candidate.session)

    @admin.display(description=_("arrêté à"), ordering="ended_at")
    def ended(self, timer):
        return local_hour(timer.ended_at, timer.candidate.session)

    @admin.display(description=_("durée"))
    def duration(self, timer):
        return f"{timer.duration_minutes} min"

    @admin.display(description=_("temps majoré au départ"))
    def extra_time(self, timer):
        return percent(timer.extra_time_percent)

    @admin.display(description=_("salle suspendue pendant"))
    def pauses(self, timer):
        return f"{timer.paused_seconds} s"


class TimeGrantAdmin(_OfCandidate):
    list_display = ["person", "room", "amount", "why", "who", "given", "undone"]
    list_select_related = ["candidate__session__center", "author", "undone_by"]
    fields = list_display
    readonly_fields = fields
    ordering = ["-granted_at", "-pk"]

    @admin.display(description=_("temps ajouté"), ordering="seconds")
    def amount(self, grant):
        return f"{grant.minutes} min"

    @admin.display(description=_("motif"))
    def why(self, grant):
        return grant.reason or "—"

    @admin.display(description=_("par"), ordering="author__email")
    def who(self, grant):
        return grant.author

    @admin.display(description=_("ajouté à"), ordering="granted_at")
    def given(self, grant):
        return local_hour(grant.granted_at, grant.candidate.session)

    @admin.display(description=_("annulé à"), ordering="undone_at")
    def undone(self, grant):
        if grant.undone_at is None:
            return "—"
        hour = local_hour(grant.undone_at, grant.candidate.session)
        return gettext("%(hour)s, par %(who)s") % {"hour": hour, "who": grant.undone_by}
