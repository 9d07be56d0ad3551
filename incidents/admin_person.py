"""The candidate in the admin, with all that is kept about them: to read, to take out, to erase."""

import json

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from candidates.admin import CandidateAdmin
from candidates.models import Candidate
from sessions_app import retention, security_log
from sessions_app.access import NO_SUCH_CANDIDATE
from sessions_app.data_register import Kept
from sessions_app.models import Erasure
from sessions_app.reauthentication import confirm_password
from sessions_app.refusals import Conflict, Missing, Refusal

from . import erasure
from .person_export import person_data
from .person_page import readable

ERASED = _("La personne est effacée.")


class ErasureForm(forms.Form):
    ground = forms.ChoiceField(
        label=_("Motif"), choices=[("", _("Choisissez…")), *Erasure.Ground.choices]
    )
    password = forms.CharField(
        label=_("Votre mot de passe"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CandidateWithDataAdmin(CandidateAdmin):
    """Registered in the place of the plain one, by the app that knows every table."""

    def get_urls(self):
        def view(function):
            return self.admin_site.admin_view(
                lambda request, candidate_id: function(request, self, candidate_id)
            )

        name = "candidates_candidate_person"
        return [
            path("<int:candidate_id>/donnees/", view(show), name=name),
            path("<int:candidate_id>/donnees.json", view(export), name=f"{name}_json"),
            *super().get_urls(),
        ]


def _found(model_admin, request: HttpRequest, candidate_id: int) -> Candidate:
    """Of the centres of who asks; `Missing` for any other."""
    candidate = model_admin.get_queryset(request).filter(pk=candidate_id).first()
    if candidate is None:
        raise Missing(NO_SUCH_CANDIDATE)
    return candidate


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, model_admin, candidate_id: int) -> HttpResponse:
    """All that is kept, as a page; posted to, it erases the person, with the password again."""
    candidate = _found(model_admin, request, candidate_id)
    form = ErasureForm(request.POST or None)
    if request.method != "POST":
        security_log.note("person_exported", request=request, **_named(candidate, "page"))
        return _page(model_admin, request, candidate, form)
    refusal = None
    if form.is_valid():
        try:
            confirm_password(request, form.cleaned_data["password"])
            erasure.erase(candidate, user=request.user, ground=form.cleaned_data["ground"])
            messages.success(request, ERASED)
            return redirect("admin:candidates_candidate_change", candidate.pk)
        except Refusal as refused:
            refusal = refused
            form.add_error(None, refusal.sentence)
    return _page(model_admin, request, candidate, form, refusal.status if refusal else 422)


@require_GET
def export(request: HttpRequest, model_admin, candidate_id: int) -> HttpResponse:
    candidate = _found(model_admin, request, candidate_id)
    with translation.override("fr"):  # as every paper of the centre
        content = json.dumps(person_data(candidate), ensure_ascii=False, indent=1)
    security_log.note("person_exported", request=request, **_named(candidate, "json"))
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="candidat-{candidate.pk}.json"'
    return response


def _named(candidate: Candidate, what: str) -> dict:
    return {"session": candidate.session, "candidate": candidate.pk, "what": what}


def _page(model_admin, request, candidate, form, status: int = 200) -> HttpResponse:
    data = person_data(candidate)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Données de la personne"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "candidate": candidate,
        "data": data,
        "tables": readable(data),
        "refused": _refused(candidate),
        "form": form,
        "until": {kept.name: retention.last_day(candidate.session, kept) for kept in KEPT},
        "back": reverse("admin:candidates_candidate_change", args=[candidate.pk]),
    }
    name = "admin/candidates/candidate/person.html"
    return TemplateResponse(request, name, context, status=status)


KEPT = (Kept.LIVE, Kept.LIST)


def _refused(candidate: Candidate) -> str:
    """Why this person cannot be erased now; "" when they can."""
    try:
        erasure.check_may_be_erased(candidate)
    except Conflict as refusal:
        return refusal.sentence
    return ""


admin.site.unregister(Candidate)
admin.site.register(Candidate, CandidateWithDataAdmin)
