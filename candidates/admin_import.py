"""The import in the admin, in two steps: a file and a centre are looked at, then confirmed."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from sessions_app.access import center_of, centers_of
from sessions_app.admin_scope import only_center_of
from sessions_app.models import Center

from .import_files import MAX_BYTES, TOO_LARGE
from .import_service import ImportResult, import_sessions
from .import_template import template

LISTED = 50  # numbers or warnings that a message still carries
# A file that the page itself brings back: Django reads 2.5 MB of fields, base64 adds a third.
MOST_KEPT = 1_500_000


class ImportForm(forms.Form):
    """`kept` is the file that was looked at, which the second step brings back with its name."""

    file = forms.FileField(
        required=False,
        label=gettext_lazy("Liste des candidats"),
        help_text=gettext_lazy("CSV, XLSX ou ODS, au format d’import en masse ; 5 Mo au plus."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.ods"}),
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    kept_name = forms.CharField(required=False, widget=forms.HiddenInput)
    center = forms.ModelChoiceField(
        Center.objects.none(), label=gettext_lazy("Centre de certification")
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["center"].queryset = centers_of(user)
        self.fields["center"].initial = only_center_of(user)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return file

    def clean(self):
        cleaned = super().clean()
        if "file" in cleaned and not cleaned["file"]:
            cleaned["file"] = _brought_back(cleaned["kept"], cleaned["kept_name"])
            if not cleaned["file"]:
                self.add_error("file", self.fields["file"].error_messages["required"])
        return cleaned


def _brought_back(kept: str, name: str) -> ContentFile | None:
    """The file of the first step; it is read and checked again like any other."""
    try:
        content = urlsafe_b64decode(kept.encode("ascii"))
    except ValueError:
        return None
    return ContentFile(content, name) if content and name else None


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest, model_admin) -> HttpResponse:
    """Asks for a list, then checks or imports it; faults are shown beside the form."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method != "POST":
        return _page(model_admin, request, form)
    if not form.is_valid():
        return _page(model_admin, request, form, status=422)
    dry_run = "dry_run" in request.POST
    file = form.cleaned_data["file"]
    content, center = file.read(), form.cleaned_data["center"]
    result = import_sessions(content, file.name, center, user=request.user, dry_run=dry_run)
    if result.errors:
        return _page(model_admin, request, form, result, status=422)
    if dry_run:
        checked = {"center": center, "name": file.name}
        if len(content) <= MOST_KEPT:
            checked["kept"] = urlsafe_b64encode(content).decode()
        return _page(model_admin, request, form, result, checked)
    _tell(request, result)
    return redirect(_shown_in_list(result))


def _page(model_admin, request, form, result=None, checked=None, status: int = 200):
    """The form alone, with the faults of `result`, or (`checked`) with the button to confirm."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Importer une liste de candidats"),
        "opts": model_admin.opts,
        "form": form,
        "result": result,
        "checked": checked,
        "summary": summary(result) if result else "",
        "media": model_admin.media,
    }
    name = "admin/sessions_app/session/import.html"
    return TemplateResponse(request, name, context, status=status)


def summary(result: ImportResult) -> str:
    """ "3 sessions et 71 candidats"."""
    sessions, candidates = len(result.sessions), result.candidates
    counts = {
        "sessions": ngettext("%(count)s session", "%(count)s sessions", sessions),
        "candidates": ngettext("%(count)s candidat", "%(count)s candidats", candidates),
    }
    told = {
        "sessions": counts["sessions"] % {"count": sessions},
        "candidates": counts["candidates"] % {"count": candidates},
    }
    return gettext("%(sessions)s et %(candidates)s") % told


def _tell(request: HttpRequest, result: ImportResult) -> None:
    numbers = [done.session.spaced_number for done in result.sessions]
    listed = ", ".join(numbers[:LISTED]) + (", …" if len(numbers) > LISTED else "")
    sentence = ngettext(
        "%(summary)s importé : %(numbers)s.",
        "%(summary)s importés : %(numbers)s.",
        max(result.candidates, len(numbers)),
    )
    messages.success(request, sentence % {"summary": summary(result), "numbers": listed})
    for fault in result.warnings[:LISTED]:
        told = {"line": fault.line, "message": fault.message}
        messages.warning(request, gettext("Ligne %(line)s : %(message)s") % told)


def _shown_in_list(result: ImportResult) -> str:
    """The list of sessions, reduced to what was just imported."""
    url = reverse("admin:sessions_app_session_changelist")
    numbers = [done.session.number for done in result.sessions]
    return f"{url}?number__in={','.join(numbers)}" if len(numbers) <= LISTED else url


@require_safe
def template_file(request: HttpRequest, model_admin) -> HttpResponse:
    """The columns of a list; with `?center=`, filled with what that centre has planned."""
    asked, center = request.GET.get("center", ""), None
    if asked:
        is_key = re.fullmatch("[0-9]{1,18}", asked)
        center = center_of(request.user, int(asked) if is_key else 0)
    response = HttpResponse(template(center), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="modele-import.csv"'
    return response
