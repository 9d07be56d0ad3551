"""The session in the admin, with its list of candidates and the import."""

from django.contrib import admin, messages
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from sessions_app.admin import SessionAdmin
from sessions_app.models import Session

from . import admin_pages, enrolment
from .admin_forms import IDENTITY, CandidateForm, CandidateFormSet
from .admin_import import import_list, template_file
from .models import Candidate

DUPLICATED = _("La session %(number)s a une copie, %(copy)s. Vérifiez sa date et sa salle.")


class CandidateInline(admin.TabularInline):
    """Whoever may see or change the session may see or change its list."""

    model = Candidate
    form, formset = CandidateForm, CandidateFormSet
    fields = [*IDENTITY, "extra_time_percent", "state"]
    readonly_fields = ["state"]
    extra = 0
    show_change_link = True
    verbose_name_plural = _("candidats")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.page = admin_pages.asked(request, obj.candidate_count if obj else 0)
        return formset

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return obj is None or obj.state != Session.State.FINALIZED

    def has_change_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)


class SessionWithListAdmin(SessionAdmin):
    inlines = [CandidateInline]
    actions = [*SessionAdmin.actions, "duplicate_with_list", "duplicate_without_list"]

    @admin.action(description=_("Dupliquer, avec la liste de candidats"), permissions=["change"])
    def duplicate_with_list(self, request, queryset):
        self._duplicate(request, queryset, with_list=True)

    @admin.action(description=_("Dupliquer, sans la liste"), permissions=["change"])
    def duplicate_without_list(self, request, queryset):
        self._duplicate(request, queryset, with_list=False)

    def _duplicate(self, request, sessions, *, with_list: bool) -> None:
        for session in sessions:
            twin = enrolment.duplicate(session, with_list=with_list)
            told = {"number": session.spaced_number, "copy": twin.spaced_number}
            messages.success(request, DUPLICATED % told)

    def save_formset(self, request, form, formset, change):
        formset.save(commit=False)
        for candidate in formset.deleted_objects:
            enrolment.remove(candidate, user=request.user)
        for candidate, fields in formset.changed_objects:
            enrolment.correct(candidate, fields, user=request.user)
        for candidate in formset.new_objects:
            enrolment.enrol(candidate, user=request.user)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            candidates = reverse("admin:candidates_candidate_changelist")
            context["candidates_url"] = f"{candidates}?session__id__exact={obj.pk}"
            context["pages"] = admin_pages.pages_of(obj.candidate_count)
            context["page"] = admin_pages.asked(request, obj.candidate_count)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_change(self, request, obj):
        """Each page is left by saving it; the button tells which one comes next."""
        response = super().response_change(request, obj)
        asked = request.POST.get("_continue", "")
        if not asked.isdecimal():
            return response
        address, _mark, query = response.url.partition("?")
        kept = QueryDict(query, mutable=True)
        kept[admin_pages.PARAMETER] = str(admin_pages.number_in(asked))
        return redirect(f"{address}?{kept.urlencode()}")

    def get_urls(self):
        def view(function):
            return self.admin_site.admin_view(lambda request: function(request, self))

        name = "sessions_app_session_import"
        return [
            path("import/", view(import_list), name=name),
            path("import/modele.csv", view(template_file), name=f"{name}_template"),
            *super().get_urls(),
        ]
