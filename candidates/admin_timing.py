"""Timers and added time in the admin: shown, moved by the services only."""

from django.contrib import admin

from sessions_app.admin_scope import ReadOnly, local_hour


class _OfCandidate(ReadOnly):
    path_to_center = "candidate__session__center"
    search_fields = ["candidate__sort_key", "candidate__session__number"]
    list_filter = [("candidate__session__center", admin.RelatedOnlyFieldListFilter)]

    @admin.display(description="candidat", ordering="candidate__sort_key")
    def person(self, row):
        return row.candidate

    @admin.display(description="session", ordering="candidate__session__number")
    def room(self, row):
        return row.candidate.session


class TimerAdmin(_OfCandidate):
    list_display = ["person", "room", "started", "ends", "ended"]
    list_select_related = ["candidate__session__center"]
    fields = [*list_display, "duration", "extra_time", "pauses"]
    readonly_fields = fields
    ordering = ["-started_at", "pk"]

    @admin.display(description="commencé à", ordering="started_at")
    def started(self, timer):
        return local_hour(timer.started_at, timer.candidate.session)

    @admin.display(description="heure de fin", ordering="ends_at")
    def ends(self, timer):
        return local_hour(timer.ends_at, timer.candidate.session)

    @admin.display(description="arrêté à", ordering="ended_at")
    def ended(self, timer):
        return local_hour(timer.ended_at, timer.candidate.session)

    @admin.display(description="durée")
    def duration(self, timer):
        return f"{timer.duration_minutes} min"

    @admin.display(description="temps majoré au départ")
    def extra_time(self, timer):
        return f"{timer.extra_time_percent.normalize():f} %".replace(".", ",")

    @admin.display(description="salle suspendue pendant")
    def pauses(self, timer):
        return f"{timer.paused_seconds} s"


class TimeGrantAdmin(_OfCandidate):
    list_display = ["person", "room", "amount", "why", "who", "given", "undone"]
    list_select_related = ["candidate__session__center", "author", "undone_by"]
    fields = list_display
    readonly_fields = fields
    ordering = ["-granted_at", "-pk"]

    @admin.display(description="temps ajouté", ordering="seconds")
    def amount(self, grant):
        return f"{grant.minutes} min"

    @admin.display(description="motif")
    def why(self, grant):
        return grant.reason or "—"

    @admin.display(description="par", ordering="author__email")
    def who(self, grant):
        return grant.author

    @admin.display(description="ajouté à", ordering="granted_at")
    def given(self, grant):
        return local_hour(grant.granted_at, grant.candidate.session)

    @admin.display(description="annulé à", ordering="undone_at")
    def undone(self, grant):
        if grant.undone_at is None:
            return "—"
        return f"{local_hour(grant.undone_at, grant.candidate.session)}, par {grant.undone_by}"
